"""Tables of a study as Markdown, LaTeX, CSV or Parquet."""

from pathlib import Path

import pandas as pd

from aurita.errors import AuritaError, require
from aurita.io.writing import write_whole


def render(frame: pd.DataFrame, form: str = "markdown") -> str:
    """A table as text, without its index.

    Args:
        frame: any table.
        form: "markdown", "latex" (an environment `tabular` with the rules of booktabs) or "csv".

    Returns:
        The text, with a newline at its end. CSV holds all digits, the others four significant ones and "-" for what is
        missing.

    Raises:
        AuritaError: another form.

    Example:
        >>> print(render(pd.DataFrame({"model": ["esn"], "mse": [0.123456]})), end="")
        | model | mse |
        |---|---|
        | esn | 0.1235 |
    """
    if form == "csv":
        return frame.to_csv(index=False)
    if form == "markdown":
        return _markdown(frame)
    if form == "latex":
        return _latex(frame)
    raise AuritaError(f"form {form!r} is unknown; choose markdown, latex or csv")


def write(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a table; the suffix says how: .csv, .parquet, .tex or .md.

    Args:
        frame: any table.
        path: the file; an existing one is replaced in one piece, or not at all.

    Raises:
        AuritaError: another suffix, a path that cannot be written, no library for Parquet.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write(pd.DataFrame({"a": [1]}), Path(folder, "table.csv"))
        ...     Path(folder, "table.csv").read_text()
        'a\\n1\\n'
    """
    target = Path(path)
    form = {".csv": "csv", ".tex": "latex", ".md": "markdown"}.get(target.suffix)
    if target.suffix == ".parquet":
        require("pyarrow", "studies", "writing Parquet")
        content = frame.to_parquet(index=False)
    elif form is not None:
        content = render(frame, form).encode()
    else:
        raise AuritaError(f"suffix {target.suffix!r} of {target} is unknown; choose .csv, .parquet, .tex or .md")
    write_whole(target, content)


def _cells(frame: pd.DataFrame) -> list[list[str]]:
    """Header and body as text."""

    def cell(value: object) -> str:
        if pd.isna(value):  # type: ignore[call-overload]
            return "-"
        return f"{value:.4g}" if isinstance(value, float) else str(value)

    body = [[cell(value) for value in row] for row in frame.astype(object).itertuples(index=False)]
    return [list(map(str, frame.columns)), *body]


def _markdown(frame: pd.DataFrame) -> str:
    lines = ["| " + " | ".join(value.replace("|", "\\|") for value in row) + " |" for row in _cells(frame)]
    lines.insert(1, "|" + "---|" * frame.shape[1])
    return "\n".join(lines) + "\n"


def _latex(frame: pd.DataFrame) -> str:
    special = str.maketrans(
        {c: f"\\{c}" for c in "&%$#_{}"}
        | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    )
    header, *body = (" & ".join(value.translate(special) for value in row) + r" \\" for row in _cells(frame))
    kinds = "".join("r" if pd.api.types.is_numeric_dtype(kind) else "l" for kind in frame.dtypes)
    rules = [rf"\begin{{tabular}}{{{kinds}}}", r"\toprule", header, r"\midrule"]
    return "\n".join([*rules, *body, r"\bottomrule", r"\end{tabular}"]) + "\n"
