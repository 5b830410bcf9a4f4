"""Compiled programs are let go before the system ends the process for them."""

import gc

import jax
import jax.numpy as jnp
import pytest

from aurita.studies import compiled


def maps():
    with compiled._MAPS.open("rb") as lines:
        return sum(1 for _ in lines)


@pytest.mark.skipif(not compiled._MAPS.exists(), reason="the system does not tell its memory maps")
def test_programs_are_let_go_where_they_are_many(monkeypatch):
    monkeypatch.setattr(compiled, "_SHARE", 1.0)
    assert not compiled.let_programs_go()
    jax.clear_caches()
    gc.collect()
    before = maps()
    for number in range(40):
        jax.jit(lambda x, number=number: jnp.sin(x) @ x.T + number)(jnp.ones((number + 1, 3)))
    full = maps()
    assert full > before
    monkeypatch.setattr(compiled, "_SHARE", 0.0)
    assert compiled.let_programs_go()
    gc.collect()
    assert maps() - before < (full - before) / 2


def test_where_the_system_does_not_say_they_are_kept(monkeypatch, tmp_path):
    monkeypatch.setattr(compiled, "_MAPS", tmp_path / "none")
    assert not compiled.let_programs_go()
