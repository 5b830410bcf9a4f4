"""The log of a run and the server that hands it out."""

import json
import os
import threading
import urllib.error
import urllib.request

import numpy as np
import pytest

from aurita import AuritaError, History
from aurita.pictures import ProgressLog, read_progress
from aurita.pictures.serving import server


def test_a_log_is_read_from_where_it_was_left(tmp_path):
    path = tmp_path / "run.jsonl"
    assert read_progress(path) == ([], 0)
    log = ProgressLog(path, "fit", 10)
    log(3, 10)
    first, after = read_progress(path)
    assert [(r["kind"], r.get("done")) for r in first] == [("run", None), ("progress", 3)]
    log.score("error", 3, 0.25)
    log.losses(3, [0.5, float("nan")], [True, False])
    log.end("well")
    rest, end = read_progress(path, after)
    assert [r["kind"] for r in rest] == ["score", "losses", "end"]
    assert rest[1]["losses"] == [0.5, None]
    assert rest[1]["selected"] == [1, 0]
    assert read_progress(path, end) == ([], end)


def test_half_a_line_waits_and_what_is_no_record_is_passed_over(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text('{"kind": "progress", "done": 1}\nno json\n[1]\n{"kind": "pro')
    records, after = read_progress(path)
    assert [r["done"] for r in records] == [1]
    with path.open("a") as file:
        file.write('gress", "done": 2}\n')
    assert [r["done"] for r in read_progress(path, after)[0]] == [2]
    path.write_text('{"kind": "run"}\n')
    assert [r["kind"] for r in read_progress(path, 10_000)[0]] == ["run"]


def test_a_history_is_thinned(tmp_path):
    log = ProgressLog(tmp_path / "h.jsonl", "learning")
    losses = np.arange(1000.0)[:, None] * [1.0, 2.0]
    log.history(History(losses, np.ones((1000, 2), bool), np.zeros(0)), most=50)
    records = [r for r in read_progress(tmp_path / "h.jsonl")[0] if r["kind"] == "losses"]
    assert len(records) == 50
    assert records[-1]["losses"] == [999, 1998]


def test_a_log_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(AuritaError, match="there is no folder"):
        ProgressLog(tmp_path / "missing" / "run.jsonl", "fit")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(AuritaError, match="a device, a pipe"):
        ProgressLog(tmp_path / "pipe", "fit")


@pytest.mark.parametrize("content", [b"date,y\n2024-01-01,3\n", b'{"a": 1}\n', b"[" * 100_000, b"\x80", b"{"])
def test_a_file_that_is_no_log_is_not_written_to(tmp_path, content):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(AuritaError, match="is no log"):
        ProgressLog(path, "fit")
    assert path.read_bytes() == content


def test_an_empty_file_may_become_a_log(tmp_path):
    (tmp_path / "log").touch()
    ProgressLog(tmp_path / "log", "fit")
    ProgressLog(tmp_path / "log", "fit")
    assert len(read_progress(tmp_path / "log")[0]) == 2


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(AuritaError, match="a device, a pipe"):
        read_progress(tmp_path / "pipe")


@pytest.fixture
def served(tmp_path):
    log = tmp_path / "run.jsonl"
    running = server("<p>page</p>", log)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_address[1]}", log
    running.shutdown()
    thread.join()
    running.server_close()


def get(url, host=None):
    asked = urllib.request.Request(url, headers={} if host is None else {"Host": host})
    with urllib.request.urlopen(asked, timeout=5) as answer:
        return answer.read().decode()


def test_the_page_and_its_log_are_served_to_this_machine_alone(served):
    url, log = served
    assert get(url + "/") == "<p>page</p>"
    assert json.loads(get(url + "/progress?after=0")) == {"records": [], "next": 0}
    ProgressLog(log, "fit")
    answer = json.loads(get(url + "/progress?after=0"))
    assert answer["records"][0]["what"] == "fit"
    assert json.loads(get(f"{url}/progress?after={answer['next']}"))["records"] == []
    assert json.loads(get(url + "/progress?after=-5x"))["next"] == answer["next"]
    for path, host, code in (("/other", None, 404), ("/../etc/passwd", None, 404), ("/", "evil.example", 403)):
        with pytest.raises(urllib.error.HTTPError) as failed:
            get(url + path, host)
        assert failed.value.code == code
        failed.value.close()


def test_a_port_that_is_taken_is_named():
    one = server("")
    with pytest.raises(AuritaError, match="--port"):
        server("", port=one.server_address[1])
    one.server_close()
