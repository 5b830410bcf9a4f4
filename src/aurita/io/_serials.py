"""Times written as numbers: epochs, dates of six or eight digits, spreadsheet serials, years with a fraction."""

import numpy as np

from aurita.io._moments import NO_TIME, choose, moments, parts_of_years, six_digits

_EPOCHS = {
    "seconds": (1e8, 10**9),
    "milliseconds": (1e11, 10**6),
    "microseconds": (1e14, 10**3),
    "nanoseconds": (1e17, 1),
}
_SPAN = 50
_YEARS = (1800, 2200)
# Epochs in seconds and milliseconds of today begin with smaller numbers.
_CENTURIES = (1900, 2100)
# Days of 1927 and of 2119 in a spreadsheet; smaller and larger numbers are rather quantities.
_SERIALS = (10_000, 80_000)
_SERIAL_KINDS = ("time", "day", "period", "hour", "step")
_SPREADSHEET = "as a spreadsheet's days since 1899-12-30"
_DAY = 86_400 * 10**9
_ROUND_TICKS = (60 * 10**9, 10**9, 10**6)


def read_numbers(values: np.ndarray, *, kind: str | None) -> tuple[np.ndarray, list[str]]:
    """Read numbers (n,), NaN where missing, as times (n,) in datetime64[ns]; all of them, or none.

    Args:
        values: epoch seconds to nanoseconds, 20240131, 202401, years; and with a name of time 240131, 2024001 (a day of
            the year), weeks as 202405, 45322.5 (days since 30 December 1899, as spreadsheets count), 2024.25.
        kind: what the name of the column says it holds; None if it is no name of time.

    Returns:
        The times, and notes on what they were taken for.

    Example:
        >>> import numpy as np
        >>> str(read_numbers(np.array([45292.25]), kind="time")[0][0])
        '2024-01-01T06:00:00.000000000'
    """
    given = ~np.isnan(values)
    times = np.full(len(values), NO_TIME)
    known = values[given]
    if len(known) and np.isfinite(known).all():
        distinct, codes = np.unique(known, return_inverse=True)
        read, notes = _of_known(distinct, np.bincount(codes), kind)
        if not np.isnat(read).any():
            times[given] = read[codes]
            return times, notes
    return times, []


def _of_known(known: np.ndarray, counts: np.ndarray, kind: str | None) -> tuple[np.ndarray, list[str]]:
    """Distinct numbers in rising order."""
    none = np.full(len(known), NO_TIME)
    whole = bool((known == np.round(known)).all())
    low, high = known[0], known[-1]
    if whole:
        read = _with_clock(known)
        if not np.isnat(read).any():
            return read, []
        if low >= _YEARS[0] * 10_000 and high < _YEARS[1] * 10_000:
            read = moments({"y": known // 10_000, "m": known // 100 % 100, "d": known % 100})
            if not np.isnat(read).any():
                return read, []
        if kind is not None and low >= _YEARS[0] * 1000 and high < _YEARS[1] * 1000:
            read = moments({"y": known // 1000, "o": known % 1000})
            if not np.isnat(read).any():
                return read, []
        if high < 1e6 and (low >= 10_101 if kind is not None else low >= _YEARS[0] * 100):
            readings = _six(known, kind)
            if kind in _SERIAL_KINDS and low >= _SERIALS[0] and high < _SERIALS[1]:
                readings = {_SPREADSHEET: _of_spreadsheet(known)} | readings
            read, notes = choose(readings, counts, lambda row: f"{known[row]:.0f}")
            if not np.isnat(read).any():
                taken = _SPREADSHEET in readings and bool((read == readings[_SPREADSHEET]).all())
                return read, [*notes, f"numbers were read {_SPREADSHEET}"] if taken else notes
        if low >= _YEARS[0] and high < _YEARS[1]:
            return moments({"y": known}), []
    elif kind in ("time", "year", "month", "quarter", "step") and low >= _YEARS[0] and high < _YEARS[1]:
        return _fractions_of_years(known, kind), ["numbers were read as years and their fractions"]
    if kind in _SERIAL_KINDS and low >= _SERIALS[0] and high < _SERIALS[1]:
        return _of_spreadsheet(known), [f"numbers were read {_SPREADSHEET}"]
    for unit, (least, size) in _EPOCHS.items():
        if low >= least and high < least * _SPAN:
            # Microseconds: beyond them a float64 of seconds since 1970 holds rounding errors, which no grid fits.
            finest = max(size, 1000) if whole else 1000
            ticks = np.round(known * (size / finest)).astype(np.int64) * finest
            return ticks.astype("datetime64[ns]"), [f"numbers were read as {unit} since 1970 (UTC)"]
    return none, []


def _with_clock(known: np.ndarray) -> np.ndarray:
    """Dates of eight digits and the two to six of a clock time."""
    for digits in (2, 4, 6):
        size = 10**digits
        if known[0] >= _CENTURIES[0] * size * 10_000 and known[-1] < _CENTURIES[1] * size * 10_000:
            days, clock = known // size, known % size * 10 ** (6 - digits)
            numbers = {"y": days // 10_000, "m": days // 100 % 100, "d": days % 100}
            return moments(numbers | {"H": clock // 10_000, "M": clock // 100 % 100, "S": clock % 100})
    return np.full(len(known), NO_TIME)


def _six(known: np.ndarray, kind: str | None) -> dict[str, np.ndarray]:
    if kind is None:
        return parts_of_years(known // 100, known % 100, None)
    readings = six_digits(known // 10_000, known // 100 % 100, known % 100, kind)
    return {name: times for name, times in readings.items() if name not in ("day first", "month first")}


def _of_spreadsheet(known: np.ndarray) -> np.ndarray:
    return ((np.floor(known).astype(np.int64) - 25_569) * _DAY + _clock(known)).astype("datetime64[ns]")


def _clock(known: np.ndarray) -> np.ndarray:
    """The clock time of serials in nanoseconds, on whole minutes or seconds where the digits given allow it."""
    ticks = np.round((known - np.floor(known)) * _DAY)
    # The digits that were written: one more would have been needed to tell times nearer than this apart.
    for digits in range(1, 12):
        if np.allclose(known, np.round(known, digits), rtol=0, atol=10.0 ** -(digits + 4)):
            break
    error = 0.51 * 10.0**-digits * _DAY + 2e-11 * _DAY
    for size in _ROUND_TICKS:
        near = np.round(ticks / size) * size
        if (np.abs(near - ticks) <= max(error, 1e3)).all() and error < size / 2:
            return near.astype(np.int64)
    return ticks.astype(np.int64)


def _fractions_of_years(known: np.ndarray, kind: str | None) -> np.ndarray:
    """Quarters as 2024.1 to 2024.4 under such a name, months as 2024.01 to 2024.12, or as twelfths: 2024.5 is July."""
    years = np.floor(known)
    tenths = (known - years) * 10
    if kind == "quarter" and (np.abs(tenths - np.round(tenths)) < 1e-6).all():
        return moments({"y": years, "q": np.round(tenths)})
    hundreds = (known - years) * 100
    if (np.abs(hundreds - np.round(hundreds)) < 1e-6).all():
        months = np.round(hundreds)
        if ((months >= 1) & (months <= 12)).all():
            return moments({"y": years, "m": months})
    twelfths = (known - years) * 12
    if (np.abs(twelfths - np.round(twelfths)) > 0.07).any():
        return np.full(len(known), NO_TIME)
    months = np.round(twelfths)
    return moments({"y": years + months // 12, "m": months % 12 + 1})
