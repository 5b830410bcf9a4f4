"""The server: whoever asks whatever, the next one is answered, and nothing of it reaches the terminal."""

import json
import socket
import threading
import time

import pytest

from aurita.pictures import ProgressLog, serving
from aurita.pictures.serving import is_here, server


@pytest.fixture
def at(tmp_path, monkeypatch):
    monkeypatch.setattr(serving._Handler, "timeout", 0.5)
    ProgressLog(tmp_path / "run.jsonl", "fit")
    running = server("<p>page \ud800</p>", tmp_path / "run.jsonl")
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield running.server_address[:2]
    running.shutdown()
    thread.join()
    running.server_close()


def reply(at, request: bytes) -> bytes:
    with socket.create_connection(at, timeout=30) as line:
        line.sendall(request)
        line.shutdown(socket.SHUT_WR)
        answer = b""
        while part := line.recv(65536):
            answer += part
    return answer


def get(at, path: str, host: str = "127.0.0.1") -> tuple[int, bytes]:
    answer = reply(at, f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    return int(answer.split()[1]), answer.split(b"\r\n\r\n", 1)[1]


@pytest.mark.parametrize(
    "after", ["9" * 5000, "-1", "1e9", "\u0661", "%D9%A1", "0x10", "", "9" * 18, "1&after=2", "&".join(["a=1"] * 50)]
)
def test_any_place_of_the_log_may_be_asked_for(at, after):
    code, body = get(at, f"/progress?after={after}".encode("utf-8", "replace").decode("latin-1"))
    assert code in (200, 400)
    if code == 200:
        assert json.loads(body)["next"] > 0


@pytest.mark.parametrize(
    "request_",
    [
        b"",
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/x\r\n\r\n",
        b"\x00\xff\xfe" * 100 + b"\r\n\r\n",
        b"GET " + b"/" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET //[bad HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
    ],
)
def test_what_is_no_request_is_refused_and_the_next_is_answered(at, request_, capfd):
    answer = reply(at, request_)
    assert b"<p>page" not in answer
    assert get(at, "/") == (200, b"<p>page \\ud800</p>")
    assert capfd.readouterr() == ("", "")


def test_clients_that_say_nothing_or_leave_do_not_stop_others(at, capfd):
    silent = [socket.create_connection(at, timeout=30) for _ in range(8)]
    for _ in range(20):
        line = socket.create_connection(at, timeout=30)
        line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        # Reset instead of a farewell.
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        line.close()
    assert get(at, "/")[0] == 200
    # They are let go, by themselves.
    for line in silent:
        assert line.recv(10) == b""
        line.close()
    assert capfd.readouterr() == ("", "")


def test_threads_are_bounded(at, monkeypatch):
    before = threading.active_count()
    lines = [socket.create_connection(at, timeout=30) for _ in range(serving.MOST_CLIENTS + 20)]
    time.sleep(0.3)
    assert threading.active_count() - before <= serving.MOST_CLIENTS
    for line in lines:
        line.close()
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        try:
            assert get(at, "/")[0] == 200
            return
        except (IndexError, OSError):
            time.sleep(0.1)
    pytest.fail("the server never recovered")


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "LocalHost:80", "127.0.0.1", "127.0.0.1:8765", "[::1]", "[::1]:9", "localhost."]
)
def test_this_machine_has_many_names(at, host):
    assert get(at, "/", host)[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:80",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil@localhost",
        "localhost/x",
        "[::1",
        "localhost:x",
        "192.168.0.1",
        "",
        "a" * 3000,
    ],
)
def test_other_names_are_refused(at, host):
    assert get(at, "/", host)[0] == 403
    assert not is_here([host])
    assert not is_here([host, "localhost"])


def test_a_log_that_is_no_log_is_an_error_of_one_request(tmp_path):
    (tmp_path / "folder").mkdir()
    running = server("", tmp_path / "folder")
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    try:
        code, body = get(running.server_address[:2], "/progress")
        assert (code, b"is a folder" in body) == (500, True)
    finally:
        running.shutdown()
        thread.join()
        running.server_close()
