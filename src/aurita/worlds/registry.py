"""Worlds by name: `repeat_previous/easy`, `tmaze/30/passive`, `mylib:Maze`, or an id of Gymnasium."""

from collections.abc import Callable
from difflib import get_close_matches
from inspect import signature

from aurita._registry import Registry, imported
from aurita._words import counted
from aurita.errors import AuritaError
from aurita.worlds.world import World

WORLDS: Registry[Callable[..., World]] = Registry("world", callable, "a function that makes a World")
"""What makes each world, a class or a function; it takes `envs` by name."""


def world_named(name: str, envs: int = 1) -> World:
    """Make a world by its name.

    Args:
        name: a key of `WORLDS`, its first arguments after slashes (`memory_length/30`), a switch by its name
            (`tmaze/30/passive`, `cartpole/velocities`); `module:Name` of a World, or of what makes one of `envs`;
            or an id that Gymnasium knows, such as `Acrobot-v1`.
        envs: how many copies run side by side.

    Returns:
        The world.

    Raises:
        AuritaError: an unknown name (the nearest ones are listed), more arguments than the world takes, or one that it
            refuses.

    Example:
        >>> world_named("tmaze/30/passive", envs=8).observation_size
        2
    """
    if ":" in name:
        return as_world(imported(name), envs)
    first, *rest = name.split("/")
    if first in WORLDS:
        return _made(name, WORLDS[first], rest, envs)
    if "-v" in name:
        from aurita.worlds.gymnasium import GymnasiumWorld

        return GymnasiumWorld(name, envs)
    near = get_close_matches(first, WORLDS, n=1, cutoff=0.5)
    raise AuritaError(
        f"world {name!r} is unknown; expected one of {', '.join(WORLDS)}"
        + (f" (did you mean {near[0]!r}?)" if near else "")
        + ", an id of Gymnasium such as CartPole-v1, or module:Name"
    )


def as_world(environment: object, envs: int = 1) -> World:
    """A world from its name, or from an object that makes one.

    Args:
        environment: a World, which is handed through with as many copies as it has; a name, as in `world_named`; a
            vector environment of Gymnasium, with as many copies as it has; a subclass of World; or a function that
            makes a World or one environment of Gymnasium, and is called once a copy for the latter.
        envs: how many copies, where that is free.

    Raises:
        AuritaError: none of these.

    Example:
        >>> from aurita.worlds import Pendulum
        >>> as_world(Pendulum, envs=4).envs, as_world("pendulum", envs=4).envs, as_world(Pendulum(envs=2), envs=4).envs
        (4, 4, 2)
    """
    if isinstance(environment, World):
        return environment
    if isinstance(environment, str):
        return world_named(environment, envs)
    if isinstance(environment, type) and issubclass(environment, World):
        return environment(envs=envs)  # type: ignore[call-arg]
    if callable(environment):
        try:
            signature(environment).bind()
        except TypeError as error:
            raise AuritaError(f"{environment!r} is called without arguments, and has one: {error}") from None
        made = environment()
        if isinstance(made, World):
            return made if made.envs == envs else made.copies(envs)
        from aurita.worlds.gymnasium import GymnasiumWorld

        return GymnasiumWorld(environment, envs)
    from aurita.worlds.gymnasium import GymnasiumWorld

    return GymnasiumWorld(environment, envs)


def _made(name: str, maker: Callable[..., World], parts: list[str], envs: int) -> World:
    free = [p for p in signature(maker).parameters.values() if p.name != "envs"]
    switches = {p.name for p in free if isinstance(p.default, bool)}
    options: dict[str, object] = {part: True for part in parts if part in switches}
    values = [int(part) if part.isdecimal() else part for part in parts if part not in switches]
    if len(values) > len(free):
        raise AuritaError(f"world {name!r} has {counted(len(values), 'value')} after slashes, it takes {len(free)}")
    try:
        return maker(**dict(zip([p.name for p in free], values, strict=False)), **options, envs=envs)
    except TypeError as error:
        raise AuritaError(f"world {name!r} cannot be made: {error}") from None
