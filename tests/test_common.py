"""The estimators under scikit-learn's and sktime's own conformance suites."""

from unittest import SkipTest

import pytest
from sklearn.utils import estimator_checks, get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks
from sktime.utils.estimator_checks import check_estimator as check_sktime_estimator
from sktime.utils.estimator_checks import (
    parametrize_with_checks as parametrize_with_sktime_checks,
)

from sk_rnn import (
    GRUForecaster,
    LSTMForecaster,
    PersistenceForecaster,
    RNNForecaster,
)
from sk_rnn import sktime as series_forecasters

SMALL = {"units": 16, "epochs": 40, "learning_rate": 0.03, "learning_rate_decay": None}
SERIES_FORECASTERS = [
    series_forecasters.RNNForecaster,
    series_forecasters.LSTMForecaster,
    series_forecasters.GRUForecaster,
]
FORECASTERS = [RNNForecaster, LSTMForecaster, GRUForecaster]

OTHER_NETWORKS = [
    LSTMForecaster(**{**SMALL, "units": (16, 8)}),
    GRUForecaster(**SMALL, bidirectional=True),
    RNNForecaster(**{**SMALL, "units": (16, 8)}, bidirectional=True),
]
OF_QUANTILES = [
    forecaster_class(**SMALL, quantiles=(0.1, 0.5, 0.9))
    for forecaster_class in FORECASTERS
]
CALIBRATED = [
    RNNForecaster(**SMALL, calibration_fraction=0.25),
    LSTMForecaster(**SMALL, calibration_fraction=0.25),
    GRUForecaster(**SMALL, calibration_fraction=0.25, quantiles=(0.1, 0.5, 0.9)),
]
WITH_ONE_FAILURE = [
    GRUForecaster(**SMALL, dtype="float32"),
    LSTMForecaster(
        **SMALL, early_stopping=True, n_iter_no_change=40, validation_fraction=0.25
    ),
]

WEIGHTS_AS_REPETITIONS = "check_sample_weight_equivalence_on_dense_data"


def expected_failures(forecaster):
    if forecaster.dtype == "float32":
        reason = "the check compares to 1e-7 whatever the dtype"
    else:
        reason = "weighted and repeated rows are not the same last quarter of the rows"
    return {WEIGHTS_AS_REPETITIONS: reason}


def run_or_fail(check, estimator):
    """Run a check, none of which may be skipped at the defaults."""
    try:
        check(estimator)
    except SkipTest as reason:
        pytest.fail(f"skipped: {reason}")


@parametrize_with_checks([RNNForecaster(), LSTMForecaster(), GRUForecaster()])
def test_check(estimator, check):
    run_or_fail(check, estimator)


@parametrize_with_checks([PersistenceForecaster()])
def test_check_persistence(estimator, check):
    check(estimator)


@pytest.mark.soak
@parametrize_with_checks([*OTHER_NETWORKS, *OF_QUANTILES, *CALIBRATED])
def test_check_other_networks(estimator, check):
    check(estimator)


# Five outputs are five steps ahead: of few rows, none are held out.
@pytest.mark.filterwarnings("ignore:Of 11 windows, early stopping would hold out 2")
@pytest.mark.soak
@parametrize_with_checks(WITH_ONE_FAILURE, expected_failed_checks=expected_failures)
def test_check_but_one(estimator, check):
    check(estimator)


@pytest.mark.parametrize("forecaster_class", FORECASTERS)
def test_nothing_is_left_out_at_the_defaults(forecaster_class):
    """All checks of a weighted, incremental regressor of several outputs are made."""
    tags = get_tags(forecaster_class())
    assert not tags.non_deterministic
    assert not tags.no_validation
    assert not tags._skip_test
    assert not tags.regressor_tags.poor_score
    assert tags.input_tags.two_d_array
    assert tags.input_tags.three_d_array
    assert not tags.input_tags.allow_nan
    assert not tags.input_tags.sparse
    assert tags.target_tags.multi_output
    assert tags.target_tags.single_output
    assert tags.target_tags.required


@pytest.mark.parametrize("forecaster_class", [*FORECASTERS, PersistenceForecaster])
@pytest.mark.parametrize(
    "check",
    [
        "check_dataframe_column_names_consistency",
        "check_inplace_ensure_writeable",
        "check_param_validation",
    ],
)
def test_checks_that_scikit_learn_keeps_to_itself(forecaster_class, check):
    small = {} if forecaster_class is PersistenceForecaster else {"epochs": 2}
    getattr(estimator_checks, check)(
        forecaster_class.__name__, forecaster_class(**small)
    )


