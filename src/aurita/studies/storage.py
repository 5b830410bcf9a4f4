"""The Optuna storage of a study: where it is, how it is opened, what is kept with the study."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Self

from aurita.errors import AuritaError, require
from aurita.studies._locks import FileLocks, Locks, ServerLocks, choosing

if TYPE_CHECKING:
    import optuna

WAIT_SECONDS = 120
DRIVER = "postgresql+psycopg"


def storage_url(storage: str) -> str:
    """The URL of a storage that is given as a path or as a URL.

    Raises:
        AuritaError: a database of another kind, or one in memory.

    Example:
        >>> storage_url("/data/s.sqlite")
        'sqlite:////data/s.sqlite'
        >>> storage_url("postgresql://me@host/studies")
        'postgresql+psycopg://me@host/studies'
    """
    scheme, separator, rest = storage.partition("://")
    if not separator:
        return _of_file(storage)
    if scheme == "postgresql":
        # Which driver that means differs between versions of SQLAlchemy.
        return f"{DRIVER}://{rest}"
    if scheme.startswith("postgresql+"):
        return storage
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1 and ":memory:" not in rest:
        return _of_file(rest[1:])
    raise AuritaError(
        f"storage {hidden(storage)!r} is no place for a study; give a path, sqlite:///PATH or postgresql://USER@HOST/NAME"
    )


def hidden(url: str) -> str:
    """A URL without its password.

    Example:
        >>> hidden("postgresql://me:secret@host/studies")
        'postgresql://me@host/studies'
    """
    scheme, separator, rest = url.partition("://")
    user, at, place = rest.rpartition("@")
    return f"{scheme}{separator}{user.partition(':')[0]}{at}{place}" if at else url


def file_of(url: str) -> Path:
    """The file of an SQLite URL."""
    return Path(url.removeprefix("sqlite:///"))


class Storage:
    """An Optuna storage, and the locks of those who work on it.

    Args:
        url: of the database.
        create: make Optuna's tables where there are none.

    Raises:
        AuritaError: it cannot be opened, or is no Optuna storage.
    """

    locks: Locks

    def __init__(self, url: str, *, create: bool = True) -> None:
        optuna = require("optuna", "studies", "a study")
        # Optuna tells on standard error of each table that it makes, and of each trial.
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.url = url
        self._optuna = optuna
        with complaints(url):
            if url.startswith("sqlite"):
                path = file_of(url)
                if not path.parent.is_dir():
                    raise AuritaError(f"there is no folder {path.parent} for the study's records; make it first")
                self.locks = FileLocks(path.with_name(path.name + ".lock"))
                options: dict[str, object] = {"creator": lambda: _connected(path)}
            else:
                self.locks = ServerLocks(url)
                options = {"pool_pre_ping": True}
            if not create:
                # Nothing stays open where the tables turn out not to be there.
                from sqlalchemy.pool import NullPool

                options["poolclass"] = NullPool
            with self.choosing() if create else nullcontext():
                try:
                    self._storage = optuna.storages.RDBStorage(url, options, skip_table_creation=not create)
                except BaseException:
                    self.locks.close()
                    raise

    @classmethod
    def existing(cls, url: str) -> "Storage | None":
        """The storage if there is one with Optuna's tables in it; a look makes no file."""
        if url.startswith("sqlite") and not file_of(url).exists():
            return None
        try:
            return cls(url, create=False)
        except _NoTablesError:
            return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.locks.close()
        self._storage.remove_session()
        self._storage.engine.dispose()

    def choosing(self) -> AbstractContextManager[None]:
        """A context in which no other worker chooses what to do."""
        return choosing(self.locks)

    def study(self, name: str) -> "optuna.Study | None":
        """Optuna's study of a name; None where there is none."""
        try:
            return self._optuna.load_study(study_name=name, storage=self._storage)
        except KeyError:
            return None

    def made(self, name: str, direction: str = "lower") -> "optuna.Study":
        """Optuna's study of a name, made if there is none."""
        ways = {"lower": "minimize", "higher": "maximize"}
        return self._optuna.create_study(
            study_name=name, storage=self._storage, direction=ways[direction], load_if_exists=True
        )


@contextmanager
def complaints(url: str) -> Iterator[None]:
    """Turn what a database says into an `AuritaError` on its place; a driver may be missing, too."""
    optuna = require("optuna", "studies", "a study")
    from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

    if url.startswith(f"{DRIVER}:"):
        require("psycopg", "postgres", "a study in PostgreSQL")
    try:
        yield
    except ImportError as error:
        raise AuritaError(
            f"storage {hidden(url)} needs a driver that cannot be loaded ({error}); "
            "run: pip install 'aurita[postgres]', and write postgresql://"
        ) from None
    except (SQLAlchemyError, sqlite3.Error, optuna.exceptions.StorageInternalError, RuntimeError) as error:
        cause = error.__cause__ if isinstance(error.__cause__, SQLAlchemyError) else error
        no_table = isinstance(cause, OperationalError) and "no such table" in str(cause)
        kind = _NoTablesError if no_table or isinstance(cause, ProgrammingError) else AuritaError
        reason = str(getattr(cause, "orig", None) or cause).strip().splitlines()[0]
        raise kind(
            f"storage {hidden(url)} cannot be used ({reason}); give a file or database of studies, or a new one"
        ) from None


class _NoTablesError(AuritaError):
    """A database without Optuna's tables; a program killed at its first moment may have left only some."""


def _connected(path: Path) -> sqlite3.Connection:
    """A log written ahead: a commit needs no wait for the disk, and a killed process loses none."""
    connection = sqlite3.connect(path, timeout=WAIT_SECONDS, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def _of_file(path: str) -> str:
    if any(sign in path for sign in "?{}"):
        raise AuritaError(f"storage {path!r} has a sign in its name that a URL cannot hold; leave out ?, {{ and }}")
    return f"sqlite:///{Path(path).absolute()}"
