import numpy
import tensorflow

import sk_rnn


def test_versions_threads_and_devices_are_shown(capsys, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    sk_rnn.show_versions()
    lines = capsys.readouterr().out.splitlines()
    shown = dict(line.split(maxsplit=1) for line in lines)
    assert shown["numpy"] == numpy.__version__
    assert shown["tensorflow"] == tensorflow.__version__
    assert "CPU:0" in shown["devices"]
    assert "within" in shown["threads"]
    assert shown["OMP_NUM_THREADS"] == "3"
    assert not any("not installed" in line for line in lines)
