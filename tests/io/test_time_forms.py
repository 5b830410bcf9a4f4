"""Columns of many forms, steps and orders, written from Python's datetime, and read back to the same times."""

import calendar
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from aurita.io import parse_dates, prepare_series

Write = Callable[[datetime], object]
EPOCH = datetime(1970, 1, 1)
MONTHS = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "de short": "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez",
    "de dots": "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "fr short": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "fr plain": "JANVIER FEVRIER MARS AVRIL MAI JUIN JUILLET AOUT SEPTEMBRE OCTOBRE NOVEMBRE DECEMBRE",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "es short": "ene feb mar abr may jun jul ago sep oct nov dic",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "it short": "gen feb mar apr mag giu lug ago set ott nov dic",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "pt short": "jan. fev. mar. abr. mai. jun. jul. ago. set. out. nov. dez.",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "nl short": "jan feb mrt apr mei jun jul aug sep okt nov dec",
    "pl": "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
    "pl of": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "pl short": "sty lut mar kwi maj cze lip sie wrz paź lis gru",
    "cs": "leden únor březen duben květen červen červenec srpen září říjen listopad prosinec",
    "cs of": "ledna února března dubna května června července srpna září října listopadu prosince",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "no": "januar februar mars april mai juni juli august september oktober november desember",
    "fi": "tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu",
    "tr": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    "tr large": "OCAK ŞUBAT MART NİSAN MAYIS HAZİRAN TEMMUZ AĞUSTOS EYLÜL EKİM KASIM ARALIK",
    "hu": "január február március április május június július augusztus szeptember október november december",
    "hu short": "jan. febr. márc. ápr. máj. jún. júl. aug. szept. okt. nov. dec.",
    "ro": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "ru": "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
    "ru of": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "el": "Ιανουάριος Φεβρουάριος Μάρτιος Απρίλιος Μάιος Ιούνιος Ιούλιος Αύγουστος Σεπτέμβριος Οκτώβριος Νοέμβριος "
    "Δεκέμβριος",
    "el of": "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοεμβρίου "
    "Δεκεμβρίου",
    "en large": "JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER",
}
HALVES = {
    "en": ("AM", "PM"), "en small": ("am", "pm"), "en dots": ("a.m.", "p.m."), "es": ("a. m.", "p. m."),
    "el": ("π.μ.", "μ.μ."), "cs": ("dop.", "odp."), "sv": ("fm", "em"), "fi": ("ap.", "ip."), "tr": ("ÖÖ", "ÖS"),
    "ru": ("ДП", "ПП"),
}  # fmt: skip


def of(form: str) -> Write:
    return lambda t: t.strftime(form)


def bare(form: str) -> Write:
    """Days, months and hours without their leading zero."""
    return lambda t: form.format(t=t, d=t.day, m=t.month, y=t.year, H=t.hour, M=f"{t.minute:02d}")


def named(language: str, form: str) -> Write:
    words = MONTHS[language].split()
    return lambda t: form.format(B=words[t.month - 1], t=t, d=t.day)


def halves(language: str, form: str = "{date} {h}:{t:%M} {p}") -> Write:
    words = HALVES[language]
    return lambda t: form.format(date=f"{t:%Y-%m-%d}", h=t.hour % 12 or 12, t=t, p=words[t.hour >= 12])


def until(form: str, between: str, step: timedelta) -> Write:
    return lambda t: f"{t.strftime(form)}{between}{(t + step).strftime(form)}"


def seconds(factor: int) -> Write:
    return lambda t: int((t - EPOCH) / timedelta(seconds=1)) * factor


