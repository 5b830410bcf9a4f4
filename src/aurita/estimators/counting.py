"""How many numbers a fitted estimator has."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aurita.estimators.saved import Estimator


def sizes(model: "Estimator") -> tuple[int, int]:
    """Numbers that were trained, the readouts' included, and numbers that stayed as drawn."""
    trained = sum(readout.numbers() for readout in model.readouts_)
    fixed = 0
    for reservoir, history in zip(model.reservoirs_, model.histories_, strict=True):
        counts = {"trained": 0, "fixed": 0} if reservoir is None else reservoir.parameter_counts()
        trained += 0 if history is None else counts["trained"]
        fixed += counts["fixed"] + (counts["trained"] if history is None else 0)
    for shapes in getattr(model, "shapes_", []):
        if shapes is not None:
            numbers = shapes.filters.size + shapes.levels.size
            learnt = 0 if not shapes.learnt else numbers // 2 if shapes.twice else numbers
            trained, fixed = trained + learnt, fixed + numbers - learnt
    return trained, fixed
