"""The clock: sine and cosine of a step for each period, exact however many steps have gone by.

float32 counts whole steps up to 2^24 only. So the part of a turn that is done is counted in integers: a step adds
2^64 / period of the 2^64 parts of a turn, and what goes round is dropped by itself.
"""

import functools
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from aurita._jax import in_double, jnp
from aurita._typing import Array, Float, Int

_WORD = 16
_MASK = (1 << _WORD) - 1


def clock_at(periods: Sequence[float], when: Int[Array, "time batch"]) -> Float[Array, "time clock batch"]:
    """Values of the clock at some steps: a sine for each period, then a cosine for each.

    Args:
        periods: in steps, at least 1.
        when: numbers of steps, from 0 to 2^31 - 1.

    Example:
        >>> clock_at((4.0,), jnp.array([[1_000_000_001]]))[0, 0].tolist()
        [1.0]
    """
    words = jnp.asarray(_words(tuple(periods)))[:, None, :, None]
    when = when[:, None, :].astype(jnp.uint32)
    low, high = when & _MASK, when >> _WORD
    # The upper 32 of 64 bits of step times parts, of 16 bits at a time so that every product fits a word.
    carry = jnp.zeros_like(low)
    digits = []
    for place in range(4):
        total = carry
        rest = jnp.zeros_like(carry)
        for factor, word in ((low, place), (high, place - 1)):
            if word >= 0:
                product = factor * words[word]
                total = total + (product & _MASK)
                rest = rest + (product >> _WORD)
        digits.append(total & _MASK)
        carry = rest + (total >> _WORD)
    parts = (digits[3] << _WORD) | digits[2]
    # Signed, so that a turn goes from minus a half to a half and is finest around its beginning.
    real = np.float64 if in_double() else np.float32
    angle = parts.astype(jnp.int32).astype(real) * real(2 * np.pi / 2**32)
    return jnp.concatenate([jnp.sin(angle), jnp.cos(angle)], axis=1)


def parts_of_a_turn(period: float) -> int:
    """Parts of a turn, of 2^64, that a step adds."""
    return round(Fraction(2**64) / Fraction(period)) % 2**64


@functools.lru_cache
def _words(periods: tuple[float, ...]) -> Int[np.ndarray, "word period"]:
    """Parts of a turn that a step adds, 16 bits in each word, the lowest first."""
    parts = [parts_of_a_turn(period) for period in periods]
    found = [[(part >> (_WORD * place)) & _MASK for part in parts] for place in range(4)]
    return np.array(found, np.uint32).reshape(4, len(periods))
