"""sktime's interface: panels and frames of several series."""

import numpy as np
import pandas as pd
import pytest

from sk_rnn.sktime import GRUForecaster, LSTMForecaster

SMALL = {"units": 5, "n_steps": 6, "epochs": 3, "random_state": 0}


def test_a_panel_gets_one_network_each_and_compiles_once(airline, traces):
    panel = pd.concat({"a": airline[:80], "b": 2 * airline[:90]}, names=["line"])
    forecaster = LSTMForecaster(**SMALL).fit(panel.to_frame(), fh=[1, 2])
    forecasts = forecaster.predict()
    for line, series in [("a", airline[:80]), ("b", 2 * airline[:90])]:
        alone = LSTMForecaster(**SMALL).fit(series, fh=[1, 2])
        np.testing.assert_array_equal(
            forecasts.loc[line].to_numpy()[:, 0], alone.predict().to_numpy()
        )
    assert len(traces) == len(set(traces)) > 0


def test_a_panel_in_threads_gives_the_same_bits(airline):
    panel = pd.concat({i: airline[:80] + i for i in range(4)}, names=["line"])
    forecaster = GRUForecaster(**SMALL)
    expected = forecaster.fit(panel.to_frame(), fh=[1, 2]).predict()
    forecaster = forecaster.clone().set_config(**{"backend:parallel": "threading"})
    pd.testing.assert_frame_equal(
        forecaster.fit(panel.to_frame(), fh=[1, 2]).predict(), expected
    )


def test_several_columns_get_one_network_each(airline):
    frame = pd.DataFrame({"a": airline, "b": airline[::-1].to_numpy()})
    forecasts = GRUForecaster(**SMALL).fit(frame, fh=[1, 2]).predict()
    alone = GRUForecaster(**SMALL).fit(frame.b, fh=[1, 2]).predict()
    assert forecasts.columns.tolist() == ["a", "b"]
    np.testing.assert_array_equal(forecasts.b.to_numpy(), alone.to_numpy())


def test_a_failed_update_of_a_panel_changes_nothing(airline):
    panel = pd.concat({"a": airline[:50], "b": airline[:50]}, names=["line"]).to_frame()
    forecaster = GRUForecaster(**SMALL).fit(panel, fh=[1])
    expected = forecaster.predict()
    more = pd.concat({"a": airline[50:60], "b": airline[50:60] / 0.0}, names=["line"])
    with pytest.raises(ValueError, match="y contains infinity"):
        forecaster.update(more.to_frame())
    assert forecaster.cutoff[0] == airline.index[49]
    pd.testing.assert_frame_equal(forecaster.predict(), expected)
