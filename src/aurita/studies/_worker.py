"""A process that works on a study: `python -m aurita.studies._worker`; standard input says on which, and where."""

import os
import sys
import threading

from aurita.errors import AuritaError


def main() -> int:
    """Work until no job is left, or until standard input ends: then whoever started this process is gone.

    Returns:
        Exit code.
    """
    url, name = _line(), _line()
    threading.Thread(target=_end_with_input, daemon=True).start()
    from aurita.studies._changes import kept
    from aurita.studies._running import work
    from aurita.studies.storage import Storage, complaints, hidden

    try:
        with complaints(url), Storage(url) as storage:
            declaration, facts = kept(storage, name)
            if declaration is None:
                raise AuritaError(f"there is no study {name!r} in {hidden(url)}")
            work(storage, declaration, facts)
    except AuritaError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _line() -> str:
    """A line of standard input; `sys.stdin` stays unused, since a thread that waits in it blocks the end of Python."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(0, 1)
        if not piece:
            sys.exit("this is started by `aurita study run`, which tells it what to work on")
        line += piece
    return line.decode().rstrip("\n")


def _end_with_input() -> None:
    while os.read(0, 1):
        pass
    # Nothing is to be tidied: a job without a worker is seen to be free.
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
