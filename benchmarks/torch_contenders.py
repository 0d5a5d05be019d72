"""What fit.py races on PyTorch: a plain loop, darts, neuralforecast."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
import torch
from contenders import LEARNING_RATE, Case, Data

OPTIMIZER = {"alpha": 0.9, "eps": 1e-7}  # Keras's defaults
_TRAINER = {
    "accelerator": "cpu",
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}


class RMSprop(torch.optim.RMSprop):
    """RMSprop with Keras's definition: epsilon is added under the square root.

    As many operations as in torch's own, which adds it to the square root.
    """

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._update(weight, group)
        return loss

    def _update(self, weight, group):
        state, gradient = self.state[weight], weight.grad
        if not state:
            state["square_avg"] = torch.zeros_like(weight)
        velocity = state["square_avg"].mul_(group["alpha"])
        velocity.addcmul_(gradient, gradient, value=1 - group["alpha"])
        root = velocity.add(group["eps"]).sqrt_()
        weight.addcdiv_(gradient, root, value=-group["lr"])


@torch.no_grad()
def set_weights(module: torch.nn.Module, weights: list[np.ndarray]) -> None:
    """Give Keras's weights to the only recurrent and the only dense layer of a module.

    PyTorch's LSTM has two biases that are only ever added, which would double every
    update. The second one is zero and stays so.
    """
    (rnn,) = (m for m in module.modules() if isinstance(m, torch.nn.RNNBase))
    (dense,) = (m for m in module.modules() if isinstance(m, torch.nn.Linear))
    kernel, recurrent, bias, dense_kernel, dense_bias = weights
    if rnn.mode == "GRU":
        kernel, recurrent, bias = map(_in_torch_order, (kernel, recurrent, bias))
    else:
        bias = bias, np.zeros_like(bias)
        rnn.bias_hh_l0.requires_grad_(False)
    rnn.weight_ih_l0.copy_(torch.from_numpy(np.array(kernel.T)))
    rnn.weight_hh_l0.copy_(torch.from_numpy(np.array(recurrent.T)))
    rnn.bias_ih_l0.copy_(torch.from_numpy(np.array(bias[0])))
    rnn.bias_hh_l0.copy_(torch.from_numpy(np.array(bias[1])))
    dense.weight.copy_(torch.from_numpy(np.array(dense_kernel.T)))
    dense.bias.copy_(torch.from_numpy(np.array(dense_bias)))


def _in_torch_order(gates: np.ndarray) -> np.ndarray:
    """Reorder a GRU's gates: update, reset, new in Keras; reset, update, new here."""
    update, reset, new = np.split(gates, 3, axis=-1)
    return np.concatenate([reset, update, new], axis=-1)


class _Network(torch.nn.Module):
    def __init__(self, case: Case):
        super().__init__()
        layer = getattr(torch.nn, case.cell.upper())
        dtype = getattr(torch, case.dtype)
        self.rnn = layer(1, case.units, batch_first=True, dtype=dtype)
        self.dense = torch.nn.Linear(case.units, 1, dtype=dtype)

    def forward(self, windows):
        return self.dense(self.rnn(windows)[0][:, -1])


class Torch:
    """``torch.nn.LSTM``, ``GRU`` or ``RNN`` in the loop that everyone writes."""

    def __init__(self, case: Case, data: Data, n_epochs: int):
        self._case, self._data = case, data

    def start(self, weights):
        self._network = _Network(self._case)
        set_weights(self._network, weights)
        self._optimizer = RMSprop(
            self._network.parameters(), lr=LEARNING_RATE, **OPTIMIZER
        )

    def feed(self, order):
        self._X = torch.from_numpy(self._data.X[order])
        self._y = torch.from_numpy(self._data.y[order])

    def epoch(self):
        size, total = self._case.batch_size, 0.0
        loss_of = getattr(torch.nn.functional, f"{self._case.loss}_loss")
        for X, y in zip(self._X.split(size), self._y.split(size), strict=True):
            self._optimizer.zero_grad()
            loss = loss_of(self._network(X), y)
            loss.backward()
            self._optimizer.step()
            total += loss.item() * len(X)
        return total / len(self._X)

    def stop(self):
        pass


