"""Writing files whole or not at all: the one way in which a finished file gets onto a disk.

The content goes to a temporary file of a name of its own in the same folder, which then takes the name of the target:
whoever reads, or writes at the same time, sees one whole file or the other.
"""

import os
import secrets
import stat
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from aurita.errors import AuritaError

StrPath = str | os.PathLike[str]

# No link is followed, no child inherits the file, and Windows does not translate ends of lines.
_FLAGS = os.O_WRONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def write_whole(path: StrPath, content: bytes | Callable[[IO[bytes]], object]) -> None:
    """Write a file whole or not at all, and have the disk confirm it.

    A symbolic link stays, and the file that it points to is replaced. The mode of a file that is replaced is kept, and
    its owner where that is allowed; a new one follows the umask. Other hard links to a file keep its old content.

    Args:
        path: of the file; one that is there is replaced.
        content: the bytes, or a function that writes them to an open file.

    Raises:
        AuritaError: no path of an ordinary file in a folder that is there and may be written to, or a full disk.
            Nothing is left of what was begun.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp(), "file")
        >>> write_whole(path, b"content")
        >>> path.read_bytes(), [file.name for file in path.parent.iterdir()]
        (b'content', ['file'])
    """
    real, there = _target(path)
    temporary = _beside(real)
    try:
        # What others may not read they may not read meanwhile either.
        handle = os.open(temporary, _FLAGS | os.O_CREAT | os.O_EXCL, 0o666 if there is None else 0o600)
        with os.fdopen(handle, "wb") as file:
            if callable(content):
                content(file)
            else:
                file.write(content)
            file.flush()
            if there is not None:
                _alike(temporary, there)
            os.fsync(file.fileno())
        os.replace(temporary, real)
    except OSError as error:
        raise _refused(path, _reason(error)) from None
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    _sync(real.parent)


def check_target(path: StrPath) -> None:
    """Refuse a path that `write_whole` could not write, before any work is done for it.

    A temporary file is made in the folder and removed again.

    Raises:
        AuritaError: as `write_whole`.

    Example:
        >>> check_target("no-such-folder/out.csv")
        Traceback (most recent call last):
        ...
        aurita.errors.AuritaError: cannot write no-such-folder/out.csv: there is no folder no-such-folder; make it first
    """
    real, _ = _target(path)
    trial = _beside(real)
    try:
        os.close(os.open(trial, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise _refused(path, _reason(error)) from None
    finally:
        with suppress(OSError):
            trial.unlink(missing_ok=True)


def check_distinct(writes: Mapping[str, StrPath | None], reads: Mapping[str, StrPath | None]) -> None:
    """Refuse to write over what is read, and to write two things to one file.

    Files are compared by themselves and not by their names, so that links and other spellings count.

    Args:
        writes: what will be written, by the name of its option; None where it is not asked for.

    Raises:
        AuritaError: two that are one file.

    Example:
        >>> check_distinct({"--output": "a.csv"}, {"the table": "./a.csv"})
        Traceback (most recent call last):
        ...
        aurita.errors.AuritaError: --output a.csv is the table itself, which would be overwritten; give another name
    """
    written = [(name, path) for name, path in writes.items() if path is not None]
    for number, (name, path) in enumerate(written):
        for what, source in reads.items():
            if source is not None and same_file(path, source):
                raise AuritaError(f"{name} {path} is {what} itself, which would be overwritten; give another name")
        for other, second in written[:number]:
            if same_file(path, second):
                raise AuritaError(f"{other} and {name} are both {path}; give two names")


def same_file(first: StrPath, second: StrPath) -> bool:
    """Whether two paths lead to one file, or would once it is written."""
    try:
        return os.path.samefile(first, second)
    except (OSError, ValueError):
        pass
    try:
        one, other = (Path(os.path.realpath(path)) for path in (first, second))
        if not os.path.samefile(one.parent, other.parent):
            return False
    except (OSError, ValueError):
        return False
    if one.name == other.name:
        return True
    names = [unicodedata.normalize("NFC", path.name).casefold() for path in (one, other)]
    return names[0] == names[1] and _folds_case(one.parent)


def _target(path: StrPath) -> tuple[Path, os.stat_result | None]:
    """The file that a path leads to, past all links, and what is there now."""
    given = os.fspath(path)
    if not isinstance(given, str) or not given or "\0" in given:
        raise AuritaError(f"cannot write {given!r}: this is no path; give the name of a file")
    try:
        real = Path(os.path.realpath(given))
        if not real.parent.is_dir():
            shown = Path(given).parent if not os.path.islink(given) else real.parent
            raise AuritaError(f"cannot write {path}: there is no folder {shown}; make it first")
        there = os.stat(real)
    except FileNotFoundError:
        return real, None
    except OSError as error:
        raise _refused(path, _reason(error)) from None
    except AuritaError:
        raise
    except ValueError as error:
        raise _refused(repr(given), str(error)) from None
    if stat.S_ISDIR(there.st_mode):
        raise AuritaError(f"cannot write {path}: it is a folder; give the name of a file")
    if not stat.S_ISREG(there.st_mode):
        raise AuritaError(f"cannot write {path}: it is a device, a pipe or a socket; give the name of a file")
    if not os.access(real, os.W_OK):
        raise AuritaError(f"cannot write {path}: it exists and may not be changed; give another name")
    return real, there


def _beside(real: Path) -> Path:
    """A free name in the folder of a file; short, whatever the file is called."""
    return real.parent / f".aurita-{secrets.token_hex(8)}.tmp"


def _alike(temporary: Path, there: os.stat_result) -> None:
    """Give a file the mode of another one, and its owner where that is allowed."""
    if hasattr(os, "chown"):
        with suppress(OSError):
            os.chown(temporary, there.st_uid, there.st_gid)
    os.chmod(temporary, stat.S_IMODE(there.st_mode) & 0o777)


def _sync(folder: Path) -> None:
    """Have the disk confirm the name; some systems and some disks know no such thing for folders."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _folds_case(folder: Path) -> bool:
    """Whether large and small letters are one in the names of a folder."""
    trial = _beside(folder / "any")
    try:
        os.close(os.open(trial, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600))
        return trial.with_name(trial.name.upper()).exists()
    except OSError:
        return False
    finally:
        with suppress(OSError):
            trial.unlink(missing_ok=True)


def _refused(path: StrPath, reason: str) -> AuritaError:
    return AuritaError(f"cannot write {path}: {reason}; give a path that may be written")


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
