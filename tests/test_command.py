"""How the program ends: one message at most, and the right code."""

import os
import signal
import subprocess
import sys
import time

import pytest

# A child that sets its signals is forked, and JAX, where other tests started it, warns of that.
pytestmark = pytest.mark.filterwarnings("ignore:os.fork")
PROGRAM = [sys.executable, "-m", "aurita"]
LIGHT = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}


def started(arguments, program=PROGRAM, **options):
    # A test runner in the background ignores interruptions, and what it starts would too.
    def listening():
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    return subprocess.Popen(
        [*program, *arguments], env=LIGHT, stderr=subprocess.PIPE, text=True, preexec_fn=listening, **options
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device")
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["forecast", "--help"], ["info"]])
def test_a_full_output_is_one_message(arguments):
    with open("/dev/full", "w") as full, started(arguments, stdout=full) as process:
        _, output = process.communicate(timeout=120)
    assert process.returncode == 1
    assert output.splitlines() == ["error: the output cannot be written: No space left on device"]


def test_a_pipe_that_nobody_reads_is_left_in_silence():
    reading, writing = os.pipe()
    os.close(reading)
    with started(["forecast", "--help"], stdout=writing) as process:
        os.close(writing)
        _, output = process.communicate(timeout=120)
    assert (process.returncode, output) == (1, "")


def test_closed_streams_are_no_matter():
    for closed in ("1>&-", "2>&-", "1>&- 2>&-"):
        command = f'"{sys.executable}" -m aurita --version {closed}'
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=120, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_letters_that_a_terminal_has_not_are_written_by_their_numbers(tmp_path):
    environment = {**LIGHT, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [*PROGRAM, "forecast", os.fsencode(tmp_path) + b"/\xff\xc3\xa4.csv"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.count("error: ") == 1


@pytest.mark.parametrize("seconds", [0.35, 0.8, 1.6])
def test_an_interruption_while_libraries_are_imported(seconds):
    script = "import sys; from aurita.command import main; print('here', flush=True); main()"
    with started(["info"], [sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        # From here on the program answers interruptions; before, the interpreter does.
        assert process.stdout.readline() == "here\n"
        time.sleep(0.05)
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        _, output = process.communicate(timeout=120)
    if process.returncode == 0:
        pytest.skip("it had ended already")
    assert process.returncode == 130
    assert output.splitlines() == ["error: interrupted"]
