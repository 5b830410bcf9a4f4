"""The text of a file's bytes: gzip unpacked, the encoding found, and what is no text refused."""

import gzip
import re
import zlib

from aurita.errors import AuritaError

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_CONTROL_BYTES = bytes([*range(9), *range(14, 32), 127])
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_MOST_CONTROL = 0.001
_END_OF_FILE = "\x00\x1a"
_SAMPLE = 65_536
# Encodings of two bytes a character, with the first bytes of the signs in daily use and how many signs those are.
_EAST = (
    ("euc_kr", "cp949", ((0xA1, 0xA3), (0xB0, 0xC8)), 2350),
    ("gb2312", "gb18030", ((0xA1, 0xA3), (0xB0, 0xD7)), 3755),
    ("cp932", "cp932", ((0x81, 0x84), (0x88, 0x97), (0xA6, 0xDF)), 3300),
    ("euc_jp", "euc_jp", ((0xA1, 0xA5), (0xB0, 0xCF)), 3300),
    ("big5", "big5", ((0xA1, 0xC6),), 5401),
)
_COMMON = 0.9
# Where a text reads equally well in several, the first. Letters beyond ASCII stand alone in Latin words, not in others.
_LATIN = ("cp1252", "cp1250", "cp1254", "cp1257")
_WEST = ("cp1251", "koi8_r", "cp1253", "cp866", *_LATIN)
_LONGEST_LATIN_RUN = 2.0


def decode(data: bytes) -> tuple[str, list[str]]:
    """The text of a file's bytes, and a note where the encoding had to be guessed.

    UTF-8 and, by their mark or their zeros, UTF-16 and UTF-32 are certain. Other bytes are read in the likeliest of the
    encodings of East Asia, or of Windows and Russia.

    Raises:
        AuritaError: the bytes are no text, or a gzip file is cut off.

    Example:
        >>> decode(b"\\xef\\xbb\\xbfdate,y")
        ('date,y', [])
        >>> decode("Größe,y".encode("cp1252"))[0]
        'Größe,y'
    """
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise AuritaError(f"the gzip file is damaged or cut off ({error}); fetch it again") from None
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _checked(_decoded(data, encoding)), []
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    if (wide := _wide(data)) is not None:
        try:
            text = data.decode(wide)
        except UnicodeDecodeError:
            wide = None
        else:
            return _checked(text), [f"the text has no mark of its encoding; it was read as {wide}"]
    if text is not None:
        return _checked(text), []
    if len(data.translate(None, _CONTROL_BYTES)) < len(data.rstrip(_END_OF_FILE.encode())):
        raise AuritaError("the content is binary, not text; give a CSV file (or Parquet)")
    encoding = _likeliest(data)
    return _checked(_decoded(data, encoding)), [
        f"the text is not UTF-8; it was read as {encoding}, which fits best: save the file as UTF-8 if letters look "
        "wrong"
    ]


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise AuritaError(
            f"the encoding of the text is not known: it is no {encoding} (byte {error.start + 1}); save the file as "
            "UTF-8"
        ) from None


def _checked(text: str) -> str:
    """The text without the marks that end a file; other control characters are refused."""
    text = text.rstrip(_END_OF_FILE)
    if text.isascii():
        count = len(text) - len(text.encode().translate(None, _CONTROL_BYTES))
    else:
        count = sum(1 for _ in _CONTROL.finditer(text))
    if not count:
        return text
    if count > max(1, _MOST_CONTROL * len(text)):
        raise AuritaError("the content is binary, not text; give a CSV file (or Parquet)")
    first = _CONTROL.search(text)
    assert first is not None
    line = text.count("\n", 0, first.start()) + 1
    raise AuritaError(
        f"line {line} holds the control character {first[0]!r}, which is no text, so the content is binary or damaged; "
        "repair the line, or save the table as CSV again"
    )


def _wide(data: bytes) -> str | None:
    """UTF-16 without its mark: one of two bytes is zero almost everywhere."""
    head = data[:4096]
    if len(data) % 2 or not head:
        return None
    even, odd = head[::2].count(0) / (len(head) / 2), head[1::2].count(0) / (len(head) / 2)
    if max(even, odd) < 0.3 or min(even, odd) > 0.02:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _likeliest(data: bytes) -> str:
    """The encoding of bytes that are not UTF-8."""
    sample = _telling(data)
    fits = {}
    for strict, broad, common, size in _EAST:
        share = _share_of_common(sample, strict, common)
        if share >= _COMMON:
            fits[broad] = size
    if fits:
        return min(fits, key=lambda name: fits[name])
    return _western(sample)


def _telling(data: bytes) -> bytes:
    """The lines that are not plain ASCII, up to a limit."""
    lines, size = [], 0
    for line in data.splitlines(keepends=True):
        if not line.isascii():
            lines.append(line)
            size += len(line)
            if size > _SAMPLE:
                break
    return b"".join(lines)


def _share_of_common(sample: bytes, encoding: str, common: tuple[tuple[int, int], ...]) -> float:
    """Share of the signs of the sample that are in daily use; 0 where it cannot be read, or holds one sign only."""
    try:
        signs = [sign.encode(encoding) for sign in sample.decode(encoding) if not sign.isascii()]
    except UnicodeError:
        return 0.0
    if len(signs) < 2:
        return 0.0
    usual = sum(any(low <= sign[0] <= high for low, high in common) for sign in signs)
    return usual / len(signs) if any(len(sign) > 1 for sign in signs) else 0.0


def _western(sample: bytes) -> str:
    """The encoding of one byte a character in which the sample reads best."""
    from charset_normalizer import from_bytes

    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", sample)]
    names = _LATIN if sum(runs) <= _LONGEST_LATIN_RUN * len(runs) else _WEST
    matches = from_bytes(sample, cp_isolation=list(names), enable_fallback=False, preemptive_behaviour=False)
    found = {match.encoding: (round(match.chaos, 2), -round(match.coherence, 2)) for match in matches}
    best = min((name for name in names if name in found), key=lambda name: found[name], default=None)
    texts = {}
    for name in names:
        try:
            texts[name] = sample.decode(name)
        except UnicodeDecodeError:
            continue
    if not texts:
        raise AuritaError("the encoding of the text is not known; save the file as UTF-8")
    if best is None:
        return next(iter(texts))
    return next(name for name, text in texts.items() if text == texts[best])
