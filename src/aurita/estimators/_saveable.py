"""An estimator that can be saved and shown."""

from pathlib import Path


class Saveable:
    """An estimator that can be saved, and that a notebook shows with its reservoirs."""

    def _repr_html_(self) -> str:
        from sklearn.utils import estimator_html_repr

        shown = [each for each in getattr(self, "reservoirs_", []) if each is not None]
        return estimator_html_repr(self) + "".join(each._repr_html_() for each in shown)

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, str]:
        del kwargs
        return {"text/plain": repr(self), "text/html": self._repr_html_()}

    def save(self, path: str | Path) -> None:
        """Write the model to one file, for `aurita.load` to read.

        Raises:
            AuritaError: the folder is missing, or cannot be written to.
        """
        from aurita.saving import save

        save(self, path)