def serial(digits: int) -> Write:
    return lambda t: round((t - datetime(1899, 12, 30)) / timedelta(days=1), digits)


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CLOCKS: dict[str, Write] = {
    "iso": of("%Y-%m-%dT%H:%M:%S"),
    "iso blank": of("%Y-%m-%d %H:%M"),
    "iso comma": of("%Y-%m-%d %H:%M:%S,500"),
    "iso zulu": of("%Y-%m-%dT%H:%M:%SZ"),
    "iso offset": of("%Y-%m-%dT%H:%M:%S+05:30"),
    "iso utc": of("%Y-%m-%d %H:%M:%S +0000 UTC"),
    "iso compact": of("%Y%m%dT%H%M%SZ"),
    "digits": of("%Y%m%d %H%M"),
    "twelve digits": of("%Y%m%d%H%M"),
    "exif": of("%Y:%m:%d %H:%M:%S"),
    "iso week": lambda t: "{}-W{:02d}-{}T{:%H:%M}".format(*t.isocalendar(), t),
    "day of the year": of("%Y-%j %H:%M"),
    "german": of("%d.%m.%Y %H:%M"),
    "german clock": of("%d.%m.%Y %H:%M Uhr"),
    "german short": of("%d.%m.%y, %H.%M"),
    "german hour": bare("{d}.{m}.{y} {H} Uhr"),
    "german zone": of("%d.%m.%Y %H:%M MEZ"),
    "german weekday": lambda t: f"{['Mo', 'Di', 'Mi', 'Do', 'Fr', 'Sa', 'So'][t.weekday()]} {t:%d.%m.%Y %H:%M}",
    "french": bare("{d}/{m}/{y} {H}h{M}"),
    "american": bare("{m}/{d}/{y} {H}:{M}"),
    "american halves": of("%m/%d/%Y %I:%M:%S %p"),
    "ctime": lambda t: t.ctime(),
    "unix date": of("%a %b %d %H:%M:%S UTC %Y"),
    "apache": of("%d/%b/%Y:%H:%M:%S +0000"),
    "sas": lambda t: t.strftime("%d%b%Y:%H:%M:%S").upper(),
    "javascript": of("%a %b %d %Y %H:%M:%S GMT+0100 (CET)"),
    "javascript long": of("%a %b %d %Y %H:%M:%S GMT+0100 (Central European Standard Time)"),
    "mail": of("%a, %d %b %Y %H:%M:%S +0000"),
    "mail gmt": of("%a, %d %b %Y %H:%M:%S GMT"),
    "english": of("%B %d, %Y at %H:%M"),
    "spanish": named("es", "{d} de {B} de {t:%Y %H:%M} h"),
    "interval": until("%d.%m.%Y %H:%M", " - ", HOUR),
    "interval slash": until("%Y-%m-%dT%H:%M:%S", "/", HOUR),
    "interval to": until("%Y-%m-%d %H:%M", " to ", HOUR),
    "interval dash": until("%d/%m/%Y %H:%M", " – ", HOUR),
    "interval clock": lambda t: f"{t:%d.%m.%Y %H:%M} - {t + HOUR:%H:%M}",
    "interval close": lambda t: f"{t:%Y-%m-%d %H:%M}-{t + HOUR:%H:%M}",
    "pandas interval": until("%Y-%m-%d %H:%M:%S", ", ", HOUR),
    "seconds": seconds(1),
    "milliseconds": seconds(1000),
    "microseconds": seconds(10**6),
    "nanoseconds": seconds(10**9),
    "text seconds": lambda t: str(seconds(1)(t)),
    "ten digits": lambda t: int(t.strftime("%Y%m%d%H")),
    "number of twelve digits": lambda t: int(t.strftime("%Y%m%d%H%M")),
    "number of fourteen digits": lambda t: int(t.strftime("%Y%m%d%H%M%S")),
    "underscores": of("%Y_%m_%d_%H"),
    "log brackets": of("[%d/%b/%Y:%H:%M:%S +0000]"),
    "zone in brackets": of("%Y-%m-%dT%H:%M:%S+01:00[Europe/Berlin]"),
    "zone as a place": of("%Y-%m-%d %H:%M:%S Europe/Berlin"),
    "zone and hours": of("%Y-%m-%d %H:%M UTC+1"),
    "interval von": lambda t: f"von {t:%d.%m.%Y %H:%M} bis {t + HOUR:%d.%m.%Y %H:%M}",
    "serial": serial(9),
    "serial short": serial(5),
    **{f"halves {language}": halves(language) for language in HALVES},
}
DAYS: dict[str, Write] = {
    "iso": of("%Y-%m-%d"),
    "slashes": bare("{y}/{m}/{d}"),
    "hungarian": of("%Y. %m. %d."),
    "german": of("%d.%m.%Y"),
    "czech": bare("{d}. {m}. {y}"),
    "short": of("%d/%m/%y"),
    "digits": lambda t: int(t.strftime("%Y%m%d")),
    "six digits": lambda t: int(t.strftime("%y%m%d")),
    "text six digits": of("%y%m%d"),
    "day of the year": of("%Y-%j"),
    "seven digits": lambda t: int(t.strftime("%Y%j")),
    "week days": lambda t: "{}W{:02d}{}".format(*t.isocalendar()),
    "serial": lambda t: (t - datetime(1899, 12, 30)).days,
    "ordinal": lambda t: (
        f"{t.day}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(t.day % 10 * (t.day not in (11, 12, 13)), 'th') } {t:%B %Y}"
    ),
    "english": of("%b %d, %Y"),
    "oracle": lambda t: t.strftime("%d-%b-%y").upper(),
    "compact day first": of("%d%m%Y"),
    "chinese": of("%Y年%m月%d日"),
    "quoted": of("'%Y-%m-%d'"),
    "weekday behind": of("%Y-%m-%d (%a)"),
    "weekday": of("%A, %d %B %Y"),
    "interval": until("%Y-%m-%d", " - ", DAY),
    "short year first": of("%y-%m-%d"),
    **{f"named {language}": named(language, "{d} {B} {t:%Y}") for language in MONTHS},
}
MONTH_FORMS: dict[str, Write] = {
    "iso": of("%Y-%m"),
    "slash": of("%m/%Y"),
    "point": of("%m.%Y"),
    "digits": lambda t: int(t.strftime("%Y%m")),
    "eurostat": of("%YM%m"),
    "eurostat dash": of("%Y-M%m"),
    "short": of("%b-%y"),
    "year first": lambda t: t.strftime("%Y %b").upper(),
    "statistics": of("M%m %Y"),
    "first day": of("%Y-%m-01"),
    "short numbers": of("%m/%y"),
    "provisional": lambda t: f"{t:%Y-%m}{' (p)' if t.year > 2015 else ''}",
    "stata": bare("{y}m{m}"),
    "point and two digits": lambda t: round(t.year + t.month / 100, 2),
    "decimal": lambda t: round(t.year + (t.month - 1) / 12, 3),
    **{f"named {language}": named(language, "{B} {t:%Y}") for language in MONTHS},
}
QUARTER_FORMS = {
    "2020Q1": "{y}Q{q}", "2020-Q1": "{y}-Q{q}", "Q1 2020": "Q{q} {y}", "1Q20": "{q}Q{s:02d}", "T1 2020": "T{q} {y}",
    "1T20": "{q}T{s:02d}", "Q1'20": "Q{q}'{s:02d}", "Q1/2020": "Q{q}/{y}", "2020 Q1": "{y} Q{q}",
    "1. Quartal 2020": "{q}. Quartal {y}", "1er trimestre 2020": "{q}er trimestre {y}", "2020K1": "{y}K{q}",
    "1 kw. 2020": "{q} kw. {y}", "I kw. 2020": "{r} kw. {y}", "I/2020": "{r}/{y}", "2020 I": "{y} {r}",
    "2020.1": "{y}.{q}", "20Q1": "{s:02d}Q{q}", "quarter 1 of 2020": "quarter {q} of {y}",
}  # fmt: skip
WEEK_FORMS = {
    "2020-W05": "{y}-W{w:02d}", "2020W05": "{y}W{w:02d}", "W05 2020": "W{w:02d} {y}", "KW 5/2020": "KW {w}/{y}",
    "KW05 2020": "KW{w:02d} {y}", "Week 5, 2020": "Week {w}, {y}", "2020-05": "{y}-{w:02d}", "S05 2020": "S{w:02d} {y}",
    "5/2020": "{w}/{y}", "uge 5 2020": "uge {w} {y}",
}  # fmt: skip


