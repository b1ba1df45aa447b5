"""RetrainPolicy: when a training is worth its price."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlsys.drift.asked import delay_of
from mlsys.drift.retraining.advice import MEND, RELABEL, RETRAIN, WAIT, Advice
from mlsys.drift.retraining.excess import Excess, Served, Values, excess_of, reach
from mlsys.drift.retraining.history import History
from mlsys.drift.retraining.replay import Replay, replayed
from mlsys.drift.retraining.training import TrainingHistory
from mlsys.drift.watching.history import History as Checks
from mlsys.errors import ConfigurationError


@dataclass(frozen=True)
class RetrainPolicy:
    """Weigh the price of a training against what an old model costs.

    Parameters
    ----------
    cost_retrain : float
        Price of a training: computing, checking, putting into use.
    cost_per_error : float
        Price of one unit of loss: of one error where the loss is the share of errors.
    label_delay : str or Timedelta, optional
        How long labels take to arrive, such as ``"14D"``; replays then train on labels that old.
    cost_update : float, optional
        Price of an update of a model that learns on (``stateful=True``); by default ``cost_retrain``.
    horizon : int, optional
        Periods that a saving is counted over; by default as many as the model has served.
    level : float
        Of intervals.

    Notes
    -----
    **The rule.** Every period that an old model serves costs its loss beyond that of a model which could have been
    trained by then. Retrain when these costs since the last training exceed the price. It is the rule of the ski
    rental problem (Karlin et al. 1988): without any knowledge of the future, no other fixed rule guarantees a smaller
    ratio to the cost in hindsight, which is at most two for these costs and prices. In words of money: the expected
    saving of a training is what the old model will cost over as long a time again, less the price.

    CARA (Mahadevan and Mathioudakis 2024) weighs the same two costs with thresholds fitted to a history, UPF (Regol et
    al. 2025) forecasts losses with their uncertainty.

    Losses of periods whose labels have not arrived count as estimated, otherwise as the others on average. A period
    whose data was broken is left out.

    Examples
    --------
    >>> history = pd.DataFrame({"rows": [1000] * 6, "loss": [0.10, 0.10, 0.11, 0.13, 0.15, 0.17], "fresh": [0.10] * 6})
    >>> policy = RetrainPolicy(cost_retrain=200, cost_per_error=3)
    >>> advice = policy.advise(history)
    >>> advice.deed, round(advice.saving)
    ('retrain', 280)
    >>> policy.advise(history.head(4)).deed
    'wait'
    """

    cost_retrain: float
    cost_per_error: float
    label_delay: str | pd.Timedelta | None = None
    cost_update: float | None = None
    horizon: int | None = None
    level: float = 0.95

    def __post_init__(self) -> None:
        """Refuse what is no price, duration, number of periods or level."""
        for name in ("cost_retrain", "cost_per_error", "cost_update"):
            value = getattr(self, name)
            if value is None and name == "cost_update":
                continue
            if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 <= float(value) < math.inf:
                raise ConfigurationError(f"RetrainPolicy: {name}={value!r} is not a price", "give 0 or more, in money")
        if self.horizon is not None and (not isinstance(self.horizon, int) or self.horizon < 1):
            raise ConfigurationError(f"RetrainPolicy: horizon={self.horizon!r}", "give a number of periods, 1 or more")
        if isinstance(self.level, bool) or not 0 < self.level < 1:
            raise ConfigurationError(f"RetrainPolicy: level={self.level!r} is not between 0 and 1", "write level=0.95")
        _ = self.delay

    @property
    def delay(self) -> pd.Timedelta:
        """How long labels take."""
        return pd.Timedelta(0) if self.label_delay is None else delay_of(self.label_delay, "RetrainPolicy")

    def price(self, stateful: bool = False) -> float:
        """Return the price of a training, or of an update."""
        return float(self.cost_update if stateful and self.cost_update is not None else self.cost_retrain)

    def advise(self, history: pd.DataFrame | Checks) -> Advice:
        """Say what to do about a model now.

        Parameters
        ----------
        history : DataFrame or History
            ``monitor.history``, or one row for each period, with ``rows`` (number of decisions) and ``loss`` (mean loss
            of a row, null before labels arrive). Optional: ``time``; ``fresh``, the loss on the same rows of a model
            trained with what was known by then; ``spread``, standard error of the loss; ``estimate`` and
            ``estimate_lower``, the loss estimated without labels; ``retrained``, whether a new model began to serve;
            ``broken``, true or a text where the data broke its schema.

        Returns
        -------
        Advice
            ``"retrain"``, ``"wait"``; ``"mend the data"`` if the last period is broken: a model trained on it would
            learn the break; ``"relabel"`` if only periods without labels got worse: a model trained on older labels
            would not know what changed.

        Notes
        -----
        Without ``fresh`` a fresh model is taken to do as well as this one did in its first three periods. If the task
        itself became harder, this is wrong, and a training saves less than is said: ``fresh`` is the proof.
        """
        read = History.of(history.table if isinstance(history, Checks) else history)
        kept, served = read.served()
        found = excess_of(served)
        table = self._table(read, kept, found)
        saving, half, periods = self._saving(found, served)
        said = (saving, saving - half, saving + half, periods)
        if read.broken[-1]:
            why = f"{read.broken[-1]} in the last period: a model trained on it would learn the break"
            return Advice(MEND, np.nan, np.nan, np.nan, periods, why, table, self.price())
        if not np.isfinite(half) and not _only_recent(read, kept):
            why = "no period since the last training has labels or an estimate yet"
            return Advice(WAIT, np.nan, np.nan, np.nan, periods, why, table, self.price())
        if _only_recent(read, kept) and not said[1] > 0:
            why = "periods without labels are estimated to be worse than all that labels have shown; label some of them"
            return Advice(RELABEL, *said, why, table, self.price())
        beside = "" if served.is_compared else "; no fresh model was trained to prove it (column 'fresh')"
        cost = f"the model cost {self.cost_per_error * found.total:,.4g} more than a fresh one since it was trained"
        deed = RETRAIN if saving > 0 else WAIT
        return Advice(deed, *said, f"{cost}, a training costs {self.price():,.4g}{beside}", table, self.price())

    def _saving(self, found: Excess, served: Served, stateful: bool = False) -> tuple[float, float, float]:
        """Return the expected saving, half its interval, and the periods it is counted over."""
        periods = len(served.rows)
        horizon = float(periods if self.horizon is None else self.horizon)
        scale = self.cost_per_error * horizon / max(periods, 1)
        return scale * found.total - self.price(stateful), scale * found.error * reach(self.level), horizon

    def wants(self, served: Served, stateful: bool = False) -> bool:
        """Say whether to train now."""
        return self._saving(excess_of(served), served, stateful)[0] > 0

    def replay(self, history: TrainingHistory | Mapping[str, TrainingHistory], first: int | None = None) -> Replay:
        """Replay a history under this policy and others, and add up what each would have cost.

        Parameters
        ----------
        history : TrainingHistory, or mapping of str to TrainingHistory
            From :func:`training_history`; several, such as stateless and stateful training, are shown side by side.
        first : int, optional
            Number of the period in which replays begin; by default a fifth of the periods go before.

        Returns
        -------
        Replay
            Costs of this policy beside *never*, *every k periods*, *on alarm* (the newest labelled period is
            significantly worse than the first ones), and the optimum *in hindsight* (dynamic programming).
        """
        return replayed(self, history, first)

    def _table(self, read: History, kept: Any, found: Excess) -> pd.DataFrame:
        numbers_of = {name: read.numbers[name][kept] for name in ("rows", "loss", "fresh", "estimate")}
        cost: Values = self.cost_per_error * found.by_period
        return pd.DataFrame({"time": [read.times[each] for each in kept], **numbers_of, "excess cost": cost})


def _only_recent(read: History, kept: Any) -> bool:
    """Say whether periods without labels are estimated to be worse than every one with labels."""
    loss, lower = read.numbers["loss"][kept], read.numbers["estimate_lower"][kept]
    waiting = np.isnan(loss) & ~np.isnan(lower)
    known = loss[~np.isnan(loss)]
    if not waiting.any():
        return False
    return bool(len(known) and np.nanmax(lower[waiting]) > known.max())
