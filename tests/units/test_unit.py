"""What all unit types share: descriptions that are saved and read, presets, halves."""

import json

import pytest

from aurita import (
    AnarchistUnit,
    AttentionUnit,
    AuritaError,
    BlockUnit,
    EchoUnit,
    attention_only_unit,
    feed_forward_unit,
    preset,
)
from aurita.units import PRESETS, unit_from_config


@pytest.mark.parametrize(
    "unit",
    [
        AttentionUnit(slots=3, horizons=(1, 4), shifted_keys=True, head_dim=2),
        BlockUnit(normalisation="rms"),
        EchoUnit(leak=(0.1, 0.5), slots=9),
        AnarchistUnit(constraint="whitened"),
    ],
)
def test_a_description_survives_json(unit):
    assert unit_from_config(json.loads(json.dumps(unit.config()))) == unit


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"type": "SpikingUnit"}, "unit type 'SpikingUnit' is unknown; expected one of AnarchistUnit, .*AttentionUnit"),
        ({}, "unit type 'None' is unknown"),
        ({"type": "EchoUnit", "radius": 1}, "a EchoUnit does not take these parameters: .*radius"),
        ({"type": "EchoUnit", "slots": 0}, "slots is 0; expected at least 1"),
    ],
)
def test_descriptions_of_no_unit(config, message):
    with pytest.raises(AuritaError, match=message):
        unit_from_config(config)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_can_be_changed(name):
    assert preset(name) == AttentionUnit(**PRESETS[name])
    assert preset(name, memory=3, clip=1.0).memory == 3


def test_no_such_preset():
    with pytest.raises(AuritaError, match="there is no preset 'speech'; expected one of forecast, memory, classify"):
        preset("speech")


@pytest.mark.parametrize("form", ["linear_head", "block"])
def test_halves(form):
    assert set(feed_forward_unit(form).feature_sizes()) == {"hidden"}
    assert set(attention_only_unit(form).feature_sizes()) == {"context"}


def test_no_such_form():
    with pytest.raises(
        AuritaError, match="there is no form 'ring' of an attention unit; expected linear_head or block"
    ):
        attention_only_unit("ring")
