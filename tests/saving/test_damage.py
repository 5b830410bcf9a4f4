"""Files that were cut, damaged, forged or never of aurita: a plain word, and nothing of them is run."""

import json
import os
import re
import struct
import sys
import tracemalloc

import numpy as np
import pytest
from forging import forged, node, rewritten
from safetensors.numpy import load as parse
from safetensors.numpy import save_file
from saved_models import X

from aurita import AuritaError, load


def test_truncated_anywhere(saved, tmp_path):
    content = (saved[0] / "regressor").read_bytes()
    for kept in (0, 5, 100, len(content) // 2, len(content) - 1):
        (tmp_path / "cut").write_bytes(content[:kept])
        with pytest.raises(AuritaError, match="truncated"):
            load(tmp_path / "cut")


def test_damaged_anywhere(saved, tmp_path):
    content = (saved[0] / "regressor").read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    # The length itself, names in the header, and numbers.
    for place in [*np.random.default_rng(1).integers(8, 8 + size, 20), 8 + size + 3, len(content) - 2]:
        broken = bytearray(content)
        broken[place] ^= 0x11
        (tmp_path / "broken").write_bytes(bytes(broken))
        with pytest.raises(AuritaError, match=r"damaged|truncated|no file of aurita's|upgrade"):
            load(tmp_path / "broken")


def test_foreign_files(tmp_path):
    (tmp_path / "text").write_text("no model, but a letter to whom it may concern")
    save_file({"weights": np.zeros(3)}, tmp_path / "safetensors", {"format": "pt"})
    np.save(tmp_path / "array.npy", np.zeros(3))
    for name in ("text", "safetensors", "array.npy"):
        with pytest.raises(AuritaError, match="no file of aurita's"):
            load(tmp_path / name)


def test_a_newer_format(saved, tmp_path):
    content = (saved[0] / "regressor").read_bytes()
    newer = rewritten(content, lambda _, header: header.update(format=99, version="7.0"))
    (tmp_path / "newer").write_bytes(newer)
    with pytest.raises(AuritaError, match=r"format 99, written by aurita 7\.0.*upgrade"):
        load(tmp_path / "newer")


@pytest.mark.parametrize(
    "change", [{"format": 1}, {"version": "0.0.9"}, {"version": None}, {"more": 1}, {"format": True}]
)
def test_format_and_version_are_guarded_too(saved, tmp_path, change):
    content = (saved[0] / "regressor").read_bytes()
    (tmp_path / "other").write_bytes(rewritten(content, lambda _, header: header.update(change)))
    with pytest.raises(AuritaError, match=r"damaged|upgrade"):
        load(tmp_path / "other")


def _offsets(described, name="a0", **entry):
    described[name].update(entry)


@pytest.mark.parametrize(
    "change",
    [
        lambda d, _: _offsets(d, data_offsets=[0]),
        lambda d, _: _offsets(d, data_offsets=[0, 1, 2]),
        lambda d, _: _offsets(d, data_offsets=[-8, 0]),
        lambda d, _: _offsets(d, data_offsets=[0, 10**15]),
        lambda d, _: _offsets(d, data_offsets=["0", "8"]),
        lambda d, _: _offsets(d, dtype="F8"),
        lambda d, _: _offsets(d, dtype=[]),
        lambda d, _: _offsets(d, shape=[10**9, 10**9]),
        lambda d, _: _offsets(d, shape=[-1]),
        lambda d, _: _offsets(d, shape="x"),
        lambda d, _: d.update(a0=None),
        lambda d, _: d["__metadata__"].update(other=3),
        lambda d, _: json.dumps({**d, "__metadata__": []}),
        lambda d, _: "{" + "[" * 100_000,
        lambda d, _: '{"a": ' * 3000,
        lambda d, _: json.dumps(d)[:-1] + ', "a0": {"dtype": "F64", "shape": [0], "data_offsets": [0, 0]}}',
    ],
)
def test_a_container_that_is_none(saved, tmp_path, change):
    (tmp_path / "odd").write_bytes(rewritten((saved[0] / "regressor").read_bytes(), change))
    with pytest.raises(AuritaError, match=r"damaged|truncated|no file of aurita's"):
        load(tmp_path / "odd")


HUGE = {"texts": {"values": ["a"], "dtype": "<U500000000", "shape": [1]}}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("regressor", lambda d, a: "[" * 2000 + "]" * 2000),
        ("regressor", lambda d, a: '{"tuple": [' * 300 + "]}" * 300),
        ("regressor", lambda d, a: '{"a": 1, "a": 1}'),
        ("regressor", lambda d, a: '{"float": NaN}'),
        ("regressor", lambda d, a: node(d, "Reservoir").update(inputs=10**9)),
        ("regressor", lambda d, a: node(d, "Reservoir").update(inputs=True)),
        ("regressor", lambda d, a: node(d, "Reservoir").update(feedback=10**12)),
        ("regressor", lambda d, a: node(d, "Reservoir").update(clock=[{"float": "nan"}])),
        ("regressor", lambda d, a: node(d, "Reservoir")["populations"][0]["dict"].update(units=10**9)),
        ("regressor", lambda d, a: node(d, "unit")["dict"].update(memory=10**9)),
        ("regressor", lambda d, a: node(d, "unit")["dict"].update(dilation=10**7)),
        ("regressor", lambda d, a: node(d, "unit")["dict"].update(slots="4")),
        ("regressor", lambda d, a: node(d, "Weights").update(rates=3)),
        ("regressor", lambda d, a: node(d, "fitted")["dict"].update(outputs_=7)),
        ("regressor", lambda d, a: node(d, "fitted")["dict"].update(score_="x", predict_=1) or "null and void"),
        ("classifier", lambda d, a: node(d, "fitted")["dict"].update(classes_=HUGE)),
        ("classifier", lambda d, a: node(d, "fitted")["dict"].update(readouts_=[])),
        ("classifier", lambda d, a: node(d, "parameters")["dict"].update(summary="times:1000000000")),
        ("classifier", lambda d, a: node(d, "parameters")["dict"].update(readout="logistic")),
        ("logistic", lambda d, a: node(d, "LogisticReadout")["config"]["dict"].update(labels="<U500000000")),
        ("forecaster", lambda d, a: node(d, "Plan").update(horizon=10**9)),
        ("forecaster", lambda d, a: node(d, "Frame").update(calendars=[])),
        ("forecaster", lambda d, a: node(d, "Calendar").update(step="fortnight")),
        ("forecaster", lambda d, a: node(d, "Calendar").update(zone="Nowhere/Land")),
        ("forecaster", lambda d, a: a.update(a1=a["a0"])),
        ("forecaster", lambda d, a: a.__delitem__("a0")),
        *[
            ("forecaster", lambda d, a, n=n: a.update({n: a[n].astype(complex).view(float)}))
            for n in ("a0", "a3", "a7")
        ],
    ],
)
def test_what_does_not_fit_together_is_refused_with_a_right_checksum(saved, tmp_path, name, change):
    path = tmp_path / "forged"
    path.write_bytes(forged((saved[0] / name).read_bytes(), change))
    tracemalloc.start()
    with pytest.raises(AuritaError, match="damaged"):
        load(path)
    assert tracemalloc.get_traced_memory()[1] < 64e6
    tracemalloc.stop()


