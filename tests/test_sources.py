"""The source as a reader finds it: short files, and values whose types have names."""

import re
from pathlib import Path

import aurita

FILES = {path: path.read_text() for path in Path(aurita.__file__).parent.rglob("*.py")}


def test_no_file_has_more_than_400_lines():
    assert not {str(path): count for path, text in FILES.items() if (count := text.count("\n")) > 400}


def test_few_lines_leave_a_type_open():
    assert sum(len(re.findall(r"^.*\bAny\b", text, re.MULTILINE)) for text in FILES.values()) <= 250
