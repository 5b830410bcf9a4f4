"""Bytes become text: certain encodings, likely ones with a note, and a refusal of what is no text."""

from pathlib import Path

import pytest

from aurita.errors import AuritaError
from aurita.io import prepare_series, read_table
from aurita.io._encodings import decode

CASES = Path(__file__).parents[1] / "cases" / "16-encodings"
TEXTS = {
    "cp1252": [
        "Datum;Größe\n01.02.2024;1,5\n",
        "Mês;Variação\n2019;1\n",
        "date;€\n2019-01;5\n",
        "date;µg/m³\n2019-01;5\n",
    ],
    "cp1250": ["Měsíc;Množství;Průměr\n2019-01;1,5;žluťoučký\n", "Miesiąc;Sprzedaż\n2019-01;1,5\n"],
    "cp1251": ["Дата;Продажи\n2019-01;1,5\n", "Месяц;Выручка;Регион\n2019-01;100,5;Москва\n"],
    "koi8_r": ["Дата;Продажи\n2019-01;1,5\n"],
    "cp1253": ["Ημερομηνία;Τιμή\n2019-01;1,5\n"],
    "cp932": ["年月,売上\n2019-01,100.00\n", "日付,気温(℃)\n2019-01,5\n", "ﾃﾞｰﾀ,値\n2019-01,5\n"],
    "gb18030": ["日期,销售额\n2019-01,100\n"],
    "big5": ["日期,銷售額\n2019-01,100\n"],
    "cp949": ["날짜,매출\n2019-01,5\n"],
}


@pytest.mark.parametrize(("encoding", "text"), [(name, text) for name, texts in TEXTS.items() for text in texts])
def test_an_encoding_that_is_guessed_is_noted(encoding: str, text: str) -> None:
    read, notes = decode(text.encode(encoding))
    assert read == text
    assert len(notes) == 1
    assert "not UTF-8; it was read as" in notes[0]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["date,temp\n2019-01,5\n", "日付,temp\n2019-01,5.25\n"])
def test_utf_16_without_a_mark(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)) == (text, [f"the text has no mark of its encoding; it was read as {encoding}"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_certain_encodings_need_no_note(encoding: str) -> None:
    assert decode("Größe,y\n".encode(encoding)) == ("Größe,y\n", [])


def test_marks_that_end_a_file_are_no_text() -> None:
    assert decode(b"date,y\n1,2\n\x1a") == ("date,y\n1,2\n", [])
    assert decode(b"date,y\n1,2\n\x00\x00\x00") == ("date,y\n1,2\n", [])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (bytes(range(256)) * 4, "binary"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00", "binary"),
        (b"\x00" * 64 + b"\xff" * 7, "binary"),
        (b"date,y\n1,2\n" * 200 + b"3,\x004\n", "line 401 holds the control character"),
        (b"\xff\xfed\x00a\x00t", "no utf-16"),
    ],
)
def test_what_is_no_text(data: bytes, message: str) -> None:
    with pytest.raises(AuritaError, match=message):
        decode(data)


@pytest.mark.parametrize(("name", "target"), [("sjis.csv", "売上"), ("utf16_nobom.csv", "temp")])
def test_files_in_other_encodings(name: str, target: str) -> None:
    series = prepare_series(read_table(CASES / name))[0]
    assert (series.frequency, series.target_columns, len(series.values)) == ("MS", (target,), 60)
    assert series.values[:3, 0].tolist() == [100.0, 110.8, 118.92]
    assert any("was read as" in note for note in series.notes)
