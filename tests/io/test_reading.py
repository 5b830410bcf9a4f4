"""Reading: ordinary files alone, and nothing waits for a pipe."""

import os

import pytest

from aurita import AuritaError
from aurita.io.reading import open_ordinary, read_ordinary


def test_an_ordinary_file_and_a_link_to_it(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert read_ordinary(tmp_path / "link") == b"content"
    with open_ordinary(tmp_path / "file") as file:
        assert file.read(3) == b"con"


def test_everything_else_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"")
    for path, message in (
        (tmp_path / "pipe", "a device, a pipe or a socket; give a table"),
        ("/dev/zero", "a device, a pipe or a socket; give a table"),
        (tmp_path, "is a folder; give a table"),
        (tmp_path / "none", "there is no file .*; look again"),
        (tmp_path / "file" / "below", "Not a directory"),
        (tmp_path / ("n" * 300), "File name too long"),
        ("", "this is no path"),
        ("nul\0byte", "null byte"),
        ("lone\ud800surrogate", "surrogates not allowed"),
    ):
        with pytest.raises(AuritaError, match=message):
            read_ordinary(path, missing="look again", wanted="give a table")
