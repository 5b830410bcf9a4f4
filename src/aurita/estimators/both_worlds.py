"""A classifier or regressor of whole sequences that is read out of a society of memories or of shape units."""

from typing import Any

import numpy as np

from aurita._typing import Float
from aurita.data.batch import Batch
from aurita.data.targets import Targets
from aurita.errors import AuritaError
from aurita.estimators.building import learns_by_default
from aurita.estimators.default_society import Member
from aurita.estimators.pooled_shapes import (
    Examples,
    could_hold_shapes,
    could_hold_symbols,
    shapes_for,
    society_wins,
)
from aurita.learning import Learning
from aurita.shapes import pooled
from aurita.society import HELD_OUT


class OfBothWorlds:
    """What an estimator does with shape units."""

    def _pools(self: Any, batch: Batch) -> bool:
        """Whether shape units are drawn.

        Raises:
            AuritaError: nothing else is wanted, and these sequences do not serve.
        """
        serves = self.default_society_ and self.features is None and could_hold_shapes(batch)
        if self.shapes == "only" and not serves:
            raise AuritaError(
                "shapes is 'only', which needs 20 sequences or more of 8 steps or more, a label or value for each, and "
                "neither populations nor units; use shapes='auto'"
            )
        return serves and self.shapes != "none"

    def _labelled(
        self: Any,
        values: list[np.ndarray],
        targets: Targets,
        learning: Learning | None,
        *,
        classes: bool,
        seed: int,
    ) -> Examples:
        assert isinstance(targets.values, np.ndarray)
        learns = learns_by_default(self.learning) or learning is not None
        return Examples([value[self.washout :] for value in values], targets.values, classes, learns, seed)

    def _of_both_worlds(self: Any, labelled: Examples, batch: Batch, learning: Learning | None) -> Member:
        """Shape units, or the society where sequences that neither learnt from are better read out of it."""
        if self.shapes != "only" and could_hold_symbols(batch):
            tried: list[Member] = []

            def society() -> Float[np.ndarray, "held"]:
                tried.append(self._society_member(batch, learning, classes=labelled.classes, seed=labelled.seed))
                choice = tried[0].choice
                assert choice is not None
                return choice.by_row

            if society_wins(labelled, batch, HELD_OUT, society):
                return tried[0]
        found = shapes_for(labelled)
        return Member(None, None, None, found.penalty, shapes=found.shapes, summary=found.summary)

    def _seen(self: Any, member: Member, values: list[np.ndarray]) -> Float[np.ndarray, "batch width"]:
        """What the readout sees of whole sequences."""
        if member.shapes is None:
            return self._summaries(member.reservoir, values, member.summary)
        self._check_washout(values)
        return pooled(member.shapes, [value[self.washout :] for value in values])

    def _members(self: Any) -> list[Member]:
        """Reservoir, shape units and summary of each member."""
        none = [None] * len(self.readouts_)
        shapes, summaries = (getattr(self, name, none) for name in ("shapes_", "summaries_"))
        parts = zip(self.reservoirs_, _or_none(shapes, none), _or_none(summaries, none), strict=True)
        return [Member(reservoir, None, None, None, None, own, summary) for reservoir, own, summary in parts]


def _or_none(given: list[object], none: list[None]) -> list[Any]:
    return given if any(one is not None for one in given) else none
