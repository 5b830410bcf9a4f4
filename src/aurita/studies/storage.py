"""The Optuna storage of a study: where it is, how it is looked at, how it is written."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from aurita.errors import AuritaError, require
from aurita.studies.presence import FileLocks, Heartbeats, Presence
from aurita.studies.trials import Rows, Tables

WAIT_SECONDS = 120
DRIVER = "postgresql+psycopg"
STATES = {"complete": "COMPLETE", "pruned": "PRUNED", "failed": "FAIL"}
"""Optuna's words for the states of records."""


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


class Look:
    """A storage that is only looked at, as quickly as can be.

    Attributes:
        url: of the database.
        tables: what is in it.
        presence: who works on what.

    Raises:
        AuritaError: it cannot be read.
    """

    tables: Tables
    presence: Presence

    def __init__(self, url: str) -> None:
        self.url = url
        if url.startswith("sqlite"):
            path = file_of(url)
            with _opening(url):
                self._connection = sqlite3.connect(path, timeout=WAIT_SECONDS)
            self.tables = Tables(self._rows_of_file)
            self.presence = FileLocks(path.with_name(path.name + ".lock"))
        else:
            with _opening(url):
                self.presence = Heartbeats(url)
            self.tables = Tables(self._rows_of_server)

    @classmethod
    def existing(cls, url: str) -> "Look | None":
        """The storage if there is one with Optuna's tables in it; a look makes no file."""
        if url.startswith("sqlite") and not file_of(url).exists():
            return None
        look = cls(url)
        if look.tables.there(sqlite=url.startswith("sqlite")):
            return look
        look.close()
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self.presence.leave()
        if self.url.startswith("sqlite"):
            self._connection.close()

    def _rows_of_file(self, statement: str, parameters: Mapping[str, Any]) -> Rows:
        with _opening(self.url):
            return self._connection.execute(statement, parameters).fetchall()

    def _rows_of_server(self, statement: str, parameters: Mapping[str, Any]) -> Rows:
        assert isinstance(self.presence, Heartbeats)
        with _opening(self.url):
            return self.presence.rows(statement, parameters)


class Store(Look):
    """A storage that is written, by Optuna.

    Raises:
        AuritaError: it cannot be opened, or is no Optuna storage.
    """

    def __init__(self, url: str) -> None:
        optuna = require("optuna", "studies", "a study")
        # Optuna tells on standard error of each table that it makes.
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.url = url
        with _opening(url), complaints(url):
            if url.startswith("sqlite"):
                path = file_of(url)
                if not path.parent.is_dir():
                    raise AuritaError(f"there is no folder {path.parent} for the study's records; make it first")
                self.presence = FileLocks(path.with_name(path.name + ".lock"))
                with self.presence.exclusive():
                    self._base = optuna.storages.RDBStorage(
                        url, engine_kwargs={"connect_args": {"timeout": WAIT_SECONDS}}
                    )
                    _hasten(self._base)
                self.tables = Tables(self._rows_of_engine)
            else:
                self.presence = beats = Heartbeats(url)
                with beats.exclusive():
                    self._base = beats.storage()
                self.tables = Tables(self._rows_of_server)
        self._storage = optuna.storages.get_storage(self._base)

    def close(self) -> None:
        self.presence.leave()
        self._base.remove_session()
        self._base.engine.dispose()

    def made(self, name: str, direction: str) -> int:
        """Number of the Optuna study with a name, made if there is none; only in the exclusive context."""
        from optuna.study import StudyDirection

        ways = {"lower": StudyDirection.MINIMIZE, "higher": StudyDirection.MAXIMIZE}
        known = self.tables.study(name)
        return self._storage.create_new_study([ways[direction]], name) if known is None else known

    def optuna_study(self, name: str) -> Any:
        """Optuna's study of a name, for its samplers."""
        import optuna

        return optuna.load_study(study_name=name, storage=self._storage)

    def note(self, study: int, key: str, value: Any) -> None:
        """Keep something with an Optuna study."""
        self._storage.set_study_user_attr(study, key, value)

    def create(
        self, study: int, job: Any, parameters: Mapping[str, Any] | None = None, spans: Mapping[str, Any] | None = None
    ) -> int:
        """Number of a new trial that this process works on; only in the exclusive context."""
        from optuna.trial import TrialState, create_trial

        named = {"job": job} if self.presence.instant else {}
        template = create_trial(
            state=TrialState.RUNNING, params=dict(parameters or {}), distributions=dict(spans or {}), user_attrs=named
        )
        trial = self._storage.create_new_trial(study, template)
        self.presence.hold(trial)
        if not named:
            # In this order: a trial without a job is one whose worker died before it showed to be alive.
            self._storage.set_trial_user_attr(trial, "job", job)
        return trial

    def record(self, trial: int, record: Mapping[str, Any]) -> None:
        """Keep what came out of a trial."""
        self._storage.set_trial_user_attr(trial, "record", dict(record))

    def report(self, trial: int, step: int, value: float) -> None:
        """Keep a value on the way."""
        self._storage.set_trial_intermediate_value(trial, step, value)

    def end(self, trial: int, state: str, value: float | None) -> str:
        """End a trial; gives Optuna's word for its state.

        Raises:
            RuntimeError: it has ended.
        """
        from optuna.trial import TrialState

        ended = TrialState[STATES[state]]
        self._storage.set_trial_state_values(trial, ended, None if value is None else [value])
        return ended.name

    def _rows_of_engine(self, statement: str, parameters: Mapping[str, Any]) -> Rows:
        from sqlalchemy import text

        with self._base.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), parameters)]


def file_of(url: str) -> Path:
    """The file of an SQLite URL."""
    return Path(url.removeprefix("sqlite:///"))


@contextmanager
def complaints(url: str) -> Iterator[None]:
    """Turn what a database says into an `AuritaError` on its place."""
    import optuna
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        cause = error.__cause__ or error
        raise _unusable(url, getattr(cause, "orig", None) or cause) from None


@contextmanager
def _opening(url: str) -> Iterator[None]:
    """The same for the first contact, at which a driver or the right tables may be missing too."""
    try:
        if url.startswith("sqlite"):
            yield
        else:
            if url.startswith(f"{DRIVER}:"):
                require("psycopg", "postgres", "a study in PostgreSQL")
            with complaints(url):
                yield
    except ImportError as error:
        raise AuritaError(
            f"storage {hidden(url)} needs a driver that cannot be loaded ({error}); "
            "run: pip install 'aurita[postgres]', and write postgresql://"
        ) from None
    except (sqlite3.Error, RuntimeError) as error:
        raise _unusable(url, error) from None


def _unusable(url: str, reason: object) -> AuritaError:
    said = str(reason).strip().splitlines()[0]
    return AuritaError(
        f"storage {hidden(url)} cannot be used ({said}); give a file or database of studies, or a new one"
    )


def _of_file(path: str) -> str:
    if any(sign in path for sign in "?{}"):
        raise AuritaError(f"storage {path!r} has a sign in its name that a URL cannot hold; leave out ?, {{ and }}")
    return f"sqlite:///{Path(path).absolute()}"


def _hasten(storage: Any) -> None:
    """A log written ahead: a commit needs no wait for the disk, and a killed process loses none."""
    from sqlalchemy import event

    def settle(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    event.listen(storage.engine, "connect", settle)
    storage.engine.dispose()
