"""The Optuna storage of a study: where it is, how it is opened, what is cheap in it."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aurita.errors import AuritaError, require
from aurita.studies.presence import GRACE_SECONDS, HEARTBEAT_SECONDS, FileLocks, Heartbeats, Presence

WAIT_SECONDS = 120


def storage_url(storage: str) -> str:
    """The URL of a storage that is given as a path or as a URL.

    Raises:
        AuritaError: a database of another kind, or one in memory.

    Example:
        >>> storage_url("/data/s.sqlite")
        'sqlite:////data/s.sqlite'
    """
    scheme, separator, rest = storage.partition("://")
    if not separator:
        return _of_file(storage)
    if scheme.split("+")[0] == "postgresql":
        return storage
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1 and ":memory:" not in rest:
        return _of_file(rest[1:])
    raise AuritaError(
        f"storage {hidden(storage)!r} is no place for a study; give a path, sqlite:///PATH or postgresql://USER@HOST/NAME"
    )


def hidden(url: str) -> str:
    """A URL without its password."""
    scheme, separator, rest = url.partition("://")
    user, at, place = rest.rpartition("@")
    return f"{scheme}{separator}{user.partition(':')[0]}{at}{place}" if at else url


class Store:
    """An open storage.

    Attributes:
        url: of the database.
        storage: Optuna's, with its cache.
        presence: who works on what.

    Raises:
        AuritaError: it cannot be opened, or is no Optuna storage.
    """

    def __init__(self, url: str) -> None:
        optuna = require("optuna", "studies", "a study")
        # Optuna tells on standard error of each table that it makes.
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.url = url
        self.presence: Presence
        with _opening(url):
            if url.startswith("sqlite"):
                path = Path(url.removeprefix("sqlite:///"))
                if not path.parent.is_dir():
                    raise AuritaError(f"there is no folder {path.parent} for the study's records; make it first")
                self.presence = FileLocks(path.with_name(path.name + ".lock"))
                with self.presence.exclusive():
                    self._base = optuna.storages.RDBStorage(
                        url, engine_kwargs={"connect_args": {"timeout": WAIT_SECONDS}}
                    )
                    _hasten(self._base)
            else:
                self.presence = beats = Heartbeats(url)
                with beats.exclusive(), warnings.catch_warnings():
                    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                    self._base = optuna.storages.RDBStorage(
                        url,
                        engine_kwargs={"pool_pre_ping": True},
                        heartbeat_interval=HEARTBEAT_SECONDS,
                        grace_period=GRACE_SECONDS,
                    )
                beats.watch(self._base)
        self.storage = optuna.storages.get_storage(self._base)

    @classmethod
    def existing(cls, url: str) -> "Store | None":
        """The storage if there is one; a look at a study makes no file."""
        if url.startswith("sqlite") and not Path(url.removeprefix("sqlite:///")).exists():
            return None
        return cls(url)

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *error: object) -> None:
        self.presence.leave()
        self._base.remove_session()
        self._base.engine.dispose()

    def find(self, name: str) -> int | None:
        """Number of the Optuna study with a name; None where there is none."""
        try:
            return self.storage.get_study_id_from_name(name)
        except KeyError:
            return None

    def made(self, name: str, direction: str) -> int:
        """Number of the Optuna study with a name, made if there is none; only in the exclusive context."""
        from optuna.study import StudyDirection

        known = self.find(name)
        if known is not None:
            return known
        ways = {"lower": StudyDirection.MINIMIZE, "higher": StudyDirection.MAXIMIZE}
        return self.storage.create_new_study([ways[direction]], name)

    def notes(self, study: int) -> dict[str, Any]:
        """What is kept with an Optuna study."""
        return self.storage.get_study_user_attrs(study)

    def note(self, study: int, key: str, value: Any) -> None:
        """Keep something with an Optuna study."""
        self.storage.set_study_user_attr(study, key, value)


@contextmanager
def complaints(url: str) -> Iterator[None]:
    """Turn what a database says into an `AuritaError` on its place."""
    import optuna
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        cause = error.__cause__ or error
        reason = str(getattr(cause, "orig", None) or cause).strip().splitlines()[0]
        raise AuritaError(
            f"storage {hidden(url)} cannot be used ({reason}); give a file or database of studies, or a new one"
        ) from None


@contextmanager
def _opening(url: str) -> Iterator[None]:
    """The same for the first contact, at which a driver or the right tables may be missing too."""
    try:
        with complaints(url):
            yield
    except ImportError as error:
        raise AuritaError(
            f"storage {hidden(url)} needs a driver that is not installed ({error}); "
            "run: pip install 'psycopg[binary]', and write postgresql+psycopg://"
        ) from None
    except RuntimeError as error:
        raise AuritaError(f"storage {hidden(url)} is of another version of Optuna: {error}") from None


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
