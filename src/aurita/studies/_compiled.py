"""Compiled programs of a long study: each takes some of the memory maps that a process may have, and ends it if none
is left.
"""

from pathlib import Path

from aurita._jax import jax, started

_MAPS = Path("/proc/self/maps")
_LIMIT = Path("/proc/sys/vm/max_map_count")
_SHARE = 0.4


def let_programs_go() -> bool:
    """Forget all compiled programs where they take much of what Linux allows; they are compiled again when needed.

    Returns:
        Whether they were forgotten; never where the system does not say.
    """
    if not started() or not (_MAPS.exists() and _LIMIT.exists()):
        return False
    with _MAPS.open("rb") as maps:
        taken = sum(1 for _ in maps)
    if taken < _SHARE * int(_LIMIT.read_text()):
        return False
    jax.clear_caches()
    return True
