"""Compiled programs are let go before the system ends the process for them."""

import gc

import jax
import jax.numpy as jnp
import pytest

from aurita.studies import _compiled


def maps():
    with _compiled._MAPS.open("rb") as lines:
        return sum(1 for _ in lines)


@pytest.mark.skipif(not _compiled._MAPS.exists(), reason="the system does not tell its memory maps")
def test_programs_are_let_go_where_they_are_many(monkeypatch):
    monkeypatch.setattr(_compiled, "_SHARE", 1.0)
    assert not _compiled.let_programs_go()
    jax.clear_caches()
    gc.collect()
    before = maps()
    for number in range(40):
        jax.jit(lambda x, number=number: jnp.sin(x) @ x.T + number)(jnp.ones((number + 1, 3)))
    full = maps()
    assert full > before
    monkeypatch.setattr(_compiled, "_SHARE", 0.0)
    assert _compiled.let_programs_go()
    gc.collect()
    assert maps() - before < (full - before) / 2


def test_where_the_system_does_not_say_they_are_kept(monkeypatch, tmp_path):
    monkeypatch.setattr(_compiled, "_MAPS", tmp_path / "none")
    assert not _compiled.let_programs_go()
