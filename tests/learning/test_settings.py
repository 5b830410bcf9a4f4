"""Settings of learning: what they refuse, and that they can be saved."""

import json
from dataclasses import fields

import pytest

from aurita import AuritaError, Learning
from aurita.learning import EarlyStopping, Optimiser, Passages, Spaced
from aurita.learning.settings import from_flat


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"objective": "win"}, "objective 'win' is unknown; expected one of self, target, mixed, reward, frozen"),
        ({"rule": "best"}, "rule 'best' is unknown; expected one of all, largest, spaced, proportional, random"),
        ({"loss": "hinge"}, "loss is 'hinge'; expected one of 'squares', 'cross_entropy'"),
        ({"optimiser": "newton"}, "optimiser is 'newton'; expected one of 'adam', 'rmsprop', 'lion', 'sgd'"),
        ({"steps": -1}, "steps is -1; expected at least 0"),
        ({"batch": 0}, "batch is 0; expected at least 1"),
        ({"rule": {"type": "spaced", "spacing": 0}}, "spacing is 0"),
        ({"segment": 1}, "segment is 1; expected at least 2"),
        ({"washout": 200}, "washout is 200 and segment is 200; expected a shorter washout"),
        ({"learning_rate": -0.1}, "learning_rate is -0.1"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"optimiser": {"clip": 0}}, "clip is 0"),
        ({"l2": -1}, "l2 is -1"),
        ({"weight_decay": -1}, "weight_decay is -1"),
        ({"input_noise": -1}, "input_noise is -1"),
        ({"stopping": {"patience": 0}}, "patience is 0"),
        ({"passages": {"fan_in": 0}}, "fan_in is 0; expected at least 1"),
        ({"passages": {"every": 0}}, "every is 0; expected at least 1"),
        ({"stopping": {"patience": 5, "held_out": 1.0}}, "held_out is 1.0; expected a fraction between 0 and 1"),
    ],
)
def test_wrong_settings(wrong, message):
    with pytest.raises(AuritaError, match=message):
        Learning(**wrong)


def test_settings_of_old_files_are_put_in_groups_and_those_that_are_no_more_are_named_where_they_mattered():
    flat = {"objective": "mixed", "rule": "spaced", "by": "progress", "spacing": 3, "optimiser": "sgd", "clip": 0.5}
    flat |= {"decay": False, "patience": 7, "held_out": 0.2, "fan_in": 3, "aligned": False, "adjust_every": 9}
    new = Learning(
        objective="mixed",
        rule=Spaced(by="progress", spacing=3),
        optimiser=Optimiser(name="sgd", clip=0.5, decay=False),
        stopping=EarlyStopping(patience=7, held_out=0.2),
        passages=Passages(fan_in=3, every=9),
    )
    old = {"share": 1.0, "prune_by": "loss", "regrow": 0.0, "regrow_by": "gradient", "age_bias_rate": 10.0}
    assert Learning(**from_flat({**flat, **old})) == new
    assert Learning(**from_flat({"rule": "all", "by": "loss", "spacing": 2, "patience": None, "held_out": 0.1})) == (
        Learning()
    )
    for name, value in (("share", 0.5), ("regrow", 0.3), ("age_bias_rate", 1.0)):
        with pytest.warns(UserWarning, match=f"'{name}': {value}"):
            from_flat({**flat, **old, name: value})


def test_settings_survive_json():
    settings = Learning(objective="mixed", rule=Spaced(spacing=3), stopping=EarlyStopping(), l2=0.1)
    assert Learning(**json.loads(json.dumps(settings.config()))) == settings


def test_there_are_few_settings():
    assert len(fields(Learning)) <= 16
