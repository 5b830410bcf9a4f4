"""A study in PostgreSQL, with locks of the server; needs a server's programs and a driver."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from glob import glob
from pathlib import Path

import pytest

from aurita.errors import AuritaError
from aurita.studies import ModelPlan, SearchPlan, Study
from aurita.studies._locks import ServerLocks
from aurita.studies.storage import hidden

FOUND = [shutil.which("initdb"), *glob("/usr/lib/postgresql/*/bin/initdb")]
PROGRAMS = next((Path(path).parent for path in FOUND if path), None)
HERE = str(Path(__file__).parent)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def server():
    """The URL of an empty database; the server runs as nobody where we are root, since it refuses that."""
    pytest.importorskip("psycopg")
    if PROGRAMS is None:
        pytest.skip("no PostgreSQL here")
    user = {"user": "nobody"} if os.geteuid() == 0 else {}
    folder = tempfile.mkdtemp(prefix="aurita-pg-")
    if user:
        shutil.chown(folder, "nobody")
    data, port = f"{folder}/data", str(free_port())
    quiet = {"check": True, "capture_output": True, "cwd": folder, **user}
    subprocess.run([PROGRAMS / "initdb", "-D", data, "-U", "aurita", "-A", "trust"], **quiet)
    options = f"-p {port} -k {folder} -h 127.0.0.1 -c fsync=off"
    subprocess.run([PROGRAMS / "pg_ctl", "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start"], **quiet)
    yield f"postgresql+psycopg://aurita:secret@127.0.0.1:{port}/postgres"
    subprocess.run([PROGRAMS / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **quiet)
    shutil.rmtree(folder, ignore_errors=True)


def study(url, name, **options):
    return Study(name, ["sincosnoise"], [ModelPlan("a", "toys:shift", **options)], 4, SearchPlan(trials=3), url)


def test_a_study_runs_on_a_server_with_several_workers(server):
    span = {"rate": {"low": 0.01, "high": 0.1, "log": True}}
    one = study(server, "several", parameters={"pause": 0.05}, search=span)
    assert one.status().left == 7
    status = one.run(2, progress=False)
    assert (status.done, status.left, status.cut_off) == (7, 0, 0)
    assert one.records()["seed"].tolist() == [0, 1, 2, 3]
    assert len(one.records(search=True)) == 3


def test_what_a_dead_worker_left_is_taken_up_at_once(server, tmp_path, monkeypatch):
    one = study(server, "killed", parameters={"pause": 30.0, "log": str(tmp_path / "log")})
    code = (
        f"import sys; sys.path.insert(0, {HERE!r})\n"
        "from aurita.studies import ModelPlan, SearchPlan, Study\n"
        f"Study('killed', ['sincosnoise'], [ModelPlan('a', 'toys:shift', {dict(one.models[0].parameters)!r})], 4,"
        f" SearchPlan(trials=3), {server!r}).run(progress=False)"
    )
    worker = subprocess.Popen([sys.executable, "-c", code])
    while not (tmp_path / "log").exists():
        time.sleep(0.05)
    assert one.status().running == 1
    worker.kill()
    worker.wait()
    # The server needs a moment to see that the session is gone.
    end = time.monotonic() + 20
    while one.status().running and time.monotonic() < end:
        time.sleep(0.05)
    # The pause is over for those who come now.
    import toys

    monkeypatch.setattr(toys.time, "sleep", lambda seconds: None)
    status = one.run(progress=False)
    assert (status.done, status.cut_off) == (4, 1)


def test_a_server_that_is_away_is_a_complaint_without_the_password(server):
    gone = server.replace(server.rsplit(":", 1)[1], f"{free_port()}/postgres")
    with pytest.raises(AuritaError, match="cannot be used") as caught:
        study(gone, "gone").run(progress=False)
    assert "secret" not in str(caught.value)
    assert hidden(gone) in str(caught.value)


def test_a_worker_whose_session_was_ended_takes_its_locks_again(server):
    from sqlalchemy import create_engine, text

    one, other = ServerLocks(server), ServerLocks(server)
    one.take(7)
    assert other.taken(7)
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        ended = text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        connection.execute(ended)
    engine.dispose()
    while other.taken(7):
        time.sleep(0.05)
    one.take(8)
    assert other.taken(7)
    assert other.taken(8)
    one.close()
    while other.taken(8):
        time.sleep(0.05)
    other.close()
