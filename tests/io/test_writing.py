"""Writing: whole or not at all, whoever else reads and writes, whatever is there already."""

import os
import resource
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from aurita import AuritaError
from aurita.io.writing import check_distinct, check_target, same_file, write_whole

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_bytes_and_functions(tmp_path):
    write_whole(tmp_path / "a", b"one")
    write_whole(str(tmp_path / "a"), lambda file: file.write(b"two"))
    assert (tmp_path / "a").read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["a"]


def test_readers_never_see_a_part_while_threads_write(tmp_path):
    path = tmp_path / "file"
    contents = [bytes([number]) * (50_000 + number) for number in range(8)]
    write_whole(path, contents[0])
    ends = time.monotonic() + 2

    def writes(content: bytes) -> None:
        while time.monotonic() < ends:
            write_whole(path, content)

    threads = [threading.Thread(target=writes, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    read = 0
    while time.monotonic() < ends:
        assert path.read_bytes() in contents
        read += 1
    for thread in threads:
        thread.join()
    assert read > 20
    assert os.listdir(tmp_path) == ["file"]


def test_readers_never_see_a_part_while_processes_write(tmp_path):
    path = tmp_path / "file"
    script = (
        "import sys, time\nfrom aurita.io.writing import write_whole\n"
        "ends = time.monotonic() + 1.5\n"
        "while time.monotonic() < ends: write_whole(sys.argv[1], sys.argv[2].encode() * 50_000)"
    )
    write_whole(path, b"a" * 50_000)
    processes = [subprocess.Popen([sys.executable, "-c", script, str(path), letter]) for letter in "abc"]
    seen = set()
    while any(process.poll() is None for process in processes):
        content = path.read_bytes()
        assert len(content) == 50_000
        assert len(set(content)) == 1
        seen.add(content[:1])
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert len(seen) > 1
    assert os.listdir(tmp_path) == ["file"]


def test_the_mode_of_a_file_is_kept_and_new_ones_follow_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "new", b"x")
        assert mode(tmp_path / "new") == 0o640
        for wanted in (0o600, 0o664, 0o755):
            (tmp_path / "new").chmod(wanted)
            write_whole(tmp_path / "new", b"y")
            assert mode(tmp_path / "new") == wanted
    finally:
        os.umask(before)


@pytest.mark.skipif(not ROOT, reason="only root may give files away")
def test_the_owner_is_kept(tmp_path):
    (tmp_path / "theirs").write_bytes(b"x")
    os.chown(tmp_path / "theirs", 12345, 54321)
    write_whole(tmp_path / "theirs", b"y")
    found = (tmp_path / "theirs").stat()
    assert (found.st_uid, found.st_gid) == (12345, 54321)


def test_what_is_secret_is_never_readable_meanwhile(tmp_path):
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "secret").chmod(0o600)
    modes = []

    def write(file):
        file.write(b"y")
        modes.extend(mode(entry) for entry in tmp_path.iterdir())

    write_whole(tmp_path / "secret", write)
    assert modes == [0o600, 0o600]


def test_links_stay(tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "other" / "file")
    write_whole(tmp_path / "link", b"new")
    write_whole(tmp_path / "link", b"replaced")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "other" / "file").read_bytes() == b"replaced"
    assert not (tmp_path / "other" / "file").is_symlink()


