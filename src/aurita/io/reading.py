"""Opening files that are given: ordinary ones alone, and without ever waiting for a pipe."""

import os
import stat
from pathlib import Path
from typing import IO

from aurita.errors import AuritaError
from aurita.io.writing import StrPath

# A pipe that nobody writes to would block where it is opened.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def open_ordinary(path: StrPath, *, missing: str = "check the name", wanted: str = "give a file") -> IO[bytes]:
    """An ordinary file, open for reading bytes.

    Args:
        missing: what to do where there is none, for the message.
        wanted: what is expected instead of a folder, a device or a pipe.

    Raises:
        AuritaError: no such file, a folder, a device, a pipe, a socket, or no permission.

    Example:
        >>> open_ordinary("/dev/null")
        Traceback (most recent call last):
        ...
        aurita.errors.AuritaError: cannot read /dev/null: it is a device, a pipe or a socket; give a file
    """
    if not os.fspath(path):
        raise AuritaError(f"cannot read '': this is no path; {wanted}")
    try:
        handle = os.open(path, _FLAGS)
    except FileNotFoundError:
        raise AuritaError(f"there is no file {path}; {missing} (the current folder is {Path.cwd()})") from None
    except IsADirectoryError:
        raise AuritaError(f"{path} is a folder; {wanted}") from None
    except OSError as error:
        raise AuritaError(f"cannot read {path}: {error.strerror or error}; {wanted}") from None
    except ValueError as error:
        raise AuritaError(f"cannot read {os.fspath(path)!r}: {error}; {wanted}") from None
    try:
        kind = os.fstat(handle).st_mode
        if stat.S_ISDIR(kind):
            raise AuritaError(f"{path} is a folder; {wanted}")
        if not stat.S_ISREG(kind):
            raise AuritaError(f"cannot read {path}: it is a device, a pipe or a socket; {wanted}")
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_ordinary(path: StrPath, *, missing: str = "check the name", wanted: str = "give a file") -> bytes:
    """The content of an ordinary file.

    Raises:
        AuritaError: as `open_ordinary`, and a file that cannot be read to its end.
    """
    with open_ordinary(path, missing=missing, wanted=wanted) as file:
        try:
            return file.read()
        except OSError as error:
            raise AuritaError(f"cannot read {path}: {error.strerror or error}; {wanted}") from None
