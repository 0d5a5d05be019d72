import keras
import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss

from sk_rnn import _losses
from sk_rnn._losses import row_losses

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("n_outputs", [1, 3, 24])
@pytest.mark.parametrize("name", _losses.NAMES)
def test_losses_are_those_of_keras(name, n_outputs):
    targets, outputs = RNG.normal(scale=2, size=(2, 7, n_outputs))
    expected = keras.losses.get(name)(targets, outputs)
    np.testing.assert_allclose(row_losses(name)(targets, outputs), expected, rtol=1e-12)


@pytest.mark.parametrize("horizon", [1, 3, 24])
def test_the_loss_of_quantiles_is_the_mean_pinball_loss(horizon):
    levels = 0.1, 0.5, 0.9
    targets, outputs = RNG.normal(size=(5, horizon)), RNG.normal(size=(5, horizon, 3))
    losses = row_losses(levels)(targets, outputs.reshape(5, -1))
    for row in range(5):
        by_level = [
            mean_pinball_loss(targets[row], outputs[row, :, k], alpha=level)
            for k, level in enumerate(levels)
        ]
        assert losses[row] == pytest.approx(np.mean(by_level), rel=1e-12)
