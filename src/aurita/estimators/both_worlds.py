"""A classifier or regressor of whole sequences that is read out of a society of memories or of shape units."""

from typing import Any

import numpy as np

from aurita._typing import Float
from aurita.data.targets import Targets
from aurita.errors import AuritaError
from aurita.estimators.default_society import Member
from aurita.estimators.pooled_shapes import (
    Labelled,
    could_hold_shapes,
    could_hold_symbols,
    shapes_for,
    society_wins,
)
from aurita.learning import Learning
from aurita.reservoir import Reservoir
from aurita.shapes import Shapes, pooled
from aurita.society import HELD_OUT, Lessons


class OfBothWorlds:
    """What an estimator does with shape units."""

    def _pools(self: Any, lessons: Lessons) -> bool:
        """Whether shape units are drawn.

        Raises:
            AuritaError: nothing else is wanted, and these sequences do not serve.
        """
        serves = self.settled_ and self.features is None and could_hold_shapes(lessons)
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
    ) -> Labelled:
        assert isinstance(targets.values, np.ndarray)
        learns = self.learning is None or learning is not None
        return Labelled([value[self.washout :] for value in values], targets.values, classes, learns, seed)

    def _of_both_worlds(self: Any, labelled: Labelled, lessons: Lessons, learning: Learning | None) -> Member:
        """Shape units, or the society where sequences that neither learnt from are better read out of it."""
        if self.shapes != "only" and could_hold_symbols(lessons):
            tried: list[Member] = []

            def society() -> Float[np.ndarray, "held"]:
                tried.append(self._settled(lessons, learning, classes=labelled.classes, seed=labelled.seed))
                choice = tried[0].choice
                assert choice is not None
                return choice.by_row

            if society_wins(labelled, lessons, HELD_OUT, society):
                return tried[0]
        found = shapes_for(labelled)
        return Member(None, None, None, found.penalty, shapes=found.shapes)

    def _seen(
        self: Any, reservoir: Reservoir | None, shapes: Shapes | None, values: list[np.ndarray]
    ) -> Float[np.ndarray, "batch width"]:
        """What the readout sees of whole sequences."""
        if shapes is None:
            return self._summaries(reservoir, values)
        self._check_washout(values)
        return pooled(shapes, [value[self.washout :] for value in values])

    def _shapes(self: Any) -> list[Shapes | None]:
        """Shape units of each member, None for those of a reservoir."""
        found: list[Shapes | None] = getattr(self, "shapes_", [])
        return found if any(shapes is not None for shapes in found) else [None] * len(self.readouts_)
