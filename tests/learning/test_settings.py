"""Settings of learning: what they refuse, and that they can be saved."""

import json

import pytest

from aurita import AuritaError, Learning
from aurita.learning.settings import without_old


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"objective": "win"}, "objective is 'win'; expected one of 'self', 'target', 'mixed', 'frozen'"),
        ({"rule": "best"}, "rule is 'best'; expected one of 'all', 'largest', 'spaced', 'proportional', 'random'"),
        ({"loss": "hinge"}, "loss is 'hinge'; expected one of 'squares', 'cross_entropy'"),
        ({"optimiser": "newton"}, "optimiser is 'newton'; expected one of 'adam', 'rmsprop', 'lion', 'sgd'"),
        ({"steps": -1}, "steps is -1; expected at least 0"),
        ({"batch": 0}, "batch is 0; expected at least 1"),
        ({"spacing": 0}, "spacing is 0"),
        ({"segment": 1}, "segment is 1; expected at least 2"),
        ({"washout": 200}, "washout is 200 and segment is 200; expected a shorter washout"),
        ({"learning_rate": -0.1}, "learning_rate is -0.1"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"clip": 0}, "clip is 0"),
        ({"l2": -1}, "l2 is -1"),
        ({"weight_decay": -1}, "weight_decay is -1"),
        ({"input_noise": -1}, "input_noise is -1"),
        ({"patience": 0}, "patience is 0"),
        ({"fan_in": 0}, "fan_in is 0; expected at least 1"),
        ({"adjust_every": 0}, "adjust_every is 0; expected at least 1"),
        ({"patience": 5, "held_out": 1.0}, "held_out is 1.0; expected a fraction between 0 and 1"),
    ],
)
def test_wrong_settings(wrong, message):
    with pytest.raises(AuritaError, match=message):
        Learning(**wrong)


def test_settings_of_old_files_are_left_out_and_named_where_they_mattered():
    old = {"share": 1.0, "prune_by": "loss", "regrow": 0.3, "regrow_by": "gradient"}
    new = Learning(l2=0.1).config()
    assert without_old({**new, **old}) == new
    with pytest.warns(UserWarning, match="'share': 0.5"):
        assert without_old({**new, **old, "share": 0.5}) == new
    with pytest.warns(UserWarning, match="'regrow': 0.3"):
        without_old({**new, **old, "fan_in": 3})


def test_settings_survive_json():
    settings = Learning(objective="mixed", patience=50, l2=0.1)
    assert Learning(**json.loads(json.dumps(settings.config()))) == settings
