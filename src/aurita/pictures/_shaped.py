"""Shape units of an estimator: their outputs for whole sequences, in a plane, and the weight of each."""

import numpy as np

from aurita._typing import Float
from aurita._words import counted
from aurita.errors import AuritaError
from aurita.estimators.base import SequenceEstimator
from aurita.estimators.default_society import Member
from aurita.pictures.drawing import Axes, Drawing, Points, ranked
from aurita.pictures.embedding import fit_embedding
from aurita.pictures.states import States
from aurita.shapes import Shapes, pooled

_MOST_UNITS = 24


def shape_drawings(model: SequenceEstimator, states: States, values: list[np.ndarray]) -> list[Drawing]:
    """Pictures of the shape units of a model's first member; none where it reads out a reservoir.

    Args:
        states: of the model, for the classes or values of sequences.
        values: sequences as the units receive them, scaled.
    """
    member: Member = model._members()[0]
    present = np.unique(states.sequence).tolist()
    if member.shapes is None or not present:
        return []
    rows = pooled(member.shapes, [np.asarray(values[i], float)[model.washout :] for i in present])
    return [_plane(rows, states, present, member.shapes), _weights(model, rows, member.shapes)]


def contributions(
    weights: Float[np.ndarray, "feature output"], rows: Float[np.ndarray, "batch feature"], shapes: Shapes
) -> Float[np.ndarray, "unit"]:
    """How far each shape unit moves what the readout says, from sequence to sequence: a deviation, over all outputs.

    Args:
        weights: of the readout; features after those of the shape units belong to no unit.
        rows: pooled values of sequences.
        shapes: the units.
    """
    own, copies = shapes.units * shapes.unit.pooled, 2 if shapes.ragged else 1
    found = np.zeros(shapes.units)
    for unit in range(shapes.units):
        first = unit * shapes.unit.pooled
        columns = np.concatenate([np.arange(first, first + shapes.unit.pooled) + copy * own for copy in range(copies)])
        found[unit] = np.sqrt(np.square((rows[:, columns] @ weights[columns]).std(axis=0)).sum())
    return found


def _plane(rows: np.ndarray, states: States, present: list[int], shapes: Shapes) -> Drawing:
    """Sequences in a plane by their pooled values, standardised, coloured by what they are."""
    spread = rows.std(axis=0)
    varies = spread > 1e-9
    scaled = (rows[:, varies] - rows[:, varies].mean(axis=0)) / spread[varies]
    if not scaled.shape[1]:
        scaled = np.zeros((len(rows), 1))
    embedding = fit_embedding(scaled, "pca")
    places = embedding.apply(scaled)
    last = [int(states.rows_of(i)[-1]) for i in present]
    column = states.target if states.target is not None else states.answer
    hover = {"sequence": [states.sequences[i] for i in present]}
    picked = None if column is None else column.values[last]
    categories = None if column is None else column.categories
    points = Points(
        x=places[:, 0],
        y=places[:, 1],
        codes=None if categories is None else picked,
        categories=categories,
        values=picked if categories is None else None,
        scale="" if column is None or categories is not None else column.name,
        size=6,
        hover=hover,
    )
    x, y = embedding.axis_titles()
    caption = (
        f"{shapes.units} shape units give {counted(rows.shape[1], 'value')} a sequence: shares of steps above levels, "
        f"and maxima. Each point is one of {counted(len(rows), 'sequence')}"
    )
    caption += "." if column is None else f", coloured by {column.name}."
    return Drawing(
        title="Outputs of shape units for sequences", caption=caption, panels=[Axes(marks=[points], x=x, y=y)]
    )


def _weights(model: SequenceEstimator, rows: np.ndarray, shapes: Shapes) -> Drawing:
    """The units that move the readout most."""
    weights, _ = model.readouts_[0].linear_weights()
    if len(weights) < shapes.width:
        raise AuritaError(f"the readout has {len(weights)} weights, and the shape units output {shapes.width} values")
    moved = contributions(weights, rows, shapes)
    order = np.argsort(-moved, kind="stable")[:_MOST_UNITS]
    reach = (shapes.unit.window - 1) * shapes.dilations + 1
    names = [f"unit {unit}: {reach[unit]} steps" for unit in order]
    panel = ranked(names, moved[order], x="deviation of answers")
    total = float(np.square(moved).sum()) or 1.0
    share = float(np.square(moved[order]).sum()) / total
    caption = (
        "How far each shape unit moves the readout from sequence to sequence, and the steps that its window spans: "
        f"the {len(order)} of {counted(shapes.units, 'unit')} that move it most ({share:.0%} of the sum of squares)."
    )
    return Drawing(title="Shape units that the readout uses", caption=caption, panels=[panel])
