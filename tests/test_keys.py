"""Keys are split as JAX splits its own, bit for bit."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita._keys import as_jax, categorical, folded, new_key, split, uniform, words


@settings(deadline=None, max_examples=30)
@given(st.integers(-(2**31), 2**32 - 1), st.integers(1, 40))
def test_keys_are_those_of_jax(seed, count):
    theirs = jax.random.split(jax.random.key(seed), count)
    np.testing.assert_array_equal(split(new_key(seed), count), jax.random.key_data(theirs))
    np.testing.assert_array_equal(
        split(split(new_key(seed), count)[-1]), jax.random.key_data(jax.random.split(theirs[-1]))
    )


@pytest.mark.parametrize("seed", [0, 2**40 + 5])
def test_keys_go_to_jax_and_back(seed):
    key = new_key(seed)
    assert jax.random.normal(as_jax(key)) == jax.random.normal(jax.random.key(seed))
    np.testing.assert_array_equal(words(as_jax(key)), key)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_what_is_drawn_is_what_jax_draws(seed, count):
    key, theirs = new_key(seed), jax.random.key(seed)
    np.testing.assert_array_equal(folded(key, count), jax.random.key_data(jax.random.fold_in(theirs, count)))
    numbers = jax.random.uniform(theirs, (count,), minval=np.finfo(np.float32).tiny)
    np.testing.assert_array_equal(uniform(key, count), numbers)
    logits = np.random.default_rng(seed).normal(size=count).astype(np.float32)
    assert categorical(key, logits) == int(jax.random.categorical(theirs, logits))


def test_keys_go_to_jax_whatever_generator_it_is_set_to():
    expected = jax.random.normal(as_jax(new_key(5)), (3,))
    with jax.default_prng_impl("rbg"):
        np.testing.assert_array_equal(jax.random.normal(as_jax(new_key(5)), (3,)), expected)
