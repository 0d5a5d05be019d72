"""The network in other runtimes: Keras in one dtype, LiteRT."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn.utils._param_validation import InvalidParameterError

from sk_rnn import GRUForecaster, LSTMForecaster, make_windows

X, Y = make_windows(100 + 5 * np.sin(np.arange(200) / 5), n_steps=6)


def fit(cls=GRUForecaster, X=X, **parameters):
    parameters = {"epochs": 3, "random_state": 0, "dtype": "float32"} | parameters
    return cls(4, **parameters).fit(X, Y)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("window_scaler", [None, "last", "standard"])
def test_a_model_of_one_dtype_forecasts_the_same(window_scaler, dtype):
    forecaster = fit(window_scaler=window_scaler)
    model = forecaster.to_keras(dtype=dtype)
    assert {tensor.dtype for tensor in (model.input, model.output)} == {dtype}
    assert {weight.dtype for weight in model.weights} == {dtype}
    forecasts = model(X[:, :, np.newaxis].astype(dtype)).numpy()
    assert forecasts.dtype == dtype
    np.testing.assert_allclose(forecasts[:, 0], forecaster.predict(X), rtol=1e-6)


def test_both_ends_are_in_float64_by_default():
    model = fit().to_keras()
    assert model.input.dtype == model.output.dtype == "float64"
    assert model.layers[2].dtype == "float32"


def test_features_have_the_dtype_too():
    import pandas as pd

    frame = pd.DataFrame(X, columns=[f"lag_{lag}" for lag in range(6, 0, -1)])
    frame["holiday"] = np.arange(len(X)) % 2
    forecaster = fit(X=frame, segment_length=4)
    model = forecaster.to_keras(dtype="float32")
    inputs = {"window": X[:, :, np.newaxis], "features": frame[["holiday"]].to_numpy()}
    inputs = {name: values.astype("float32") for name, values in inputs.items()}
    forecasts = model(inputs).numpy()
    np.testing.assert_allclose(forecasts[:, 0], forecaster.predict(frame), rtol=1e-5)


def test_another_dtype_is_refused():
    with pytest.raises(InvalidParameterError, match=r"'float64' or None. Got 'float16"):
        fit().to_keras(dtype="float16")


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")
def test_litert_converts_it_with_its_own_operators():
    forecaster = fit(LSTMForecaster, window_scaler="standard")
    model = forecaster.to_keras(dtype="float32")
    of_one = tf.keras.Input(batch_shape=(1, 6, 1))  # what LiteRT unrolls best
    converter = tf.lite.TFLiteConverter.from_keras_model(
        tf.keras.Model(of_one, model(of_one))
    )
    litert = tf.lite.Interpreter(model_content=converter.convert())
    litert.allocate_tensors()
    (source,), (target,) = litert.get_input_details(), litert.get_output_details()
    forecasts = []
    for row in X[:5, np.newaxis, :, np.newaxis].astype("float32"):
        litert.set_tensor(source["index"], row)
        litert.invoke()
        forecasts.append(litert.get_tensor(target["index"]).item())
    np.testing.assert_allclose(forecasts, forecaster.predict(X[:5]), rtol=1e-6)
