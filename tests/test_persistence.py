import numpy as np
import pytest

from sk_rnn import PersistenceForecaster

ROWS = np.array([[1.0, 2, 3, 4], [5, 6, 7, 8]])


@pytest.mark.parametrize(
    ("season", "horizon", "expected"),
    [
        (1, 1, [[4], [8]]),  # the last value
        (1, 3, [[4, 4, 4], [8, 8, 8]]),  # again and again
        (3, 1, [[2], [6]]),  # three steps before the step forecast
        (2, 3, [[3, 4, 3], [7, 8, 7]]),  # a horizon longer than the season
        (4, 2, [[1, 2], [5, 6]]),  # as long as the window
    ],
)
def test_the_value_of_a_season_ago(season, horizon, expected):
    y = np.zeros((2, horizon))
    forecaster = PersistenceForecaster(season=season).fit(ROWS, y)
    np.testing.assert_array_equal(forecaster.predict(ROWS), expected)


def test_forecasts_have_the_form_of_y():
    forecaster = PersistenceForecaster()
    assert forecaster.fit(ROWS, [0, 0]).predict(ROWS).shape == (2,)
    assert forecaster.fit(ROWS, [[0], [0]]).predict(ROWS).shape == (2, 1)


def test_a_season_longer_than_the_window_raises():
    with pytest.raises(ValueError, match=r"season=5.*only 4 time step"):
        PersistenceForecaster(season=5).fit(ROWS, [0, 0])


def test_parameters_set_after_fit_do_not_change_forecasts():
    forecaster = PersistenceForecaster(n_channels=2).fit(ROWS, [0, 0])
    forecaster.set_params(season=9, column_order="channel", n_channels=1)
    np.testing.assert_array_equal(forecaster.predict(ROWS), [3, 7])
