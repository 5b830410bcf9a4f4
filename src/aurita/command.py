"""The program `aurita`: whatever becomes of a command, it ends with one message at most, and with the right code.

| code | means |
|---|---|
| 0 | done |
| 1 | the output could not be written: a full disk, or a pipe that nobody reads any more (which needs no message) |
| 2 | a command line or input that cannot be worked with |
| 130 | interrupted by Ctrl-C |
"""

import os
import signal
import sys
from contextlib import suppress

INTERRUPTED = 130


def main() -> None:
    """Run the command line; see the table above for the exit codes."""
    code = _code()
    if code == INTERRUPTED:
        # Libraries that were cut off while they were loaded crash where the interpreter winds them up.
        os._exit(code)
    sys.exit(code)


def _code() -> int:
    interrupted: list[bool] = []

    def interrupt(*_: object) -> None:
        interrupted.append(True)
        # Libraries that are cut off while they are imported complain in many ways, of which one is enough.
        sys.unraisablehook = lambda _: None
        raise KeyboardInterrupt

    # A program in the background ignores interruptions, and stays so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)
    code = 0
    try:
        _open_streams()
        from aurita.cli.app import app

        app(prog_name="aurita")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1 if end.code else 0
    except KeyboardInterrupt:
        code = INTERRUPTED
    except OSError as error:
        code = INTERRUPTED if interrupted else 1
        if not interrupted:
            _complain(f"the output cannot be written: {error.strerror or error}")
    except Exception:
        if not interrupted:
            raise
        code = INTERRUPTED
    if code == INTERRUPTED:
        _complain("interrupted")
    try:
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        if code == 0:
            code = 1
            if not isinstance(error, BrokenPipeError):
                _complain(f"the output cannot be written: {getattr(error, 'strerror', None) or error}")
    _drop_output()
    # The end is decided: an interruption while the interpreter winds up would change nothing but the exit code.
    with suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return code


def _open_streams() -> None:
    """Streams that are closed swallow what is written; those of few letters write the others as numbers."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        reconfigure = getattr(getattr(sys, name), "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _complain(message: str) -> None:
    with suppress(OSError, ValueError):
        print(f"error: {message}", file=sys.stderr, flush=True)


def _drop_output() -> None:
    """What could not be written is not tried again when the interpreter ends."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, sys.stdout.fileno())
            os.close(null)
