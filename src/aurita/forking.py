"""Processes that were forked while JAX was at work: the child lacks its threads, and would wait forever."""

import os

from aurita.errors import AuritaError

_started: int | None = None


def check_process() -> None:
    """Note that JAX is at work in this process, or refuse where it was at work before the process was forked.

    Called wherever JAX is about to be used. `multiprocessing` with the method `spawn` or `forkserver`, and `joblib`
    with its default backend `loky`, start processes that are fine.

    Raises:
        AuritaError: this process is the fork of one in which JAX was at work.

    Example:
        >>> check_process()
    """
    global _started
    here = os.getpid()
    if _started is None:
        _started = here
    if _started != here:
        raise AuritaError(
            "this process was forked from one in which JAX was at work already, and JAX would wait here forever; start "
            "processes with multiprocessing.get_context('spawn'), or with joblib and its backend 'loky'"
        )
