"""Populations and sequences on which learning is compared between engines."""

import numpy as np

from aurita import AttentionUnit, BlockUnit, EchoUnit, Population
from aurita.units import AnarchistUnit

DENSE = {"passage": "learned", "afferents": "all", "receives": "inputs"}


def unit_of(given):
    if "block" not in given:
        return AttentionUnit(**given)
    return BlockUnit(**{"activation": given["block"], **{k: v for k, v in given.items() if k != "block"}})


def population_of(kind):
    if kind == "echo":
        return Population(unit=EchoUnit(slots=5), units=1, passage="mixed", afferents="all", receives="inputs")
    if kind == "receiver":
        return Population(unit=EchoUnit(slots=4), units=2, passage="mixed", afferents="all", receives="earlier")
    if kind == "anarchist":
        return Population(unit=AnarchistUnit(slots=2), units=4, receives="inputs")
    how = {name: kind[name] for name in ("receives", "time_constant") if name in kind}
    unit = {name: value for name, value in kind.items() if name not in how}
    if "anarchist" in kind:
        made = AnarchistUnit(slots=2, constraint=unit["anarchist"])
        return Population(unit=made, units=3, **{**DENSE, "passage": "mixed"} | how)
    return Population(unit=unit_of({"slots": 3, "memory": 6, "hidden": 5} | unit), units=3, **DENSE | how)


def sequences_of(rng, loss, scored):
    count, steps = 12, 20
    lengths = rng.integers(steps // 2, steps + 1, count)
    targets = rng.normal(size=(count, steps, 2))
    if loss == "cross_entropy":
        targets = np.eye(2)[rng.integers(0, 2, (count, steps))]
    mask = np.ones((count, steps), bool)
    if scored == "last":
        mask = np.arange(steps) == lengths[:, None] - 1
    elif scored == "some":
        mask = rng.random((count, steps)) < 0.1
    inputs = rng.normal(size=(count, steps, 2))
    return {"inputs": inputs, "lengths": lengths, "targets": targets, "scored": mask}
