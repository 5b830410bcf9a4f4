"""What a study says while it runs."""

import io

import pytest

from aurita.studies.progress import Display, in_words
from aurita.studies.status import Count, Status


def status(done, failed=0, running=1, seconds=90.0):
    return Status("s", [], [Count("m", "t", 10, done, failed, running)], 0, seconds)


def test_a_line_has_all_that_is_known():
    assert in_words(status(3, 2)) == "s: 3 of 10 done, 2 failed, 1 running, 5 left, about 90 s to go"
    assert in_words(status(10, running=0)) == "s: 10 of 10 done"
    assert in_words(status(0, seconds=None)) == "s: 0 of 10 done, 1 running, 10 left"


def test_outside_a_terminal_a_line_comes_now_and_then_and_at_the_end(monkeypatch):
    from aurita.studies import progress

    stream = io.StringIO()
    with Display(stream) as display:
        for second, done in ((100.0, 0), (110.0, 1), (131.0, 5), (140.0, 9)):
            monkeypatch.setattr(progress.time, "monotonic", lambda second=second: second)
            display(lambda done=done: status(done))
    counts = [line.split()[1] for line in stream.getvalue().splitlines()]
    assert counts == ["0", "5", "9"]


def test_an_interruption_ends_without_a_summary():
    stream = io.StringIO()

    def interrupted():
        with Display(stream) as display:
            display(lambda: status(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(stream.getvalue().splitlines()) == 1


def test_a_terminal_gets_a_bar():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    with Display(stream) as display:
        display(lambda: status(4, 1))
    shown = stream.getvalue()
    assert "5/10" in shown
    assert "1 failed, 1 running, 5 left, about 90 s to go" in shown