@pytest.mark.parametrize("name", ["classifier", "logistic", "regressor", "forecaster"])
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_no_weight_that_is_none_becomes_a_prediction(saved, tmp_path, name, value):
    content = (saved[0] / name).read_bytes()
    # Of the weights of units, of passages, and of readouts, one each.
    weights = re.findall(r'"(a[0-9]+)"', json.dumps(forged_parts(content)))
    assert weights
    for array in dict.fromkeys(weights):

        def change(_, arrays, array=array):
            arrays[array] = arrays[array].copy()
            arrays[array].flat[0] = value

        given = parse(content)[array]
        # The weights of a regressor's readout are as large as its targets.
        if (
            given.dtype.kind != "f"
            or given.size == 0
            or (name == "regressor" and given.dtype == float and value == 1e30)
        ):
            continue
        (tmp_path / "forged").write_bytes(forged(content, change))
        with pytest.raises(AuritaError, match=r"NaN, infinite or absurdly large|leak rates"):
            load(tmp_path / "forged").predict(*((2, [0, 1]) if name == "forecaster" else (X,)))


def forged_parts(content):
    """Where a description names the arrays that numbers are multiplied by."""
    (size,) = struct.unpack("<Q", content[:8])
    described = json.loads(json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["aurita"])["object"])
    found, waiting = [], [described]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if "Weights" in node:
                found.append(node["Weights"])
            for readout in ("RidgeReadout", "CommitteeReadout", "LogisticReadout"):
                if readout in node:
                    found.append(node[readout]["arrays"]["dict"]["coef"])
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return found


def test_the_beginning_is_looked_at_before_the_rest_is_read(tmp_path):
    with (tmp_path / "large").open("wb") as file:
        file.write(b"no model")
        file.truncate(1 << 40)
    with pytest.raises(AuritaError, match="no file of aurita's"):
        load(tmp_path / "large")
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(AuritaError, match="a device, a pipe"):
            load(path)


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="there is no such file")
def test_a_file_that_refuses_to_be_read():
    with pytest.raises(AuritaError, match="cannot read /proc/self/mem"):
        load("/proc/self/mem")


@pytest.mark.parametrize(
    "change",
    [
        lambda d, a: node(d, "parameters")["dict"].update(readout="this:d"),
        lambda d, a: node(d, "parameters")["dict"].update(summary="this:d"),
        lambda d, a: node(d, "parameters")["dict"].update(summary={"this:d": {}}),
        lambda d, a: node(d, "parameters")["dict"].update(learning={"Learning": {"rule": "this:d"}}),
        lambda d, a: node(d, "parameters")["dict"].update(learning={"Learning": {"objective": "this:d"}}),
        lambda d, a: node(d, "Reservoir")["populations"][0]["dict"]["unit"]["dict"].update(type="this:d"),
    ],
)
def test_a_file_imports_no_module_that_it_names(saved, tmp_path, change, capsys):
    """`this` prints a poem where it is imported."""
    path = tmp_path / "forged"
    path.write_bytes(forged((saved[0] / "classifier").read_bytes(), change))
    with pytest.raises(AuritaError, match="module this, which is not imported; if you trust that code"):
        load(path)
    assert "this" not in sys.modules
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["readout", "summary"])
def test_a_file_names_nothing_of_what_is_imported_but_units_readouts_and_the_like(saved, tmp_path, name):
    def change(described, _):
        node(described, "parameters")["dict"][name] = "os:system"

    path = tmp_path / "forged"
    path.write_bytes(forged((saved[0] / "classifier").read_bytes(), change))
    with pytest.raises(AuritaError, match=r"os:system' is no (readout|summary); expected a subclass"):
        load(path)
