"""Starting TensorFlow: the Keras backend, thread shares, forked processes."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import keras
import tensorflow as tf

_IMPORTED_BY = os.getpid()
_started_by: int | None = None  # process id
_starting = threading.Lock()


@contextmanager
def on_cpu() -> Iterator[None]:
    """Start TensorFlow, and compute on the CPU; decorates functions, too."""
    start()
    with tf.device("/CPU:0"):
        yield


def start() -> None:
    """Make sure that TensorFlow can compute in this process.

    Free after the first call. A worker process takes the share of threads that its pool
    grants it through ``OMP_NUM_THREADS``, which TensorFlow itself does not read.

    Raises
    ------
    RuntimeError
        If Keras runs on another backend, or if this process was forked after
        TensorFlow had started: its threads did not survive the fork, and any
        computation would wait for them for ever.
    """
    if not tf.executing_eagerly():
        raise RuntimeError(
            "sk_rnn needs TensorFlow's eager execution. Remove "
            "tf.compat.v1.disable_eager_execution(), and call fit and predict outside "
            "of a tf.function."
        )
    if _started_by != os.getpid():
        with _starting:
            _start()


def _start() -> None:
    global _started_by
    if _started_by == os.getpid():  # by another thread, meanwhile
        return
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise RuntimeError(
            f"sk_rnn needs Keras on TensorFlow, but Keras runs on {backend!r}. Set the "
            "environment variable KERAS_BACKEND=tensorflow before keras is imported."
        )
    if not _is_running():
        _take_thread_share()
    elif _started_by is not None or _lost_its_threads():
        raise RuntimeError(
            "This process was forked after TensorFlow had started, and TensorFlow "
            "cannot compute in such a process. Use threads or freshly started "
            "processes instead: joblib's 'threading' or 'loky' backend, or "
            "multiprocessing.set_start_method('spawn')."
        )
    _started_by = os.getpid()


def _is_running() -> bool:
    """Tell whether TensorFlow has started: its thread settings are frozen then."""
    threads = tf.config.threading.get_intra_op_parallelism_threads()
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads + 1)
    except RuntimeError:
        return True
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    return False


def _lost_its_threads() -> bool:
    """Tell whether none of TensorFlow's threads lives here, as after a fork."""
    tasks = Path("/proc/self/task")
    if not tasks.is_dir():
        return False
    names = []
    for task in tasks.iterdir():
        with suppress(FileNotFoundError):  # a thread that has just ended
            names.append((task / "comm").read_text())
    # A process that never forked may have TensorFlow's threads under other names.
    only_python = len(names) <= threading.active_count()
    was_forked = os.getpid() != _IMPORTED_BY
    return (only_python or was_forked) and not any(
        name.startswith("tf_") for name in names
    )


def _take_thread_share() -> None:
    share = os.environ.get("OMP_NUM_THREADS", "")
    if multiprocessing.parent_process() is None or not share.isdecimal():
        return
    settings = tf.config.threading
    if "TF_NUM_INTRAOP_THREADS" not in os.environ:
        settings.set_intra_op_parallelism_threads(int(share))
    if "TF_NUM_INTEROP_THREADS" not in os.environ:
        settings.set_inter_op_parallelism_threads(int(share))
