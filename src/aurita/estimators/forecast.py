"""What a forecaster answers, and how long it stayed true."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aurita._typing import Float

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Forecast:
    """A forecast of one series.

    Attributes:
        mean: `(H,)` or `(H, E)`, as the series was given.
        lower, upper: bounds of the intervals, of the same shape; None where none were asked for.
        level: share of the truth that the intervals are to cover, step by step.
        index: the steps forecast, where the series came with an index that can be continued.
        columns: names of the channels, where they have names.
        name: of the series, where it was one of many in a frame with two index levels.

    Example:
        >>> Forecast(np.array([1.0, 2.0]), None, None, None).to_frame()["mean"].tolist()
        [1.0, 2.0]
    """

    mean: Float[np.ndarray, "time *channel"]
    lower: Float[np.ndarray, "time *channel"] | None
    upper: Float[np.ndarray, "time *channel"] | None
    level: float | None
    index: "pd.Index | None" = None
    columns: list[str] | None = None
    name: str | int | float | None = None

    def __len__(self) -> int:
        return len(self.mean)

    def to_frame(self) -> "pd.DataFrame":
        """A table with the columns `mean`, `lower` and `upper`, under each channel's name if there are several."""
        import pandas as pd

        kinds = {"mean": self.mean, "lower": self.lower, "upper": self.upper}
        given = {kind: values for kind, values in kinds.items() if values is not None}
        if self.mean.ndim == 1:
            return pd.DataFrame(given, index=self.index)
        names = self.columns or [str(number) for number in range(self.mean.shape[1])]
        parts = {name: pd.DataFrame({k: v[:, i] for k, v in given.items()}) for i, name in enumerate(names)}
        frame = pd.concat(parts, axis=1)
        if self.index is not None:
            frame.index = self.index
        return frame
