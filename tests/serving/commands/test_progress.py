"""Long work is never silent: a bar where somebody watches, a line now and then where nobody does."""

import threading
from io import StringIO

from rich.console import Console

from serving.commands.terminal import Terminal
from serving.commands.terminal.progress import as_a_bar, as_lines


class Log:
    """Lines that were said, and a way to wait for them."""

    def __init__(self):
        self.lines, self.spoken = [], threading.Event()

    def say(self, line):
        self.lines.append(line)
        self.spoken.set()

    def next(self):
        self.spoken.clear()
        assert self.spoken.wait(30), "nothing was said"
        return self.lines[-1]


def test_a_log_learns_where_the_work_stands_while_the_work_is_busy():
    log = Log()
    with as_lines(log.say, "working", every=0.01) as report:
        assert "working, 0:" in log.next()
        report("deciding", 40_000, 6_000_000)
        log.next()
        assert "deciding 40,000 of 6,000,000, 0:" in log.next()
    lines_written = len(log.lines)
    assert not any(thread.name == "progress" for thread in threading.enumerate())
    assert len(log.lines) == lines_written


def test_short_work_says_nothing_in_a_log():
    log = Log()
    with as_lines(log.say, "working") as report:
        report("deciding", 1, 2)
    assert log.lines == []


def test_work_that_fails_says_no_more():
    log = Log()
    try:
        with as_lines(log.say, "working", every=0.01):
            log.next()
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert not any(thread.name == "progress" for thread in threading.enumerate())


def test_a_bar_is_drawn_where_somebody_watches_and_lines_go_to_standard_error_elsewhere(capsys):
    window = Console(file=StringIO(), force_terminal=True, width=80)
    with as_a_bar(window, "working") as report:
        report("deciding", 1, 2)
    assert "deciding" in window.file.getvalue()
    assert "1/2" in window.file.getvalue()
    terminal = Terminal(as_json=True)
    with terminal.bar() as report:
        report("deciding", 1, 2)
    terminal.say("… deciding 1 of 2")
    assert capsys.readouterr() == ("", "… deciding 1 of 2\n")
