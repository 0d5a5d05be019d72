import io
import multiprocessing
import sys
from threading import Thread

import pytest

from sk_rnn import _progress
from sk_rnn._progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def train(monkeypatch):
    """Tell of epochs, of which each lasts so many seconds by the clock."""

    def run(n_epochs, verbose, *, stop=None, seconds=2.0):
        now = iter(float(seconds * k) for k in range(n_epochs + 1))
        monkeypatch.setattr(_progress.time, "perf_counter", lambda: next(now))
        progress = Progress(n_epochs, verbose)
        for epoch in range(1, (stop or n_epochs) + 1):
            progress.tell(epoch, {"loss": 1 / epoch, "val_loss": 2.0})
        progress.end()

    return run


@pytest.fixture
def train_on_terminal(train, monkeypatch):
    """The same on a terminal; returns all that was written to it."""

    def run(*args, columns=100, **kwargs):
        with monkeypatch.context() as patch:
            patch.setenv("COLUMNS", str(columns))
            patch.setattr(sys, "stdout", Terminal())
            train(*args, **kwargs)
            return sys.stdout.getvalue()

    return run


def test_silent(train, capsys):
    train(3, 0)
    assert capsys.readouterr() == ("", "")


def test_a_log_gets_ten_lines(train, capsys):
    train(100, 1)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert lines[0] == (
        "Epoch  10/100 - 2 s per epoch, 3 min 00 s left - loss: 0.1 - val_loss: 2"
    )
    assert lines[-1] == ("Epoch 100/100 - 2 s per epoch - loss: 0.01 - val_loss: 2")


@pytest.mark.parametrize(("n_epochs", "n_lines"), [(1, 1), (7, 7), (11, 6), (25, 9)])
def test_a_log_of_few_epochs(n_epochs, n_lines, train, capsys):
    train(n_epochs, 1)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == n_lines
    assert lines[-1].startswith(f"Epoch {n_epochs}/{n_epochs} ")


def test_the_last_epoch_is_told_where_training_stops_early(train, capsys):
    train(100, 1, stop=13)
    lines = capsys.readouterr().out.splitlines()
    assert [line[:9] for line in lines] == ["Epoch  10", "Epoch  13"]


def test_a_line_per_epoch(train, train_on_terminal, capsys):
    train(25, 2)
    text = capsys.readouterr().out
    assert [line[:8] for line in text.splitlines()] == [
        f"Epoch {epoch:2}" for epoch in range(1, 26)
    ]
    assert train_on_terminal(25, 2) == text


def test_a_terminal_gets_one_line(train_on_terminal):
    text = train_on_terminal(4, 1)
    nothing, first, *_, last = text.split("\r")
    assert nothing == ""
    assert first == (
        "Epoch 1/4 [=====...............] - 2 s per epoch, 6 s left - loss: 1 - "
        "val_loss: 2"
    )
    assert last.endswith("\n")
    assert last.rstrip() == (
        "Epoch 4/4 [====================] - 2 s per epoch - loss: 0.25 - val_loss: 2"
    )
    assert text.count("\n") == 1
    assert "\x1b" not in text


def test_a_shorter_state_leaves_nothing_of_a_longer_one(train_on_terminal):
    states = train_on_terminal(100, 1).rstrip("\n").split("\r")[1:]
    drawn = [len(state.rstrip(" ")) for state in states]
    assert min(drawn) < max(drawn)
    assert all(len(state) >= n for state, n in zip(states[1:], drawn, strict=False))


def test_a_terminal_is_not_flooded(train_on_terminal):
    """Nor is the last epoch left out."""
    states = train_on_terminal(1005, 1, seconds=0.01).split("\r")[1:]
    assert 50 < len(states) <= 102
    assert states[-1].startswith("Epoch 1005/1005 ")


def test_a_narrow_terminal_is_not_wrapped(train_on_terminal):
    states = train_on_terminal(4, 1, columns=40).rstrip("\n").split("\r")[1:]
    assert max(map(len, states)) == 39


def test_workers_draw_no_bar(train, capsys, monkeypatch):
    """Those of 2 are asked for, and whole lines do not run into each other."""
    for verbose, n_lines in [(1, 0), (2, 3)]:
        thread = Thread(target=train, args=(3, verbose))
        thread.start()
        thread.join()
        assert len(capsys.readouterr().out.splitlines()) == n_lines
        with monkeypatch.context() as patch:
            patch.setattr(multiprocessing, "parent_process", lambda: "a process")
            train(3, verbose)
        assert len(capsys.readouterr().out.splitlines()) == n_lines


def test_without_a_console(train, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    for verbose in 1, 2:
        train(3, verbose)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0123, "12 ms"),
        (1.4, "1 s"),
        (59.9, "60 s"),
        (61, "1 min 01 s"),
        (3599.9, "1 h 00 min"),
        (7320, "2 h 02 min"),
    ],
)
def test_durations(seconds, text):
    assert _progress._duration(seconds) == text
