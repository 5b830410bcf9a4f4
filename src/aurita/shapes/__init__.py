"""Shapes: units that look for shapes anywhere in a sequence, each learning alone from the sequence's label."""

from aurita.shapes.checks import check_shapes
from aurita.shapes.learning import ShapeLearning, learn_shapes
from aurita.shapes.padding import VIEWS, Padded, pad
from aurita.shapes.shapes import Shapes, draw_shapes, joined, pooled

__all__ = [
    "VIEWS",
    "Padded",
    "ShapeLearning",
    "Shapes",
    "check_shapes",
    "draw_shapes",
    "joined",
    "learn_shapes",
    "pad",
    "pooled",
]
