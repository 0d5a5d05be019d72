"""What an argument that does not exist may have meant, in the words of the user."""

import inspect
import re

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError

import sk_rnn.sktime
from sk_rnn import GRUForecaster, LSTMForecaster

OF_CLASS = "It is a parameter of the class: GRUForecaster"
X, Y = np.ones((4, 3)), np.ones(4)


class MyForecaster(GRUForecaster):
    """A user's class."""


@pytest.mark.parametrize(
    ("cls", "name", "hint"),
    [
        (GRUForecaster, "unit", "Did you mean 'units'?"),
        (LSTMForecaster, "nsteps", "Did you mean 'n_steps'?"),
        (MyForecaster, "hidden_size", "Did you mean 'units'?"),
        (GRUForecaster, "lr", "Did you mean 'learning_rate'?"),
        (GRUForecaster, "xyz", "It has units, n_steps, n_channels, "),
        (sk_rnn.sktime.GRUForecaster, "pred_len", "Did you mean 'horizon'?"),
        (sk_rnn.sktime.GRUForecaster, "window_length", "Did you mean 'n_steps'?"),
    ],
)
def test_a_parameter_that_does_not_exist(cls, name, hint):
    message = f"^{cls.__name__} has no parameter '{name}'. {re.escape(hint)}"
    with pytest.raises(TypeError, match=message):
        cls(**{name: 3})


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("epochs", f"{OF_CLASS}(epochs=…).fit(…)."),
        ("n_epochs", f"{OF_CLASS}(epochs=…).fit(…)."),
        ("validation_data", "Pass X_val=… and y_val=…."),
        ("validation_split", f"{OF_CLASS}(validation_fraction=…).fit(…)."),
        ("sample_weights", "Did you mean 'sample_weight'?"),
        ("shuffle", "It takes X, y, sample_weight, X_val, y_val."),
    ],
)
def test_an_argument_that_fit_does_not_take(name, hint):
    with pytest.raises(TypeError) as caught:
        GRUForecaster().fit(X, Y, **{name: 3})
    assert str(caught.value) == f"GRUForecaster.fit takes no {name!r}. {hint}"


def test_arguments_of_the_other_methods_and_forecasters():
    with pytest.raises(TypeError, match=r"partial_fit takes no 'epochs'. It is a pa"):
        GRUForecaster().partial_fit(X, Y, epochs=3)
    with pytest.raises(TypeError, match=r"GRUForecaster.predict takes no 'verbose'"):
        GRUForecaster().predict(X, verbose=0)
    with pytest.raises(TypeError, match=r"predict_interval takes no 'level'. It takes"):
        GRUForecaster().predict_interval(X, level=0.9)
    with pytest.raises(TypeError, match=r"^GRUForecaster.fit: missing .* 'y'\.$"):
        GRUForecaster().fit(X)
    with pytest.raises(TypeError, match=r"^GRUForecaster: too many .* by name\.$"):
        GRUForecaster(64, 10)
    forecaster = sk_rnn.sktime.LSTMForecaster()
    with pytest.raises(TypeError, match=r"LSTMForecaster.update takes no 'epochs'"):
        forecaster.update(Y, epochs=1)
    with pytest.raises(TypeError, match=r"LSTMForecaster.fit takes no 'epochs'"):
        forecaster.fit(Y, epochs=3)
    with pytest.raises(TypeError, match=r"'validation_data'. It takes y, X, fh."):
        forecaster.fit(Y, validation_data=(Y, Y))


@pytest.mark.parametrize(
    ("params", "hint"),
    [
        ({"optimizer": "ADAM"}, "Got 'ADAM' instead. Did you mean 'adam'?"),
        ({"loss": "huber_loss"}, "Got 'huber_loss' instead. Did you mean 'huber'?"),
        ({"window_scaler": "Last"}, "Got 'Last' instead. Did you mean 'last'?"),
        ({"scaler": "min-max"}, "Got 'min-max' instead. Did you mean 'minmax'?"),
        ({"loss": "crps"}, "Got 'crps' instead."),
        ({"epochs": "many"}, "Got 'many' instead."),
    ],
)
def test_a_word_that_a_parameter_does_not_know(params, hint):
    with pytest.raises(InvalidParameterError, match=re.escape(hint) + "$"):
        GRUForecaster(**params).fit(X, Y)


def test_signatures_are_those_of_the_methods():
    """What clone, get_params, routing and completion in an editor read."""
    for cls in GRUForecaster, sk_rnn.sktime.GRUForecaster:
        names = list(inspect.signature(cls).parameters)
        assert names[:2] == ["units", "n_steps"]
        assert sorted(cls().get_params()) == sorted(names)
        assert inspect.getfullargspec(cls.__init__).varkw is None
    fit = inspect.signature(GRUForecaster.fit).parameters
    assert list(fit) == ["self", "X", "y", "sample_weight", "X_val", "y_val"]
    assert clone(MyForecaster(3, epochs=2)).get_params()["epochs"] == 2
