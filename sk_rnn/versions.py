"""What a bug report should say."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from sk_rnn._version import __version__

_PACKAGES = (
    *("tensorflow", "keras", "scikit-learn", "sktime"),
    *("numpy", "pandas", "scipy", "joblib", "matplotlib"),
)
_VARIABLES = (
    *("KERAS_BACKEND", "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "XLA_FLAGS"),
    *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "TF_ENABLE_ONEDNN_OPTS"),
)


def show_versions() -> None:
    """Print versions, threads and devices, for a bug report.

    TensorFlow is imported, but not started.

    Examples
    --------
    >>> import sk_rnn
    >>> sk_rnn.show_versions()
    python ... on ...
    sk_rnn ...
    tensorflow ...
    """
    import tensorflow as tf

    threads = tf.config.threading
    lines = {
        "python": f"{sys.version.split()[0]} on {platform.platform()}",
        "sk_rnn": __version__,
        **{name: _version(name) for name in _PACKAGES},
        "tensorflow": tf.__version__,  # of tensorflow-cpu, too
        "processors": os.cpu_count(),
        "threads": f"{threads.get_intra_op_parallelism_threads()} within and "
        f"{threads.get_inter_op_parallelism_threads()} beside each other (0: chosen by "
        "TensorFlow)",
        "devices": ", ".join(each.name for each in tf.config.list_physical_devices()),
        **{name: os.environ[name] for name in _VARIABLES if name in os.environ},
    }
    width = max(map(len, lines))
    for name, value in lines.items():
        print(f"{name:<{width}}  {value}")  # noqa: T201 - what it is for


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
