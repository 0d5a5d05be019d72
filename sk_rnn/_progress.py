"""What training tells while it runs: plain text that reads well in a log, too."""

from __future__ import annotations

import multiprocessing
import shutil
import sys
import threading
import time
from collections.abc import Mapping

_BAR_WIDTH = 20
_SECONDS_BETWEEN = 0.1  # two states of the bar
_LINES = 10  # of a log


class Progress:
    """Tells how far training is.

    ``verbose`` 0 is silent. 1 draws a bar on a terminal, and writes about ten lines
    where the output goes elsewhere: to a notebook, whose copies keep every state of a
    bar, or to a file. In workers, whose bars would run into each other, it is silent. 2
    writes a line per epoch, wherever that is.
    """

    def __init__(self, n_epochs: int, verbose: int):
        self._n_epochs = n_epochs
        self._is_silent = verbose == 0 or (verbose == 1 and _is_worker())
        # Without a console there is no standard output.
        self._is_bar = verbose == 1 and sys.stdout is not None and sys.stdout.isatty()
        self._every = 1 if verbose > 1 else -(-n_epochs // _LINES)
        self._start = time.perf_counter()
        self._shown_at = 0.0
        self._n_drawn = 0  # characters of the bar
        self._untold = ""

    def tell(self, n_done: int, losses: Mapping[str, float]) -> None:
        """Tell the losses after so many epochs, if it is time to."""
        if self._is_silent:
            return
        now = time.perf_counter()
        each = (now - self._start) / n_done
        pace = f"{_duration(each)} per epoch"
        if n_left := self._n_epochs - n_done:
            pace += f", {_duration(each * n_left)} left"
        shown = [f"{name}: {value:.4g}" for name, value in losses.items()]
        self._untold = " - ".join([self._count(n_done), pace, *shown])
        if self._is_bar:
            is_time = now - self._shown_at >= _SECONDS_BETWEEN
        else:
            is_time = n_done % self._every == 0
        if is_time:
            self._shown_at = now
            self._write_untold()

    def end(self) -> None:
        """Tell of the last epoch, and leave the line."""
        self._write_untold()
        if self._n_drawn:
            _write("\n")

    def _count(self, n_done: int) -> str:
        count = f"Epoch {n_done:{len(str(self._n_epochs))}}/{self._n_epochs}"
        if not self._is_bar:
            return count
        n_full = _BAR_WIDTH * n_done // self._n_epochs
        return f"{count} [{'=' * n_full}{'.' * (_BAR_WIDTH - n_full)}]"

    def _write_untold(self) -> None:
        text, self._untold = self._untold, ""
        if text and self._is_bar:
            # What does not fit would start a new line with every state.
            text = text[: shutil.get_terminal_size().columns - 1]
            _write("\r" + text.ljust(self._n_drawn))
            self._n_drawn = len(text)
        elif text:
            _write(text + "\n")


def _is_worker() -> bool:
    """Tell whether a pool runs this, of processes or of threads."""
    is_child = multiprocessing.parent_process() is not None
    return is_child or threading.current_thread() is not threading.main_thread()


def _duration(seconds: float) -> str:
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {seconds:02} s"


def _write(text: str) -> None:
    if sys.stdout is not None:
        sys.stdout.write(text)
        sys.stdout.flush()
