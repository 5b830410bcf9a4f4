"""The one error that aurita raises at its doors: what was given, what was expected, what to do."""

from importlib import import_module
from types import ModuleType


class AuritaError(ValueError):
    """Input that aurita cannot work with.

    The message says what was given, what was expected and what to do about it. It is a `ValueError`, so code that
    guards scikit-learn estimators guards these too.

    Example:
        >>> from aurita import AuritaError
        >>> issubclass(AuritaError, ValueError)
        True
    """


class AuritaTypeError(AuritaError, TypeError):
    """An `AuritaError` for values that cannot become numbers at all; a `TypeError` too, as numpy has it."""


def require(module: str, extra: str, purpose: str) -> ModuleType:
    """Import an optional library, or say which extra brings it.

    Args:
        module: dotted name of the module to import.
        extra: the extra of aurita that installs it.
        purpose: what it is needed for, the subject of the message.

    Returns:
        The imported module.

    Raises:
        AuritaError: the library is not installed.

    Example:
        >>> require("json", "data", "reading JSON").__name__
        'json'
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not (module == error.name or module.startswith(error.name + ".")):
            raise
        raise AuritaError(
            f"{purpose} needs the library {error.name}, which is not installed; run: pip install 'aurita[{extra}]'"
        ) from None
