"""Keys of random numbers, split and drawn from without JAX: threefry-2x32, bit for bit as JAX does it.

A key is two 32-bit words. Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
"""

import numpy as np

from aurita._jax import jax
from aurita._typing import Array, Float, Int, UInt

Key = Array
"""Two 32-bit words, or a key of JAX's."""

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = np.uint32(0x1BD11BDA)
_FEW, _ALL = 4, 0xFFFFFFFF


def new_key(seed: int) -> Key:
    """The key of a seed.

    Example:
        >>> new_key(7)
        array([0, 7], dtype=uint32)
    """
    return np.array([0, seed & 0xFFFFFFFF], np.uint32)


def split(key: object, count: int = 2) -> UInt[np.ndarray, "count 2"]:
    """Independent keys out of one.

    Example:
        >>> split(new_key(0)).shape
        (2, 2)
    """
    number = np.arange(count, dtype=np.uint32)
    return np.stack(_threefry(words(key), np.zeros_like(number), number), axis=1)


def folded(key: object, number: int) -> Key:
    """The key of a numbered turn.

    Example:
        >>> folded(new_key(0), 1).tolist() == folded(new_key(0), 2).tolist()
        False
    """
    number_words = np.array([number & 0xFFFFFFFF], np.uint32)
    return np.concatenate(_threefry(words(key), np.zeros(1, np.uint32), number_words))


def uniform(key: object, count: int) -> Float[np.ndarray, "count"]:
    """Numbers above 0 and below 1, in single precision.

    Example:
        >>> bool(0 < uniform(new_key(0), 1)[0] < 1)
        True
    """
    floats = ((_bits(key, count) >> np.uint32(9)) | np.uint32(0x3F800000)).view(np.float32) - np.float32(1)
    least = np.finfo(np.float32).tiny
    return np.maximum(least, floats * (np.float32(1) - least) + least)


def permuted(key: object, count: int) -> Int[np.ndarray, "count"]:
    """The first whole numbers in random order.

    Example:
        >>> sorted(permuted(new_key(0), 4).tolist())
        [0, 1, 2, 3]
    """
    found = np.arange(count)
    for _ in range(int(np.ceil(3 * np.log(max(1, count)) / np.log(0xFFFFFFFF)))):
        key, own = split(key)
        found = found[np.argsort(_bits(own, count), kind="stable")]
    return found


def integers(key: object, below: Int[np.ndarray, "count"]) -> Int[np.ndarray, "count"]:
    """Whole numbers from 0, each below a bound of its own.

    Example:
        >>> integers(new_key(0), np.array([1, 5, 5])).tolist()[0]
        0
    """
    spans = np.maximum(np.asarray(below), 1).astype(np.uint32)
    high, low = (_bits(one, len(spans)) for one in split(key))
    scale = np.uint32(2**16) % spans
    with np.errstate(over="ignore"):
        scale = scale * scale % spans
        return ((high % spans * scale + low % spans) % spans).astype(np.int32)


def categorical(key: object, logits: Float[np.ndarray, "choice"]) -> int:
    """One of some choices, drawn with the probabilities of their logits (Gumbel's maxima).

    Example:
        >>> categorical(new_key(0), np.array([-np.inf, 0.0], np.float32))
        1
    """
    with np.errstate(divide="ignore"):
        return int(np.argmax(logits - np.log(-np.log(uniform(key, len(logits))))))


def words(key: Array) -> Key:
    """The two words of a key, also of one of JAX's."""
    return np.asarray(key if isinstance(key, np.ndarray) else jax.random.key_data(key), np.uint32)


def as_jax(key: Key) -> Array:
    """The same key, or keys, for JAX's random functions."""
    return jax.random.wrap_key_data(jax.numpy.asarray(key, np.uint32), impl="threefry2x32")


def _bits(key: object, count: int) -> UInt[np.ndarray, "count"]:
    place = np.arange(count, dtype=np.uint32)
    first, second = _threefry(words(key), np.zeros_like(place), place)
    return first ^ second


def _threefry(key: Key, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if len(first) <= _FEW:
        pairs = [_of_two(int(key[0]), int(key[1]), *each) for each in zip(first.tolist(), second.tolist(), strict=True)]
        found = np.array(pairs, np.uint32)
        return found[:, 0], found[:, 1]
    schedule = (key[0], key[1], key[0] ^ key[1] ^ _PARITY)
    with np.errstate(over="ignore"):
        first, second = first + schedule[0], second + schedule[1]
        for turn in range(5):
            for rotation in _ROTATIONS[turn % 2]:
                first = first + second
                second = (second << np.uint32(rotation)) | (second >> np.uint32(32 - rotation))
                second = second ^ first
            first = first + schedule[(turn + 1) % 3]
            second = second + schedule[(turn + 2) % 3] + np.uint32(turn + 1)
    return first, second


def _of_two(key: int, other: int, first: int, second: int) -> tuple[int, int]:
    """The same of two words alone: arrays of a few take ten times as long."""
    schedule = (key, other, key ^ other ^ int(_PARITY))
    first, second = (first + schedule[0]) & _ALL, (second + schedule[1]) & _ALL
    for turn in range(5):
        for rotation in _ROTATIONS[turn % 2]:
            first = (first + second) & _ALL
            second = ((second << rotation) & _ALL | second >> (32 - rotation)) ^ first
        first = (first + schedule[(turn + 1) % 3]) & _ALL
        second = (second + schedule[(turn + 2) % 3] + turn + 1) & _ALL
    return first, second
