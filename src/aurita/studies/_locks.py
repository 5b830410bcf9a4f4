"""Locks that show who works on what, so that a trial whose worker died is seen to be free at once.

On one machine, with SQLite, a worker locks one byte of a file beside the database; with PostgreSQL it takes an
advisory lock of its session. Either is taken away at the moment of death, by the operating system or by the server.
"""

import hashlib
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from aurita.errors import AuritaError

CHOOSING = 0


class Locks(Protocol):
    """The locks of those who work on one storage."""

    def take(self, number: int) -> None:
        """Wait for a lock, and hold it."""

    def free(self, number: int) -> None:
        """Hold it no longer."""

    def taken(self, number: int) -> bool:
        """Whether somebody holds it."""

    def close(self) -> None:
        """Free all that was taken here."""


def number_of(study: str, trial: int) -> int:
    """The lock of a trial, from 1; two trials never share one, as far as 62 bits of a checksum go."""
    digest = hashlib.blake2b(f"{study}\0{trial}".encode(), digest_size=8).digest()
    return 1 + (int.from_bytes(digest, "big") >> 2)


@contextmanager
def choosing(locks: Locks) -> Iterator[None]:
    """A context in which no other worker chooses what to do."""
    locks.take(CHOOSING)
    try:
        yield
    finally:
        locks.free(CHOOSING)


class FileLocks:
    """Byte locks (POSIX) on a file beside an SQLite database."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: set[int] = set()

    def take(self, number: int) -> None:
        file = _opened(self._path)
        if number == CHOOSING:
            file.thread.acquire()
        self._held.add(number)
        file.held.add(number)
        _lock(file.descriptor, number, "wait")

    def free(self, number: int) -> None:
        file = _opened(self._path)
        _lock(file.descriptor, number, "free")
        file.held.discard(number)
        self._held.discard(number)
        if number == CHOOSING:
            file.thread.release()

    def taken(self, number: int) -> bool:
        file = _opened(self._path)
        # A process never sees its own locks, and trying one would lose it.
        if number in file.held:
            return True
        try:
            _lock(file.descriptor, number, "try")
        except OSError:
            return True
        _lock(file.descriptor, number, "free")
        return False

    def close(self) -> None:
        for number in list(self._held):
            self.free(number)


class _File:
    """A lock file that stays open: to close any of its descriptors would free all locks of the process."""

    def __init__(self, path: Path) -> None:
        try:
            self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise AuritaError(f"{path} cannot be written ({error}); keep the study in a folder of yours") from None
        self.held: set[int] = set()
        self.thread = threading.Lock()


_FILES: dict[str, _File] = {}


def _opened(path: Path) -> _File:
    """The lock file, opened once a process, unless it was deleted and is another one now."""
    name = str(path.resolve())
    known = _FILES.get(name)
    if known is not None and path.exists() and path.stat().st_ino == os.fstat(known.descriptor).st_ino:
        return known
    _FILES[name] = _File(path)
    return _FILES[name]


def _lock(descriptor: int, byte: int, how: str) -> None:
    if sys.platform == "win32":
        raise AuritaError("an SQLite file cannot be locked as studies need it on Windows; use a postgresql:// storage")
    import fcntl

    # Those who only look share, so that two of them never take each other for a worker.
    operation = {"wait": fcntl.LOCK_EX, "try": fcntl.LOCK_SH | fcntl.LOCK_NB, "free": fcntl.LOCK_UN}[how]
    fcntl.lockf(descriptor, operation, 1, byte)


class ServerLocks:
    """Advisory locks of one session of a PostgreSQL server, which ends them with the session.

    A server that restarts forgets them: they are taken anew, and whoever took a trial over in the meantime keeps it.
    """

    def __init__(self, url: str) -> None:
        import sqlalchemy

        # A machine that is gone is noticed within a minute.
        alive = {"options": "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"}
        arguments = alive if url.startswith("postgresql+psycopg") else {}
        self._engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT", connect_args=arguments)
        self._connection = self._engine.connect()
        self._held: set[int] = set()

    def take(self, number: int) -> None:
        self._call("pg_advisory_lock", number)
        self._held.add(number)

    def free(self, number: int) -> None:
        self._held.discard(number)
        self._call("pg_advisory_unlock", number)

    def taken(self, number: int) -> bool:
        # A session may take its own locks twice.
        if number in self._held:
            return True
        if not self._call("pg_try_advisory_lock_shared", number):
            return True
        self._call("pg_advisory_unlock_shared", number)
        return False

    def close(self) -> None:
        self._held.clear()
        self._connection.close()
        self._engine.dispose()

    def _call(self, function: str, number: int) -> bool:
        from sqlalchemy import func, select
        from sqlalchemy.exc import DBAPIError

        statement = select(getattr(func, function)(number))
        try:
            return bool(self._connection.execute(statement).scalar())
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        self._connection.close()
        self._connection = self._engine.connect()
        for held in self._held - {number}:
            self._connection.execute(select(func.pg_try_advisory_lock(held)))
        return bool(self._connection.execute(statement).scalar())
