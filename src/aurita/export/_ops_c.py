"""Arithmetic of arrays as loops of C; every array has a place of its own."""

from collections.abc import Sequence

import numpy as np

from aurita.export._ops import Body, Given, Ops, Value, shape_of
from aurita.export.c_source import Source

_KINDS = {
    **{"add": "{} + {}", "sub": "{} - {}", "mul": "{} * {}", "div": "{} / {}"},
    **{"min": "fmin({}, {})", "max": "fmax({}, {})", "less": "{} < {} ? 1.0 : 0.0", "where": "{} > 0.5 ? {} : {}"},
    **{"exp": "exp({})", "log": "log({})", "sqrt": "sqrt({})", "tanh": "tanh({})", "abs": "fabs({})"},
}
_REDUCED = {"sum": "{0} += {1};", "min": "{0} = fmin({0}, {1});", "max": "{0} = fmax({0}, {1});"}
_STARTS = {"sum": "0.0", "min": "HUGE_VAL", "max": "-HUGE_VAL"}


class COps(Ops):
    """Statements of a function.

    Args:
        source: where arrays are declared.
        own: beginning of their names.

    Attributes:
        lines: the statements.
    """

    def __init__(self, source: Source, own: str) -> None:
        self.source = source
        self.own = own
        self.lines: list[str] = []
        self._count = 0
        self._known: dict[tuple[tuple[int, ...], bytes], str] = {}

    def array(self, shape: tuple[int, ...]) -> Value:
        """An array to be written to."""
        self._count += 1
        name = f"{self.own}{self._count}"
        self.source.text(f"static double {name}[{max(int(np.prod(shape)), 1)}];")
        return Value(self, name, shape)

    def map(self, kind: str, *given: Given) -> Value:
        out = self.array(shape_of(*given))
        entries = [self._entry(one, out.shape) for one in given]
        self._over(out.shape, f"{self._at(out)} = {_KINDS[kind].format(*entries)};")
        return out

    def reduce(self, kind: str, value: Value, axis: int = -1) -> Value:
        axis %= len(value.shape)
        out = self.array((*value.shape[:axis], 1, *value.shape[axis + 1 :]))
        self._over(out.shape, f"{self._at(out)} = {_STARTS[kind]};")
        self._over(value.shape, _REDUCED[kind].format(self._entry(out, value.shape), self._at(value)))
        return out

    def take(self, value: Given, index: Sequence[int] | np.ndarray, axis: int = -1) -> Value:
        shape = list(shape_of(value))
        axis %= len(shape)
        known = (
            value if isinstance(value, Value) else Value(self, self._constant(np.asarray(value, float)), tuple(shape))
        )
        shape[axis] = len(index)
        out, places = self.array(tuple(shape)), np.asarray(index, int)
        place = f"i{axis}"
        if len(places) and (np.diff(places) == 1).all():
            place = f"(i{axis} + {places[0]})"
        elif len(set(places.tolist())) == 1:
            place = str(places[0])
        else:
            table = f"{out.name}_places"
            self.source.array(table, places, "int")
            place = f"{table}[i{axis}]"
        at = " + ".join(f"{place if d == axis else f'i{d}'} * {step}" for d, step in enumerate(_steps(known.shape)))
        self._over(out.shape, f"{self._at(out)} = {known.name}[{at}];")
        return out

    def joined(self, values: Sequence[Value]) -> Value:
        width = sum(one.shape[-1] for one in values)
        out, first = self.array((*values[0].shape[:-1], width)), 0
        for one in values:
            rows = int(np.prod(one.shape[:-1]))
            here = one.shape[-1]
            self.lines.append(
                f"for (int i = 0; i < {rows}; i++) for (int j = 0; j < {here}; j++) "
                f"{out.name}[i * {width} + {first} + j] = {one.name}[i * {here} + j];"
            )
            first += here
        return out

    def shaped(self, value: Value, shape: tuple[int, ...]) -> Value:
        return Value(self, value.name, shape)

    def product(self, value: Value, matrix: np.ndarray) -> Value:
        count, columns = matrix.shape
        out, name = self.array((*value.shape[:-1], columns)), self._constant(matrix)
        rows = int(np.prod(value.shape[:-1]))
        self.lines += [
            f"for (int i = 0; i < {rows}; i++) for (int j = 0; j < {columns}; j++) {{",
            "    double sum = 0.0;",
            f"    for (int k = 0; k < {count}; k++) sum += {value.name}[i * {count} + k] * {name}[k * {columns} + j];",
            f"    {out.name}[i * {columns} + j] = sum;",
            "}",
        ]
        return out

    def running(self, value: Value) -> Value:
        out, last = self.array(value.shape), value.shape[-1]
        self.lines += [
            f"for (int i = 0; i < {int(np.prod(value.shape[:-1]))}; i++) {{",
            "    double sum = 0.0;",
            f"    for (int j = i * {last}; j < (i + 1) * {last}; j++) {out.name}[j] = sum += {value.name}[j];",
            "}",
        ]
        return out

    def first_least(self, value: Value) -> Value:
        out, (rows, width) = self.array(value.shape), value.shape
        self.lines += [
            f"for (int i = 0; i < {rows}; i++) {{",
            "    int best = 0;",
            f"    for (int j = 1; j < {width}; j++)",
            f"        if ({value.name}[i * {width} + j] < {value.name}[i * {width} + best]) best = j;",
            f"    for (int j = 0; j < {width}; j++) {out.name}[i * {width} + j] = j == best;",
            "}",
        ]
        return out

    def smallest(self, value: Value, place: int) -> Value:
        rows, width = value.shape
        out = self.array((rows, 1))
        self.lines += [
            f"for (int i = 0; i < {rows}; i++) for (int j = 0; j < {width}; j++) {{",
            f"    const double *x = {value.name} + i * {width};",
            "    int below = 0, equal = 0;",
            f"    for (int k = 0; k < {width}; k++) below += x[k] < x[j], equal += x[k] == x[j];",
            f"    if (below <= {place} && {place} < below + equal) {out.name}[i] = x[j];",
            "}",
        ]
        return out

    def autocovariances(self, value: Value, lags: int) -> Value:
        rows, steps = value.shape
        out = self.array((rows, lags))
        self.lines += [
            f"for (int i = 0; i < {rows}; i++) for (int k = 0; k < {lags}; k++) {{",
            "    double sum = 0.0;",
            f"    const double *x = {value.name} + i * {steps};",
            f"    for (int t = 0; t + k < {steps}; t++) sum += x[t] * x[t + k];",
            f"    {out.name}[i * {lags} + k] = sum;",
            "}",
        ]
        return out

    def moments(self, value: Value, order: int) -> Value:
        rows, steps = value.shape
        out = self.array((rows, order, order + 1))
        last = f"{order - 1} - l"
        self.lines += [
            f"for (int i = 0; i < {rows}; i++) for (int k = 0; k < {order}; k++) for (int l = 0; l <= {order}; l++) {{",
            "    double sum = 0.0;",
            f"    int one = i * {steps} + {order - 1} - k, other = i * {steps} + (l < {order} ? {last} : {order});",
            f"    for (int t = 0; t < {steps - order}; t++) sum += {value.name}[one + t] * {value.name}[other + t];",
            f"    {out.name}[(i * {order} + k) * {order + 1} + l] = sum;",
            "}",
        ]
        return out

    def solved(self, system: Value) -> Value:
        rows, order, wide = system.shape
        out, name = self.array((rows, order)), system.name
        # Gauss and Jordan's elimination: without pivots, as the matrices are positive.
        self.lines += [
            f"for (int i = 0; i < {rows}; i++) {{",
            f"    double *m = {name} + i * {order * wide};",
            f"    for (int k = 0; k < {order}; k++) {{",
            f"        double pivot = m[k * {wide} + k];",
            f"        for (int j = 0; j < {wide}; j++) m[k * {wide} + j] /= pivot;",
            f"        for (int r = 0; r < {order}; r++) {{",
            f"            double factor = m[r * {wide} + k];",
            f"            for (int j = 0; r != k && j < {wide}; j++) m[r * {wide} + j] -= factor * m[k * {wide} + j];",
            "        }",
            "    }",
            f"    for (int k = 0; k < {order}; k++) {out.name}[i * {order} + k] = m[k * {wide} + {order}];",
            "}",
        ]
        return out

    def looped(
        self, carry: Sequence[Value], body: Body, *, steps: int, columns: Value | None = None
    ) -> tuple[list[Value], Value | None]:
        now = [self.array(one.shape) for one in carry]
        for one, first in zip(now, carry, strict=True):
            self._copied(one, first)
        rows, outside = (carry[0] if columns is None else columns).shape[0], self.lines
        self.lines, column = [], None
        if columns is not None:
            column = self.array((rows, 1))
            self.lines.append(
                f"for (int i = 0; i < {rows}; i++) {column.name}[i] = {columns.name}[i * {steps} + step];"
            )
        after, out = body(now, column)
        shown = None
        if out is not None:
            shown = self.array((out.shape[0], steps))
            self.lines.append(
                f"for (int i = 0; i < {out.shape[0]}; i++) {shown.name}[i * {steps} + step] = {out.name}[i];"
            )
        for one, new in zip(now, after, strict=True):
            self._copied(one, new)
        inside, self.lines = self.lines, outside
        self.lines += [f"for (int step = 0; step < {steps}; step++) {{", *(f"    {line}" for line in inside), "}"]
        return now, shown

    def _copied(self, to: Value, value: Value) -> None:
        if to.name != value.name:
            self.lines.append(f"memcpy({to.name}, {value.name}, sizeof({to.name}));")

    def _over(self, shape: tuple[int, ...], statement: str) -> None:
        """A statement for every entry, numbered by i0, i1 and so on."""
        loops = " ".join(f"for (int i{d} = 0; i{d} < {size}; i{d}++)" for d, size in enumerate(shape))
        self.lines.append(f"{loops} {statement}".strip())

    def _at(self, value: Value) -> str:
        return self._entry(value, value.shape)

    def _entry(self, given: Given, shape: tuple[int, ...]) -> str:
        """The entry of a value that broadcasts to a shape."""
        if not isinstance(given, Value):
            array = np.asarray(given, float)
            if array.size == 1:
                return _number(float(array.ravel()[0]))
            given = Value(self, self._constant(array), array.shape)
        skipped = len(shape) - len(given.shape)
        terms = [
            f"i{d + skipped} * {step}"
            for d, (size, step) in enumerate(zip(given.shape, _steps(given.shape), strict=True))
            if size > 1
        ]
        return f"{given.name}[{' + '.join(terms) or '0'}]"

    def _constant(self, array: np.ndarray) -> str:
        known = (array.shape, array.tobytes())
        if known not in self._known:
            self._known[known] = f"{self.own}c{len(self._known)}"
            self.source.array(self._known[known], array, "double")
        return self._known[known]


def _steps(shape: tuple[int, ...]) -> list[int]:
    """How far apart entries along each axis lie."""
    return [int(np.prod(shape[d + 1 :])) for d in range(len(shape))]


def _number(value: float) -> str:
    if not np.isfinite(value):
        return {np.inf: "HUGE_VAL", -np.inf: "-HUGE_VAL"}.get(value, "NAN")
    return f"({value!r})" if value < 0 else repr(value)
