"""An estimator that can be saved and shown."""

from dataclasses import fields, is_dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self

from aurita.errors import AuritaError
from aurita.fields import shown


class Saveable:
    """An estimator that can be saved, and that a notebook shows with its reservoirs."""

    def _repr_html_(self) -> str:
        from sklearn.utils import estimator_html_repr

        shown = [each for each in getattr(self, "reservoirs_", []) if each is not None]
        return estimator_html_repr(self) + "".join(each._repr_html_() for each in shown)

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, str]:
        del kwargs
        return {"text/plain": repr(self), "text/html": self._repr_html_()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name; a field of one that is a dataclass as `learning__steps=100`, which searches use too.

        Raises:
            AuritaError: a field of a parameter that has none, or not this one.
            ValueError: as scikit-learn raises it, a parameter that there is not.

        Example:
            >>> from aurita import Learning, ReservoirClassifier
            >>> ReservoirClassifier(learning=Learning(steps=9)).set_params(learning__steps=3).learning.steps
            3
        """
        whole = {name: value for name, value in params.items() if "__" not in name}
        inner: dict[str, dict[str, Any]] = {}
        for key, value in params.items():
            name, _, field = key.partition("__")
            held = whole.get(name, getattr(self, name, None))
            if not field or hasattr(held, "set_params") or not hasattr(self, name):
                whole[key] = value
                continue
            _check_field(name, held, field)
            inner.setdefault(name, {})[field] = value
        super().set_params(**whole)  # type: ignore[misc]
        for name, changes in inner.items():
            setattr(self, name, replace(getattr(self, name), **changes))
        return self

    def save(self, path: str | Path) -> None:
        """Write the model to one file, for `aurita.load` to read.

        Raises:
            AuritaError: the folder is missing, or cannot be written to.
        """
        from aurita.saving import save

        save(self, path)


def _check_field(name: str, held: object, field: str) -> None:
    if not is_dataclass(held):
        raise AuritaError(
            f"{name}__{field} sets a field of {name}, which is {shown(held)} and has no fields; pass an object "
            f"that has them as {name}, such as Learning(...), or the whole of {name}"
        )
    known = [one.name for one in fields(held)]
    if field not in known:
        near = get_close_matches(field, known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise AuritaError(f"{name} has no field {field!r}; {hint}fields: {', '.join(known)}")
