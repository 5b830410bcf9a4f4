"""Who works on a trial, so that a trial whose worker died is seen to be free.

On one machine, with SQLite, a worker holds a lock on one byte of a file beside the database, of the trial's number; the
operating system takes it away at the moment of death. With a database server, Optuna's heartbeats do it.
"""

import os
import sys
import threading
import warnings
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from aurita.errors import AuritaError
from aurita.studies.trials import Rows

HEARTBEAT_SECONDS = 20
GRACE_SECONDS = 90
"""A heartbeat older than this is of a worker that died, or of one whose machine cannot reach the server."""


class Presence(Protocol):
    """Signs of life of those who work on one storage.

    Attributes:
        instant: whether a worker that dies before its first sign of life is seen to be dead, too.
    """

    instant: bool

    def exclusive(self) -> Any:
        """A context in which no other worker chooses what to do."""

    def hold(self, trial: int) -> None:
        """Show from now on that this process works on a trial."""

    def release(self, trial: int) -> None:
        """Show it no longer."""

    def alive(self, trial: int) -> bool:
        """Whether somebody shows to work on a trial; true where that cannot be seen without a change."""

    def bury(self, study: str, running: Collection[int]) -> None:
        """Fail the trials of an Optuna study that heartbeats show to be deserted, of those that were running."""

    def leave(self) -> None:
        """Release all that was held here."""


class FileLocks:
    """Byte locks (POSIX) on a file beside an SQLite database; byte 0 is that of choosing."""

    instant = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: set[int] = set()

    @property
    def _file(self) -> "_File":
        return _opened(self._path)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        with self._file.thread:
            _lock(self._file.descriptor, 0, "wait")
            try:
                yield
            finally:
                _lock(self._file.descriptor, 0, "free")

    def hold(self, trial: int) -> None:
        self._held.add(trial)
        self._file.held.add(trial)
        _lock(self._file.descriptor, trial, "wait")

    def release(self, trial: int) -> None:
        _lock(self._file.descriptor, trial, "free")
        self._file.held.discard(trial)
        self._held.discard(trial)

    def alive(self, trial: int) -> bool:
        # A process never sees its own locks, and trying one would lose it.
        if trial in self._file.held:
            return True
        try:
            _lock(self._file.descriptor, trial, "try")
        except OSError:
            return True
        _lock(self._file.descriptor, trial, "free")
        return False

    def bury(self, study: str, running: Collection[int]) -> None:
        """Nothing: `alive` knows."""

    def leave(self) -> None:
        for trial in list(self._held):
            self.release(trial)


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


class Heartbeats:
    """Signs of life in the database of a PostgreSQL server; choosing is guarded by an advisory lock of it."""

    instant = False

    def __init__(self, url: str) -> None:
        import sqlalchemy

        self._url = url
        self._engine = sqlalchemy.create_engine(url, pool_pre_ping=True)
        self._text = sqlalchemy.text
        self._held: set[int] = set()
        self._over = threading.Event()
        self._storage: Any = None
        self._thread: threading.Thread | None = None

    def rows(self, statement: str, parameters: Mapping[str, Any]) -> Rows:
        """Rows of a statement."""
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(self._text(statement), parameters)]

    def storage(self) -> Any:
        """Optuna's storage, to be written from now on."""
        import optuna

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self._storage = optuna.storages.RDBStorage(
                self._url,
                engine_kwargs={"pool_pre_ping": True},
                heartbeat_interval=HEARTBEAT_SECONDS,
                grace_period=GRACE_SECONDS,
            )
        return self._storage

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        with self._engine.begin() as connection:
            # The server frees it with the transaction, also when this process dies.
            connection.execute(self._text(f"SELECT pg_advisory_xact_lock({zlib.crc32(b'aurita study')})"))
            yield

    def hold(self, trial: int) -> None:
        self._storage.record_heartbeat(trial)
        self._held.add(trial)
        if self._thread is None:
            self._thread = threading.Thread(target=self._beat, daemon=True)
            self._thread.start()

    def release(self, trial: int) -> None:
        self._held.discard(trial)

    def alive(self, trial: int) -> bool:
        return True

    def bury(self, study: str, running: Collection[int]) -> None:
        if not running:
            return
        import optuna

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            optuna.storages.fail_stale_trials(optuna.load_study(study_name=study, storage=self._storage))

    def leave(self) -> None:
        self._held.clear()
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        self._engine.dispose()

    def _beat(self) -> None:
        while not self._over.wait(HEARTBEAT_SECONDS):
            for trial in list(self._held):
                try:
                    self._storage.record_heartbeat(trial)
                except Exception:
                    # A server that is away for a moment is what the time of grace is for; one that stays away stops
                    # the worker at its next record.
                    continue
        self._storage.remove_session()
