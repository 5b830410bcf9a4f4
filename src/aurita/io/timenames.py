"""Which names of columns are names of time, in the common languages, and of what: a date, an hour, a week, a year."""

import re

from aurita.io.names import fold

_KINDS = {
    "time": (
        "time date datetime timestamp ts ds dt when epoch unixtime unix datum zeit zeitpunkt zeitstempel zeitraum "
        "datumzeit fecha data dates dato horodate horodatage moment tijd tijdstip cas tid tidspunkt klokkeslett "
        "klockslag aika aikaleima paivamaara pvm tarih zaman ido idopont czas дата время момент ημερομηνια χρονοσ "
        "kuupaev datums dteday period periods periode periodo periodos okres obdobi obdobie jakso donem "
        "idoszak период mtu interval zeitintervall timeslot uhrzeit times timecode dattime yyyymmdd "
        "yyyymmddhh yyyymmddhhmm messdatum"
    ),
    "step": "t step steps timestep timesteps schritt pas paso",
    "day": "day days tag dia jour giorno dag dzien den paiva gun nap zi день ημερα jours tage dni",
    "week": (
        "week weeks wk woche kw kalenderwoche semana semaine settimana tydzien tyden vecka uge uke viikko hafta "
        "het saptamana неделя εβδομαδα isoweek yearweek"
    ),
    "month": (
        "month months monat mes mois mese maand miesiac mesic manad maned kuukausi ay honap luna месяц μηνασ "
        "yearmonth monate mm yyyymm"
    ),
    "quarter": (
        "quarter quarters qtr quartal trimestre trimester kwartal kwartaal kvartal kvartaali negyedev ceyrek "
        "ctvrtleti квартал τριμηνο yearquarter"
    ),
    "year": "year years yr jahr ano annee anno jaar rok ar vuosi yil ev an god год ετοσ ejercicio yyyy",
    "hour": (
        "hour hours hr hrs stunde stunden hora horas heure heures ora ore uur timme tunti hodina godzina godz "
        "saat час ωρα he hh hourending hourofday hod h"
    ),
    "minute": "minute minutes minuto minuten minuta minuut min",
    "period": (
        "sp settlementperiod tradingperiod halfhour hh30 pte qh viertelstunde quarterhour isp periodnumber "
        "position pos slot timeperiod"
    ),
}
_KIND_OF = {fold(word): kind for kind, words in _KINDS.items() for word in words.split()}
# Said beside a name of time, and no name of a quantity.
_WORDS_BESIDE = (
    "ab and begin beginning bis cest cet col column da de del delivery desde di du e end ending et from gmt "
    "hasta id in index iso local lokal lt mesz mez milliseconds ms no nr ns num number obs observation of ref "
    "reference s sec seconds settlement start starting the to trading und unix us utc von y"
)
_BESIDE = frozenset(_WORDS_BESIDE.split())
_ENGLISH_WORDS = (
    "time date dates datetime timestamp ts ds dt when epoch unixtime unix dteday period periods mtu interval timeslot "
    "times timecode t step steps timestep timesteps day days week weeks wk month months quarter quarters qtr year "
    "years yr hour hours hr hrs he hh minute minutes min moment yyyy mm yyyymm"
)
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_ORDER = ("time", "period", "week", "quarter", "month", "hour", "minute", "day", "year", "step")
_VAGUE_WORDS = (
    "data dt min h he pos position slot ar an s interval moment ev god nap zi ay tid cas ido rok den dag tag mes gun "
    "hod isp sp pas paso mm pte qh times t ts ano luna het std ora ore dia periods timeslot"
)
_VAGUE = frozenset(_VAGUE_WORDS.split())


def kind_of_name(name: object) -> str | None:
    """What a column of this name holds: time, day, week, month, quarter, year, hour, minute, period or step; or None.

    All words of the name must be of time (`Date/Time (UTC)`, `hour_of_day`), so that `lead_time` is none.

    Example:
        >>> [kind_of_name(name) for name in ("Datum", "tradeDate", "HORA", "lead_time", "Date/Time (UTC)")]
        ['time', None, 'hour', None, 'time']
    """
    words = _words(name)
    joined = _KIND_OF.get("".join(words))
    if joined is not None:
        return joined
    kinds = {_KIND_OF[word] for word in words if word in _KIND_OF}
    if not kinds or not all(word in _KIND_OF or word in _BESIDE for word in words):
        return None
    if "hour" in kinds and kinds <= {"hour", "day", "time"} and ("day" in kinds or words[0] in ("hour", "he")):
        return "hour"
    return next(kind for kind in _ORDER if kind in kinds)


def is_vague(name: object) -> bool:
    """Whether a name of time is also the name of other things, so that its column may as well be one of numbers.

    Example:
        >>> is_vague("data"), is_vague("date")
        (True, False)
    """
    return all(word in _VAGUE or word in _BESIDE for word in _words(name))


def is_foreign(name: object) -> bool:
    """Whether a name of time is of another language than English, where days are written before months.

    Example:
        >>> is_foreign("fecha"), is_foreign("date"), is_foreign("y")
        (True, False, False)
    """
    return kind_of_name(name) is not None and not any(word in _ENGLISH for word in _words(name))


def time_of_day(name: object) -> str | None:
    """Whether one of the words of a name is of hours or of periods, as beside a column of days; which of the two.

    Example:
        >>> time_of_day("OPR_HR"), time_of_day("sales")
        ('hour', None)
    """
    kinds = {_KIND_OF.get(word) for word in _words(name) if word not in _VAGUE}
    return next((kind for kind in ("hour", "period") if kind in kinds), None)


def _words(name: object) -> list[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name))
    return [word for word in re.split(r"[\W_\d]+", fold(spaced)) if word]