# Classes, so that sktime tries all sets of get_test_params. pandas deprecates a default
# that sktime relies on.
pandas_deprecation = pytest.mark.filterwarnings(
    "ignore:Sorting by default when concatenating"
)


# Networks of two epochs wander off.
adrift = pytest.mark.filterwarnings("ignore:.*the forecast, fed back, leaves the range")


@adrift
@pandas_deprecation
@parametrize_with_sktime_checks([series_forecasters.GRUForecaster])
def test_sktime_check(obj, test_name):
    results = check_sktime_estimator(obj, tests_to_run=test_name, raise_exceptions=True)
    assert results


@pytest.mark.soak
@adrift
@pandas_deprecation
@parametrize_with_sktime_checks(
    [series_forecasters.RNNForecaster, series_forecasters.LSTMForecaster]
)
def test_sktime_check_of_the_other_classes(obj, test_name):
    """They differ in their regressor alone."""
    results = check_sktime_estimator(obj, tests_to_run=test_name, raise_exceptions=True)
    assert results


QUANTILES = {"quantiles": (0.05, 0.25, 0.5, 0.75, 0.95)}
CALIBRATION = {"calibration_fraction": 0.3}
POOLED = {"pooling": "global"}


def sure_forecasters(forecaster_class):
    """Return forecasters that tell how sure they are, some for many series at once."""
    direct, _ = forecaster_class.get_test_params()
    short = {**direct, "n_steps": 2}  # panels of 10 steps are split in time
    return [
        forecaster_class(**direct, **QUANTILES),
        forecaster_class(**short, **CALIBRATION, **POOLED),
        forecaster_class(**short, **QUANTILES, **CALIBRATION),
    ]


def more_forecasters(forecaster_class):
    """Return forecasters of many series at once, and further ones that are sure."""
    direct, recursive = forecaster_class.get_test_params()
    short = {**direct, "n_steps": 2}
    return [
        forecaster_class(**recursive, **CALIBRATION),
        forecaster_class(**direct, **POOLED),
        forecaster_class(**recursive, **POOLED),
        forecaster_class(**direct, **POOLED, fine_tune_epochs=1),
        forecaster_class(**short, **POOLED, **QUANTILES, **CALIBRATION),
        forecaster_class(**recursive, **POOLED, **CALIBRATION),
        forecaster_class(**short, **CALIBRATION),
    ]


# So few windows bound no level of 0.05.
few = pytest.mark.filterwarnings("ignore:.*windows to calibrate on, but there are")


normal = pytest.mark.filterwarnings("ignore:.*predict_proba requires skpro")


@few
@normal
@adrift
@pandas_deprecation
@parametrize_with_sktime_checks(sure_forecasters(series_forecasters.GRUForecaster))
def test_sktime_check_of_intervals(obj, test_name):
    results = check_sktime_estimator(obj, tests_to_run=test_name, raise_exceptions=True)
    assert results


@pytest.mark.soak
@few
@normal
@adrift
@pandas_deprecation
@parametrize_with_sktime_checks(
    [
        *sure_forecasters(series_forecasters.RNNForecaster),
        *sure_forecasters(series_forecasters.LSTMForecaster),
    ]
)
def test_sktime_check_of_intervals_of_the_other_classes(obj, test_name):
    results = check_sktime_estimator(obj, tests_to_run=test_name, raise_exceptions=True)
    assert results


@pytest.mark.soak
@few
@normal
@adrift
@pandas_deprecation
@parametrize_with_sktime_checks(
    [each for cls in SERIES_FORECASTERS for each in more_forecasters(cls)]
)
def test_sktime_check_of_further_forecasters(obj, test_name):
    results = check_sktime_estimator(obj, tests_to_run=test_name, raise_exceptions=True)
    assert results


@pytest.mark.parametrize("forecaster_class", SERIES_FORECASTERS)
def test_sktime_leaves_nothing_out(forecaster_class):
    """No tag skips a check, and both strategies are among the parameters tried."""
    for name in "tests:skip_by_name", "tests:skip_all", "tests:python_dependencies":
        assert not forecaster_class.get_class_tag(name)
    params = forecaster_class.get_test_params()
    strategies = {forecaster_class(**each).strategy for each in params}
    assert strategies == {"direct", "recursive"}
