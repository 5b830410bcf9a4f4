"""The page: what stands in it, its size, and pages of bad input."""

import base64
import gzip
import json
import re

import numpy as np
import pytest

from aurita import AttentionUnit, AuritaError, Population, Reservoir
from aurita.pictures import model_view, page, paging, states_from, write_page
from aurita.pictures._blobs import Blob


def contents(html):
    return json.loads(re.search(r'id="contents">(.*?)</script>', html, re.S).group(1))


def blob(html, name):
    text = re.search(f'id="blob-{name}">(.*?)</script>', html, re.S).group(1)
    return gzip.decompress(base64.b64decode(text))


def read(html, place):
    kinds = {"u8": np.uint8, "u16": np.uint16, "i32": np.int32, "f32": np.float32}
    return np.frombuffer(blob(html, place["blob"]), kinds[place["type"]], place["n"], place["at"])


def test_numbers_come_back_to_a_65_thousandth_of_their_range():
    values = np.append(np.random.default_rng(0).normal(size=101), np.nan)
    packed = Blob("b")
    packed.categories(np.array([0, 2, -1]))
    place = packed.numbers(values)
    raw = gzip.decompress(base64.b64decode(packed.text()))
    codes = np.frombuffer(raw, np.uint16, place["n"], place["at"])
    assert place["at"] % 4 == 0
    assert codes[-1] == 65535
    back = place["lo"] + codes[:-1] * (place["hi"] - place["lo"]) / 65534
    np.testing.assert_allclose(back, values[:-1], atol=(place["hi"] - place["lo"]) / 65534)
    assert np.frombuffer(raw, np.uint8, 3).tolist() == [0, 2, 255]


def test_a_page_of_a_model_holds_all_of_it_and_asks_for_nothing(classifier, sequences):
    shown = model_view(classifier, *sequences, title="waves")
    html = page(shown, title="waves & <tides>")
    assert "waves &amp; &lt;tides>" in html
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", html)
    held = contents(html)["models"][0]
    assert held["n"] == len(shown.states)
    assert [one["name"] for one in held["columns"]][:2] == ["target", "answer so far"]
    target = next(one for one in held["columns"] if one["name"] == "target")
    np.testing.assert_array_equal(read(html, target["data"]), shown.states.target.values)
    place = held["planes"][0]["x"]
    expected = shown.embeddings["between classes"].apply(shown.states.values)[:, 0]
    found = place["lo"] + read(html, place) * (place["hi"] - place["lo"]) / 65534
    np.testing.assert_allclose(found, expected, atol=(place["hi"] - place["lo"]) / 60000)
    assert {one["question"] for one in held["story"]} >= {"Which?", "When?", "Who?"}
    assert sum(map(sum, held["confusions"]["counts"])) == len(sequences[0])
    titles = [one["title"] for one in held["charts"]]
    assert "What units explain of the target, and when" in titles
    assert "Local losses" in titles


def test_the_same_model_makes_the_same_page(classifier, sequences):
    assert page(model_view(classifier, *sequences)) == page(model_view(classifier, *sequences))


def test_states_of_forty_units_take_less_than_150_bytes_each(monkeypatch):
    """A hundred thousand of them stay below 15 megabytes, a budget that is divided by 25 here."""
    monkeypatch.setattr(paging, "BUDGET", paging.BUDGET // 25)
    rng = np.random.default_rng(0)
    reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=4), units=40, receives="inputs")], inputs=6)
    X = list(rng.normal(size=(40, 100, 6)))
    html = page(model_view(reservoir, X, [np.full(100, k % 4) for k in range(40)]))
    held = contents(html)["models"][0]
    assert held["n"] == 4_000
    empty = page(model_view(reservoir, X[:1], [np.zeros(100)]))
    assert len(html) - len(empty) < 150 * 4_000
    assert any("leaves out" in note for note in held["notes"])


@pytest.mark.parametrize(
    "given",
    [
        np.ones((1, 3)),
        np.full((50, 3), 2.0),
        np.vstack([np.ones((5, 3)), np.full((1, 3), np.nan)]),
        np.random.default_rng(0).normal(size=(40, 1)),
    ],
    ids=["one state", "constant", "a hole", "one feature"],
)
def test_bad_input_has_a_page_that_says_what_is_missing(given):
    html = page(model_view(states_from(given)))
    held = contents(html)["models"][0]
    assert held["n"] == np.isfinite(given).all(axis=1).sum()
    assert bool(held["notes"]) == bool(np.isnan(given).any())


def test_no_page_without_a_model_and_none_for_three(tmp_path):
    one = model_view(states_from(np.ones((3, 2))))
    with pytest.raises(AuritaError, match="0 models"):
        page([])
    with pytest.raises(AuritaError, match="3 models"):
        write_page(tmp_path / "p.html", [one, one, one])
    with pytest.raises(AuritaError, match="no folder"):
        write_page(tmp_path / "missing" / "p.html", one)


@pytest.mark.parametrize(
    "name", ["{{SCRIPT}}", "{{CONTENTS}}", "{{TITLE}}", "</script><script>alert(1)</script>", "<!--"]
)
def test_names_are_data_whatever_they_look_like(name):
    rng = np.random.default_rng(0)
    plain, named = (
        page(model_view(states_from(rng.normal(size=(12, 3)), labels=[label, "b"] * 6, title=label)), title=label)
        for label in ("plain", name)
    )
    assert contents(named)["title"] == name
    assert contents(named)["models"][0]["title"] == name
    assert re.findall(r"</?script", named) == re.findall(r"</?script", plain)
    script = "<script>\n(.*?)\n</script>"
    assert re.findall(script, named, re.S) == re.findall(script, plain, re.S)
