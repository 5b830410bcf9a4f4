"""Words of messages: a number with what it counts, one or several, and its verb."""


def counted(number: int, one: str, several: str | None = None) -> str:
    """A number with its noun, and where it is given with the verb that follows.

    Args:
        number: how many.
        one: what follows 1.
        several: what follows any other number; None for `one` with an s.

    Example:
        >>> [counted(number, "row") for number in (0, 1, 2)]
        ['0 rows', '1 row', '2 rows']
        >>> counted(1, "series was", "series were")
        '1 series was'
    """
    if number == 1:
        return f"{number} {one}"
    return f"{number} {one + 's' if several is None else several}"


def were(number: int) -> str:
    """The verb after some of several.

    Example:
        >>> [f"{number} of 9 rows {were(number)} filled" for number in (1, 2)]
        ['1 of 9 rows was filled', '2 of 9 rows were filled']
    """
    return "was" if number == 1 else "were"
