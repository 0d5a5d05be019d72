"""What a fitted forecaster says of series: forecasts, and how far off they may be."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sk_rnn._base import BaseRNNForecaster
from sk_rnn._calibration import corrections, n_needed
from sk_rnn._quantiles import require_between
from sk_rnn.sktime._panels import naming, warn
from sk_rnn.sktime._past import Past, first_missing, from_data, is_complete
from sk_rnn.sktime._pool import Pool

_BLOCK_ROWS = 2**14  # scored at a time


class Shift(NamedTuple):
    """Quantiles that are asked for, and how far they are from the forecasts."""

    levels: list[float]
    moves: NDArray  # (n_ahead, n_levels), in the units of the regressor


class Scored(NamedTuple):
    """Scores of rows, and when these were forecast and known, as numbers."""

    scores: NDArray  # (n_rows, n_ahead, n_levels)
    first_times: NDArray  # (n_rows,), of the first target
    last_times: NDArray  # (n_rows,)

    def followed_by(self, own: Scored) -> tuple[NDArray, list[tuple[int, int]]]:
        """Join later scores in the order in which they became known.

        Returned are the scores; and for each of ``own`` its row there, and how many of
        all were known when it was forecast.
        """
        joined = Scored(*map(np.concatenate, zip(self, own, strict=True)))
        order = np.argsort(joined.last_times, kind="stable")
        rows = np.flatnonzero(order >= len(self.scores))
        n_known = joined.last_times[order].searchsorted(joined.first_times[order[rows]])
        return joined.scores[order], list(
            zip(rows.tolist(), n_known.tolist(), strict=True)
        )


def shape_of(shift: Shift | None) -> tuple[int, ...]:
    """Return the shape of what is forecast of one step."""
    return () if shift is None else (len(shift.levels),)


def _fed_back(
    network: BaseRNNForecaster, windows: NDArray, others_ahead: NDArray
) -> tuple[NDArray, NDArray]:
    """Forecast by feeding back, (n_rows, n_ahead, 1); return the first windows too."""
    forecasts = network._continue_series(windows, others_ahead)
    if network.n_steps_ > windows.shape[1]:  # the step to be forecast is part of them
        ahead = np.concatenate([windows[:, -1:, :1], others_ahead[:, :1]], axis=2)
        windows = np.concatenate([windows, ahead], axis=1)
    return forecasts[..., np.newaxis], windows


class ForecastMixin:
    """What the network reads of each series, and what becomes of its outputs.

    Fitted by the class that inherits; see there for the parameters.
    """

    strategy: str
    calibration_fraction: float | None
    adaptation_step: float
    past_covariates: Any
    regressor_: BaseRNNForecaster
    pretrained_windows_: dict
    _pasts: dict  # what is known of each series, by name; a single one is called None
    _network_before: BaseRNNForecaster
    _network_of_fit: BaseRNNForecaster
    _fit_until: dict  # the last time of each series that fit has seen
    _calibrated_from: Any

    @property
    def _past(self) -> Past:
        """The only series, or one of several, for what all have in common."""
        return next(iter(self._pasts.values()))

    def _fitted_values(
        self, steps, past: Past, ahead: pd.Index, shift: Shift | None
    ) -> NDArray:
        """Forecast times already seen, each from what was known before it."""
        timeline = past.times.append(ahead)
        # How many of all times lie before the end of each window.
        ends = len(timeline) - len(ahead) + steps - past.steps[0]
        forecasts = np.full((len(steps), *shape_of(shift)), np.nan)
        for start, piece in past.pieces():
            asked = (ends > start) & (ends <= start + len(piece.y))
            if asked.any():
                own_ends = ends[asked] - start
                read = range(own_ends.min(), own_ends.max() + 1)
                # What lies ahead of the last few is not always known.
                known = piece.known_at(timeline[start:]).ffill().to_numpy(float)
                outputs = self._next_of_complete(piece.rows(read, known), shift)
                forecasts[asked] = outputs[own_ends - read.start]
        return forecasts

    def _next_of_complete(self, rows: NDArray, shift: Shift | None) -> NDArray:
        """Forecast the first step after each window, NaN where it lacks a value."""
        complete = is_complete(rows)
        if complete.all():
            return self._by_network(rows, shift)[:, 0]
        forecasts = np.full((len(rows), *shape_of(shift)), np.nan)
        if complete.any():
            forecasts[complete] = self._by_network(rows[complete], shift)[:, 0]
        return forecasts

    def _by_network(self, rows: NDArray, shift: Shift | None) -> NDArray:
        """Forecast the steps that the network does, (n_rows, n_out[, n_levels])."""
        if shift is None:
            return self.regressor_.predict(rows)
        forecasts = (
            self.regressor_._levels_of(rows)
            if self.strategy == "direct"
            else self.regressor_.predict(rows)[..., np.newaxis]
        )
        moves = shift.moves[: forecasts.shape[1]]
        return self.regressor_._shifted(forecasts, rows, shift.levels, moves)

    def _forecasts(self, pasts: dict, horizons: dict, shifts: dict) -> dict:
        """Forecast the steps after the cutoff that are asked for, of each series."""
        asked = {name: each.steps[each.steps > 0] for name, each in horizons.items()}
        batches: dict = {}  # of series that the network can forecast together
        for name, past in pasts.items():
            if len(asked[name]):
                with naming(name, None):
                    read = self._what_is_read(past, asked[name], horizons[name].ahead)
                kind = id(shifts[name]), read[1].shape[1]
                batches.setdefault(kind, []).append((name, *read))
        forecasts = {}
        for batch in batches.values():
            names = [name for name, _, _ in batch]
            windows = np.concatenate([read for _, read, _ in batch])
            others_ahead = np.concatenate([read for _, _, read in batch])
            shift = shifts[names[0]]
            if self.strategy == "direct":
                found = self._by_network(windows, shift)
            else:
                found, rows = _fed_back(self.regressor_, windows, others_ahead)
                for name, values in zip(names, found, strict=True):
                    with naming(name, None):
                        self._warn_if_adrift(values[:, 0], pasts[name].y)
                found = (
                    found[..., 0]
                    if shift is None
                    else self.regressor_._shifted(
                        found, rows, shift.levels, shift.moves[: found.shape[1]]
                    )
                )
            for name, values in zip(names, found, strict=True):
                places = asked[name] - 1
                if self.strategy == "direct":
                    places = self._past.steps.searchsorted(asked[name])
                forecasts[name] = values[places]
        return forecasts

    def _what_is_read(
        self, past: Past, steps: NDArray, ahead: pd.Index
    ) -> tuple[NDArray, NDArray]:
        """Return the window to forecast from, and the other channels further ahead."""
        is_direct = self.strategy == "direct"
        untrained = np.setdiff1d(steps, past.steps)
        if is_direct and len(untrained):
            raise ValueError(
                f"fh asks for the steps {untrained.tolist()} after {past.y.index[-1]}, "
                f"but the network was trained for {past.steps.tolist()}. Fit again "
                "with this fh, or use strategy='recursive'."
            )
        _, past = past.pieces()[-1]
        past = past._replace(y=past.y.iloc[-past.n_steps :])  # all that is read of it
        past.check_complete()
        needed = past.steps if is_direct else np.arange(1, steps.max() + 1)
        self._require_known(past, needed, ahead)
        if is_direct:
            known = past.known_at(past.y.index.append(ahead)).to_numpy(float)
            row = past.rows(range(len(past.y), len(past.y) + 1), known)
            return row, row[:, :0]
        if len(needed) > 1 and not past.is_known[1:].all():
            raise ValueError(
                f"fh asks for {len(needed)} steps, but from the second on, "
                f"strategy='recursive' would need the past of {self.past_covariates} "
                "at times to come. Use strategy='direct' with past_covariates."
            )
        window = past.windows()[-1:]
        others_ahead = window[:, -1:, 1:].repeat(len(needed), axis=1)
        others_ahead[..., past.is_known[1:]] = past.known_at(ahead[needed - 1])
        return window, others_ahead

    def _warn_if_adrift(self, forecasts: NDArray, seen: pd.Series) -> None:
        """Warn of forecasts, fed back, that go where the series has never been."""
        low, high = seen.min(), seen.max()
        width = high - low
        is_adrift = (forecasts < low - width) | (forecasts > high + width)
        if width > 0 and is_adrift.any():
            step = int(is_adrift.argmax())
            warn(
                f"From step {step + 1} ({forecasts[step]:.4g}) on, the forecast, fed "
                f"back, leaves the range of y so far, {low:.4g} to {high:.4g}, by more "
                "than its width. Where y does not grow like that, small errors added "
                "up: use window_scaler='standard' or None, or strategy='direct'.",
                stacklevel=6,
            )

    def _require_known(self, past: Past, needed: NDArray, ahead: pd.Index) -> None:
        """Refuse to forecast steps at which a known column is missing."""
        missing = first_missing(past.known_at(ahead[needed - 1]))
        if missing is None:
            return
        what = (
            f"the network forecasts the steps {needed.tolist()} together"
            if self.strategy == "direct"
            else f"strategy='recursive' passes through all {len(needed)} steps"
        )
        assert past.X is not None
        lacking = "value" if missing in past.X.index else "row"
        raise ValueError(
            f"X has no {lacking} for {missing}, but {what} and reads "
            f"{past.known_columns} at each. Pass these values of X to predict (the "
            f"last row it has is {past.X.index[-1]}), or name columns that nobody "
            "knows in advance in past_covariates."
        )

    def _shifts(self, pasts: dict, n_ahead: int, levels: list[float]) -> dict:
        """Return by how much to move forecasts at each level, for each series."""
        if self.calibration_fraction is None:
            require_between(levels, self.regressor_._trained_levels)
            n_steps = max(n_ahead, len(self._past.steps))
            none = Shift(levels, np.zeros((n_steps, len(levels))))
            return dict.fromkeys(pasts, none)
        before, later = self._scores(pasts, n_ahead)
        n_scores = len(before.scores) + min(
            len(later[name].scores) if name in later else 0 for name in pasts
        )
        shared = Shift(levels, self._moves(before.scores, [], levels))
        shifts = dict.fromkeys(pasts, shared)
        for name, own in later.items():  # the levels of each adapt to its own values
            scores, adapting = before.followed_by(own)
            shifts[name] = Shift(levels, self._moves(scores, adapting, levels))
        self._warn_of_infinite(levels, n_scores, shifts)
        return shifts

    def _warn_of_infinite(
        self, levels: list[float], n_scores: int, shifts: dict[Any, Shift]
    ) -> None:
        """Warn of levels that are not bounded; and say why.

        ``n_scores`` are those of the series with the fewest.
        """
        worst = max(levels, key=n_needed)
        infinite = [np.isinf(shift.moves).any(axis=0) for shift in shifts.values()]
        n_series = sum(map(np.any, infinite))
        if n_needed(worst) > n_scores:
            warn(
                f"The level {worst:g} needs at least {n_needed(worst)} windows to "
                f"calibrate on, but there are {n_scores}: its bound is infinite. Use a "
                "longer series, a larger calibration_fraction or a smaller coverage.",
                stacklevel=6,
            )
        elif n_series:
            unbounded = np.asarray(levels)[np.any(infinite, axis=0)].tolist()
            warn(
                "So many values lay beyond the bounds of late that the levels "
                f"{unbounded}, adapted, reach beyond all errors so far: these bounds "
                f"are infinite for {n_series} of {len(shifts)} series. They come back "
                "as values fall within them; a smaller adaptation_step "
                f"({self.adaptation_step:g} now) or coverage adapts less.",
                stacklevel=6,
            )

    def _moves(
        self, scores: NDArray, adapting: list[tuple[int, int]], levels: list[float]
    ) -> NDArray:
        """Return by how much to move forecasts at each level, (n_ahead, n_levels)."""
        return corrections(
            scores,
            self.regressor_._trained_levels if scores.shape[2] > 1 else (0.5,),
            levels,
            adapting,
            float(self.adaptation_step),
        )

    def _scores(self, pasts: dict, n_ahead: int) -> tuple[Scored, dict[Any, Scored]]:
        """Score what came since calibration began, by networks that have not seen it.

        Returned are the scores of what ``fit`` has seen, of all series, and those of
        what came later, by series.
        """
        steps, is_direct = np.arange(1, n_ahead + 1), self.strategy == "direct"
        if not is_direct:
            pasts = {name: past._replace(steps=steps) for name, past in pasts.items()}
        pool = Pool.of(pasts.values())
        rows = pool.in_time()
        n_seen = pool.n_times_until(self._fit_until, pasts)
        times, series = pool.times[rows], pool.series[rows]
        is_later = times >= n_seen[series]
        if hasattr(self, "pretrained_windows_"):
            kept = self.pretrained_windows_["calibration"]
            other = Pool.of(
                past._replace(steps=self._past.steps if is_direct else steps)
                for past in from_data(kept["pasts"]).values()
            )
            since = other.calendar.searchsorted(kept["start"])
            earlier = other.in_time()
            earlier = earlier[other.times[earlier] >= since]
            before, _ = self._scored_by(kept["network"], other, earlier)
            long_ago = np.full(len(before.scores), -1)  # of another calendar
            before = Scored(before.scores, long_ago, long_ago)
        else:
            since = pool.calendar.searchsorted(self._calibrated_from)
            earlier = rows[~is_later & (times >= since)]
            before, _ = self._scored_by(self._network_before, pool, earlier)
        scored, rows = self._scored_by(self._network_of_fit, pool, rows[is_later])
        series = pool.series[rows]
        names = list(pasts)
        later = {
            names[n]: Scored(*(values[series == n] for values in scored))
            for n in np.unique(series)
        }
        return before, later

    def _scored_by(
        self, network: BaseRNNForecaster, pool: Pool, chosen: NDArray
    ) -> tuple[Scored, NDArray]:
        """Score a network on rows; return those that have a score, too."""
        n_levels = len(network._trained_levels) if self.strategy == "direct" else 1
        scores = [np.empty((0, pool.targets.shape[1], n_levels))]
        for start in range(0, len(chosen), _BLOCK_ROWS):
            rows, targets = (
                np.asarray(table[chosen[start : start + _BLOCK_ROWS]])
                for table in (pool.windows, pool.targets)
            )
            if self.strategy == "direct":
                forecasts = network._levels_of(rows)
            else:
                n_steps, n_ahead = self._past.n_steps, targets.shape[1]
                rows, others_ahead = rows[:, :n_steps], rows[:, n_steps:, 1:]
                if not others_ahead.shape[1]:
                    others_ahead = rows[:, -1:, 1:].repeat(n_ahead, axis=1)
                forecasts, rows = _fed_back(network, rows, others_ahead)
            scores.append(self.regressor_._scores_on(rows, forecasts, targets))
        found = np.concatenate(scores)
        is_scored = ~np.isnan(found).any(axis=(1, 2))  # else the window has no ratio
        rows = chosen[is_scored]
        return Scored(found[is_scored], pool.times[rows], pool.last_times[rows]), rows
