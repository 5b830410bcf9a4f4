"""The text of a C file in the making: constants, states and what resets them."""

import numpy as np

_LINE = 100


class Source:
    """The text of a C file in the making.

    Args:
        real: number format of the units, float32 or float64.

    Attributes:
        resets: statements that bring all states to their start.
    """

    def __init__(self, real: type) -> None:
        self.real = real
        self.resets: list[str] = []
        self._parts: list[str] = []

    def text(self, text: str) -> None:
        """Add some lines."""
        self._parts.append(text)

    def function(self, signature: str, body: list[str]) -> None:
        """Add a public function, declared first."""
        self.text("\n".join([f"{signature};", signature, "{", *body, "}\n"]))

    def finished(self) -> str:
        """The whole text."""
        return "\n".join(self._parts)

    def array(self, name: str, values: np.ndarray, kind: str = "real") -> None:
        """Add a constant array, in C order."""
        if kind == "int":
            numbers = [str(int(value)) for value in values.ravel()]
        elif kind == "double" or (kind == "real" and self.real is np.float64):
            numbers = [f"{value:.17e}" for value in values.ravel()]
        else:
            numbers = [f"{value:.9e}f" for value in values.ravel()]
        lines, line = [], "   "
        for number in numbers:
            if len(line) + len(number) > _LINE:
                lines.append(line)
                line = "   "
            line += f" {number},"
        self.text(f"static const {kind} {name}[{max(values.size, 1)}] = {{\n" + "\n".join([*lines, line]) + "\n};")

    def state(self, name: str, start: np.ndarray, kind: str = "real") -> None:
        """Add a state and what resets it."""
        self.text(f"static {kind} {name}[{start.size}];")
        if np.any(start):
            self.array(f"{name}_start", start, kind)
            self.resets.append(f"memcpy({name}, {name}_start, sizeof({name}));")
        else:
            self.resets.append(f"memset({name}, 0, sizeof({name}));")