def months_from(start: datetime, step: int, count: int) -> list[datetime]:
    first = start.year * 12 + start.month - 1
    return [datetime((first + i * step) // 12, (first + i * step) % 12 + 1, 1) for i in range(count)]


def check(times: list[datetime], write: Write, name: str, random: np.random.Generator) -> None:
    """Read the times in order, newest first and shuffled, alone and as the time column of a table."""
    cells = [write(time) for time in times]
    shift = timedelta(milliseconds=500) if str(cells[0]).endswith(",500") else timedelta(0)
    truth = pd.DatetimeIndex([time + shift for time in times]).as_unit("ns")
    rows = np.arange(len(times))
    for order in (rows, rows[::-1], random.permutation(rows)):
        column = pd.Series([cells[row] for row in order], name=name)
        read = parse_dates(column)
        assert read.stamps.equals(truth[order]), (cells[:3], read.stamps[:3], read.notes)
        (series,) = prepare_series(pd.DataFrame({name: column, "y": rows[order] * 2.0 + 1}))
        assert series.target_columns == ("y",)
        assert series.values[0, 0] == 1
        assert series.values[-1, 0] == 2 * len(rows) - 1
        assert (np.diff(series.values[:, 0]) > 0).all()


@pytest.mark.parametrize("form", CLOCKS)
def test_clock_times(form: str) -> None:
    random = np.random.default_rng(list(form.encode()))
    start = datetime(int(random.integers(2002, 2026)), int(random.integers(1, 13)), int(random.integers(1, 28)))
    hours = form in ("german hour", "ten digits", "underscores") or form.startswith("interval")
    step = [HOUR, 3 * HOUR, HOUR / 2, HOUR / 4][0 if hours else int(random.integers(4))]
    check([start + i * step for i in range(int(random.integers(700, 900)))], CLOCKS[form], "Zeit", random)


@pytest.mark.parametrize("form", DAYS)
@pytest.mark.parametrize("step", [1, 7])
def test_days(form: str, step: int) -> None:
    random = np.random.default_rng([step, *form.encode()])
    start = datetime(int(random.integers(2002, 2024)), int(random.integers(1, 13)), int(random.integers(1, 29)))
    check([start + i * step * DAY for i in range(int(random.integers(60, 120)))], DAYS[form], "fecha", random)


@pytest.mark.parametrize("form", MONTH_FORMS)
@pytest.mark.parametrize("step", [1, 3])
def test_months(form: str, step: int) -> None:
    random = np.random.default_rng([step, *form.encode()])
    start = datetime(int(random.integers(1985, 2015)), int(random.integers(1, 13)), 1)
    check(months_from(start, step, int(random.integers(30, 60))), MONTH_FORMS[form], "mois", random)


def test_a_short_year_before_the_month_is_believed_where_months_follow_each_other() -> None:
    months = months_from(datetime(2019, 1, 1), 1, 40)
    for order in (months, months[::-1]):
        column = pd.Series([f"{time:%y-%b}" for time in order], name="date")
        assert parse_dates(column).stamps.equals(pd.DatetimeIndex(order).as_unit("ns"))
    days = pd.date_range("2024-01-01", periods=60)
    assert parse_dates(pd.Series(days.strftime("%d-%b"), name="date")).share == 0


@pytest.mark.parametrize("form", QUARTER_FORMS)
def test_quarters(form: str) -> None:
    random = np.random.default_rng(list(form.encode()))
    start = datetime(int(random.integers(1985, 2010)), 3 * int(random.integers(4)) + 1, 1)

    def write(t: datetime) -> str:
        return QUARTER_FORMS[form].format(
            y=t.year, s=t.year % 100, q=(q := (t.month + 2) // 3), r=["", "I", "II", "III", "IV"][q]
        )

    check(months_from(start, 3, 50), write, "quarter", random)


@pytest.mark.parametrize("form", WEEK_FORMS)
def test_weeks(form: str) -> None:
    random = np.random.default_rng(list(form.encode()))
    start = datetime.fromisocalendar(int(random.integers(2000, 2020)), int(random.integers(1, 50)), 1)

    def write(t: datetime) -> str:
        return WEEK_FORMS[form].format(y=t.isocalendar()[0], w=t.isocalendar()[1])

    check([start + i * 7 * DAY for i in range(110)], write, "Woche", random)


@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M {}", "%d.%m.%Y %H:%M {}", "%a, %d %b %Y %H:%M:%S {}"])
@pytest.mark.parametrize("zones", [("CET", "CEST"), ("+01:00", "+02:00"), ("MEZ", "MESZ")])
def test_hours_stay_hours_where_clocks_are_changed(form: str, zones: tuple[str, str]) -> None:
    random = np.random.default_rng(1)
    for begin in (datetime(2024, 3, 25), datetime(2024, 10, 20), datetime(2023, 12, 1)):
        times = [begin + i * HOUR for i in range(24 * 14)]

        def write(t: datetime) -> str:
            summer = last_sunday(t.year, 3) <= t < last_sunday(t.year, 10)
            return (t + HOUR * (1 + summer)).strftime(form.format(zones[summer]))

        if begin.month == 12:
            cells = pd.Series([write(time) for time in times], name="time")
            assert parse_dates(cells).stamps.equals(pd.DatetimeIndex(times).as_unit("ns") + pd.Timedelta(hours=1))
        else:
            check(times, write, "time", random)


def last_sunday(year: int, month: int) -> datetime:
    """When clocks are changed in Europe, in UTC."""
    last = calendar.monthrange(year, month)[1]
    day = last - (calendar.weekday(year, month, last) + 1) % 7
    return datetime(year, month, day, 1, tzinfo=UTC).replace(tzinfo=None)