class _Lightning(ABC):
    """A library that trains in one long call, made to wait before every epoch.

    The call runs in a thread of its own. Its time from the first batch of an epoch to
    the last is what counts, so what Lightning does between epochs is a present.
    """

    def __init__(self, case: Case, data: Data, n_epochs: int):
        import pytorch_lightning

        for name in "lightning_fabric", "pytorch_lightning":
            logging.getLogger(name).setLevel(logging.ERROR)
        self._case, self._data, self._n_epochs = case, data, n_epochs
        self._go, self._done = threading.Semaphore(0), threading.Semaphore(0)
        self._error: BaseException | None = None
        self._losses: list[float] = []
        contender = self

        class InTurn(pytorch_lightning.Callback):
            def on_fit_start(self, trainer, module):
                set_weights(module, contender._weights)

            def on_train_batch_start(self, trainer, module, batch, i):
                if trainer.global_step % case.n_batches == 0:
                    contender._go.acquire()

            def on_train_batch_end(self, trainer, module, outputs, batch, i):
                contender._losses.append(outputs["loss"].item())
                if trainer.global_step % case.n_batches == 0:
                    contender._done.release()

            def on_train_end(self, trainer, module):
                contender._go.acquire()

        train = self._prepare({**_TRAINER, "callbacks": [InTurn()]})
        self._thread = threading.Thread(target=self._run, args=[train], daemon=True)

    @abstractmethod
    def _prepare(self, trainer: dict) -> Callable[[], object]:
        """Return a function that trains for all epochs."""

    def _run(self, train):
        try:
            train()
        except BaseException as error:
            self._error = error
        finally:
            self._done.release()

    def start(self, weights):
        self._weights = weights
        self._thread.start()

    def feed(self, order):
        self._losses.clear()

    def epoch(self):
        self._go.release()
        self._done.acquire()
        if self._error is not None:
            raise self._error
        return float(np.average(self._losses, weights=self._case.batch_sizes))

    def stop(self):
        self._go.release()
        self._thread.join()


class _Orders(torch.utils.data.Sampler):
    """The orders of one epoch after the other, for windows counted from the last."""

    def __init__(self, case: Case):
        self._case, self._epoch = case, 0

    def __len__(self):
        return self._case.n_rows

    def __iter__(self):
        order = self._case.order(self._epoch)
        self._epoch += 1
        return iter((self._case.n_rows - 1 - order).tolist())


class Darts(_Lightning):
    """``BlockRNNModel``, which takes the order of the rows from a sampler."""

    def _prepare(self, trainer):
        from darts import TimeSeries
        from darts.models import BlockRNNModel

        case = self._case
        model = BlockRNNModel(
            model=case.cell.upper(),
            input_chunk_length=case.n_steps,
            output_chunk_length=1,
            hidden_dim=case.units,
            n_rnn_layers=1,
            batch_size=case.batch_size,
            n_epochs=self._n_epochs,
            optimizer_cls=RMSprop,
            optimizer_kwargs={"lr": LEARNING_RATE, **OPTIMIZER},
            pl_trainer_kwargs=trainer,
        )
        series = TimeSeries.from_values(self._data.series)
        loader = {"sampler": _Orders(case), "shuffle": False}
        return lambda: model.fit(series, dataloader_kwargs=loader)


class NeuralForecast(_Lightning):
    """``LSTM`` or ``GRU``; it draws its batches itself, so they are put in its way."""

    def __init__(self, case: Case, data: Data, n_epochs: int):
        if case.dtype != "float32":
            raise ImportError("neuralforecast computes in float32 only")
        super().__init__(case, data, n_epochs)

    def _prepare(self, trainer):
        import pandas as pd
        from neuralforecast import NeuralForecast, models
        from neuralforecast.losses.pytorch import MSE

        case, batches = self._case, _batches(self._case)

        class InOrder({"lstm": models.LSTM, "gru": models.GRU}[case.cell]):
            def _sample_windows(self, *args, w_idxs, **kwargs):
                return super()._sample_windows(*args, w_idxs=next(batches), **kwargs)

        model = InOrder(
            h=1,
            input_size=case.n_steps,
            encoder_hidden_size=case.units,
            encoder_n_layers=1,
            decoder_layers=1,
            recurrent=False,
            loss=MSE(),
            max_steps=self._n_epochs * case.n_batches,
            learning_rate=LEARNING_RATE,
            optimizer=RMSprop,
            optimizer_kwargs=OPTIMIZER,
            batch_size=1,
            windows_batch_size=case.batch_size,
            scaler_type="identity",
            **trainer,
        )
        series = self._data.series
        table = pd.DataFrame({"unique_id": 0, "ds": range(len(series)), "y": series})
        forecast = NeuralForecast(models=[model], freq=1)
        return lambda: forecast.fit(table)


def _batches(case: Case):
    """Yield the rows of one batch after the other, of one epoch after the other."""
    epoch = 0
    while True:
        yield from torch.from_numpy(case.order(epoch)).split(case.batch_size)
        epoch += 1