def test_another_hard_link_keeps_the_old_content(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    os.link(tmp_path / "a", tmp_path / "b")
    write_whole(tmp_path / "a", b"new")
    assert (tmp_path / "b").read_bytes() == b"old"


def test_what_is_no_file_is_refused_and_stays(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "to-folder").symlink_to(tmp_path / "folder")
    (tmp_path / "text").write_bytes(b"x")
    with socket.socket(socket.AF_UNIX) as plug:
        plug.bind(str(tmp_path / "socket"))
        before = sorted(os.listdir(tmp_path))
        for path, message in (
            (tmp_path / "pipe", "a device, a pipe"),
            (tmp_path / "socket", "a device, a pipe"),
            ("/dev/null", "a device, a pipe"),
            ("/dev/full", "a device, a pipe"),
            (tmp_path / "folder", "it is a folder"),
            (tmp_path / "to-folder", "it is a folder"),
            (".", "it is a folder"),
            ("..", "it is a folder"),
            ("/", "it is a folder"),
            ("", "this is no path"),
            ("nul\0byte", "this is no path"),
            ("lone\ud800surrogate", "surrogates not allowed"),
            (b"bytes", "this is no path"),
            (tmp_path / "loop", "symbolic links"),
            (tmp_path / "missing" / "file", "there is no folder"),
            (tmp_path / "text" / "file", "there is no folder"),
            (tmp_path / ("n" * 300), "File name too long"),
            (tmp_path / ("d/" * 3000) / "x", r"no folder|too long"),
            ("/proc/file", "give a path that may be written"),
        ):
            for refuse in (check_target, lambda given: write_whole(given, b"y")):
                with pytest.raises(AuritaError, match=message):
                    refuse(path)
        assert sorted(os.listdir(tmp_path)) == before
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_the_longest_name_that_a_folder_holds(tmp_path):
    write_whole(tmp_path / ("n" * 255), b"x")
    assert os.listdir(tmp_path) == ["n" * 255]


@pytest.mark.skipif(ROOT, reason="root may change every file")
def test_a_file_that_may_not_be_changed(tmp_path):
    (tmp_path / "kept").write_bytes(b"x")
    (tmp_path / "kept").chmod(0o400)
    with pytest.raises(AuritaError, match="may not be changed"):
        write_whole(tmp_path / "kept", b"y")


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(AuritaError, match="File too large"):
            write_whole(tmp_path / "file", b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / "file").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("problem", [KeyboardInterrupt, MemoryError, ValueError])
def test_whatever_goes_wrong_nothing_is_left(tmp_path, problem):
    (tmp_path / "file").write_bytes(b"old")

    def write(file):
        file.write(b"a part")
        raise problem

    with pytest.raises(problem):
        write_whole(tmp_path / "file", write)
    assert (tmp_path / "file").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_the_disk_confirms_the_file_before_it_takes_the_name_and_then_the_folder(tmp_path, monkeypatch):
    done: list[str] = []
    sync, replace = os.fsync, os.replace

    def synced(handle):
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        sync(handle)

    def replaced(source, target):
        done.append("named")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    write_whole(tmp_path / "a", b"x")
    assert done == ["file", "named", "folder"]


def test_one_file_is_one_file_whatever_it_is_called(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = tmp_path / "table.csv"
    table.write_text("y\n1\n")
    (tmp_path / "link.csv").symlink_to(table)
    os.link(table, tmp_path / "hard.csv")
    (tmp_path / "folder").symlink_to(tmp_path)
    (tmp_path / "copy.csv").write_text("y\n1\n")
    for name in (
        "table.csv",
        "./table.csv",
        "link.csv",
        "hard.csv",
        "folder/table.csv",
        f"../{tmp_path.name}/hard.csv",
    ):
        with pytest.raises(AuritaError, match=r"--output .* is the table itself"):
            check_distinct({"--save": None, "--output": name}, {"nothing": None, "the table": table})
    check_distinct({"--output": "copy.csv", "--save": "new.csv"}, {"the table": table, "--test": "link.csv"})
    # Files that are not there yet.
    for first, second in (("new", "./new"), ("new", "folder/new"), (tmp_path / "new", "new")):
        with pytest.raises(AuritaError, match="--output and --save are both"):
            check_distinct({"--output": first, "--save": second}, {})
    (tmp_path / "dangling").symlink_to(tmp_path / "new")
    assert same_file("dangling", "new")
    assert not same_file("new", "folder")
    assert not same_file("no/new", "new")
    assert not same_file("a\0", "new")
    assert sorted(os.listdir(tmp_path)) == ["copy.csv", "dangling", "folder", "hard.csv", "link.csv", "table.csv"]


def test_names_that_differ_in_case_are_one_where_the_folder_says_so(tmp_path):
    folds = (tmp_path / "probe").touch() or (tmp_path / "PROBE").exists()
    assert same_file(tmp_path / "Ähre.csv", tmp_path / "ähre.CSV") == folds
    assert not same_file(tmp_path / "a.csv", tmp_path / "b.csv")
