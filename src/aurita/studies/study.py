"""Models x tasks x seeds, declared once: run, looked at, compared."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aurita.errors import AuritaError, require
from aurita.studies._changes import check_unchanged, kept
from aurita.studies._declaration import Declaration
from aurita.studies._documents import Place
from aurita.studies.storage import Storage, complaints, hidden, storage_url

if TYPE_CHECKING:
    import pandas as pd

    from aurita.studies._board import Board
    from aurita.studies._reading import StudyFile
    from aurita.studies.statistics import Comparison
    from aurita.studies.status import Status
    from aurita.studies.tables import StudyTable


class Study(Declaration):
    """A declared study, whose trials are kept in an Optuna storage.

    Args:
        name: of the study; one storage may hold several.
        tasks: names of tasks or `TaskPlan`s.
        models: names of models or `ModelPlan`s; the first is what tables compare the others with.
        seeds: how many, counted from 0, or which; a seed draws the data and the model.
        search: a `SearchPlan`, for models with something to search.
        storage: a path of an SQLite file, or a URL `sqlite:///...` or `postgresql://...`; `<name>.sqlite` by
            default.

    Raises:
        AuritaError: something of the wrong kind, a name used twice, a search that cannot be made.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     study = Study("waves", ["sincosnoise"], ["bare_inputs"], seeds=3, storage=f"{folder}/waves.sqlite")
        ...     status = study.run(progress=False)
        ...     print(status.done, study.records()["score"].round(1).tolist())
        3 [0.3, 0.3, 0.3]
    """

    _source: "StudyFile | None" = None

    @classmethod
    def from_toml(cls, path: str | Path, *, storage: str | Path | None = None) -> "Study":
        """The study that a TOML file declares.

        Args:
            path: of the file.
            storage: instead of the one that the file names, which is the file's name with .sqlite if it names none.
                A path in the file is seen from the file's folder.

        Raises:
            AuritaError: no such file, no TOML, an unknown key or a wrong value; with the line.
        """
        from aurita.studies._reading import StudyFile

        source = StudyFile(path)
        named = source.document.get("storage", Path(path).with_suffix(".sqlite").name)
        place = named if "://" in named else Path(path).parent / named
        study = cls.from_document({**source.document, "storage": str(place)}, storage=storage)
        object.__setattr__(study, "_source", source)
        assert isinstance(study, cls)
        return study

    @property
    def url(self) -> str:
        """Of the storage."""
        return storage_url(str(self.storage))

    def run(
        self,
        processes: int = 1,
        *,
        retry_failed: bool = False,
        extend: bool = False,
        progress: bool = True,
        watch: Callable[["Status"], None] | None = None,
    ) -> "Status":
        """Run what is left. Killed at any moment and started again, it goes on; several may run on one storage.

        Args:
            processes: 1 works in this process, more in as many interpreters of their own.
            retry_failed: run again what failed; without it a failure stays, and counts as one.
            extend: allow more seeds, models and tasks than the study was started with.
            progress: show it on standard error.
            watch: called about once a second, and in the end, with the status.

        Returns:
            The status at the end.

        Raises:
            AuritaError: an unknown task, model or parameter, another declaration than before, a storage that cannot be
                used, a missing extra. What goes wrong inside a model is a record and raises nothing.
        """
        require("optuna", "studies", "a study")
        from aurita.studies import _running
        from aurita.studies.progress import Display

        if processes < 1:
            raise AuritaError(f"processes = {processes}; take at least 1")
        known = self._board()
        if known is not None:
            check_unchanged(known.declaration.document(), self.document(), extend=extend)
        _running.check_models(self, self._complaint)
        facts = _running.facts_of(self, {} if known is None else known.facts, self._complaint)
        with complaints(self.url), Storage(self.url) as storage:
            _running.prepare(storage, self, facts, extend=extend, retry_failed=retry_failed)
            with Display(None if progress else io.StringIO(), watch) as display:
                if processes == 1:
                    _running.work(storage, self, facts, display)
                else:
                    _running.work_in_processes(storage, self, facts, processes, display)
        return self.status()

    def status(self) -> "Status":
        """How far it is, as it was declared when it was started.

        Raises:
            AuritaError: a storage that cannot be used.
        """
        from aurita.studies._search import budget
        from aurita.studies.status import Count, Status

        board = self._board()
        if board is not None:
            return board.status()
        pairs = dict.fromkeys((model, task) for model, task, _ in self.jobs)
        runs = [Count(*pair, sum(job[:2] == pair for job in self.jobs), 0, 0, 0) for pair in pairs]
        searches = [
            Count(model, task, budget(self.search, self.model(model).space(task)), 0, 0, 0)
            for model, task in self.searched
        ]
        return Status(self.name, searches, runs, 0, None)

    def records(self, *, search: bool = False) -> "pd.DataFrame":
        """Everything that is kept of each finished run, one row each.

        Args:
            search: of the trials of hyper-parameter searches instead.

        Returns:
            In the order of tasks, seeds and models; empty where nothing is finished.

        Raises:
            AuritaError: a storage that cannot be used.
        """
        from aurita.studies._frames import frame

        board = self._board()
        return frame([] if board is None else board.records(search=search))

    def compare(self, reference: str | None = None, metric: str = "score", **options: object) -> "Comparison":
        """Statistics over the seeds.

        Args:
            reference: compare every model with this one; every pair of models by default.
            metric: a column of the records; each task's own score by default.
            options: of `aurita.studies.compare`.

        Raises:
            AuritaError: no records, an unknown model or column.
        """
        return self.table(reference, metric, all_pairs=reference is None, **options).comparison

    def table(self, reference: str | None = None, metric: str = "score", **options: Any) -> "StudyTable":
        """The same as a table for readers, with the numbers of parameters of every model.

        Args:
            reference: the model that the verdicts are on; the first one declared by default.
            metric: a column of the records; each task's own score by default.
            options: of `aurita.studies.compare`.

        Raises:
            AuritaError: no records, an unknown model or column.
        """
        from aurita.studies._frames import frame
        from aurita.studies.tables import study_table

        board = self._board()
        if board is None or not board.runs.done:
            raise AuritaError(f"study {self.name!r} has no finished run in {hidden(self.url)}; run it first")
        models = [model.name for model in board.declaration.model_plans]
        return study_table(frame(board.records()), board.facts, models, reference=reference, metric=metric, **options)

    def _board(self) -> "Board | None":
        """The study as it is now and as it was declared at its start; None before that."""
        from aurita.studies._board import Board

        found = Storage.existing(self.url)
        if found is None:
            return None
        with complaints(self.url), found as storage:
            declaration, facts = kept(storage, self.name)
            if declaration is None:
                return None
            board = Board(storage, declaration, facts)
            board.refresh()
            return board

    def _complaint(self, place: Place, message: str) -> AuritaError:
        return AuritaError(message) if self._source is None else self._source.complaint(place, message)
