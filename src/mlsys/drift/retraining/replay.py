"""Replays: what policies of retraining would have cost on a history, beside the optimum in hindsight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from mlsys.drift.retraining.excess import Served, reach
from mlsys.drift.retraining.training import TrainingHistory, delay_in_periods
from mlsys.errors import ConfigurationError
from mlsys.pages import drawing, number
from mlsys.steps import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STEPS = (1, 2, 4, 8, 13, 26, 52)
"""Periods between trainings that are tried: of weeks, from each to one a year."""
POLICY, NEVER, ALARM, HINDSIGHT = "this policy", "never", "on alarm", "in hindsight"
LEAD = 5
"""One in so many periods goes before a replay."""
ALARM_LEVEL = 0.9
"""The alarm is one-sided at 5 %."""
Wants = Callable[[int, int], bool]
"""Whether to train at the beginning of a period, given the one at whose beginning the last training was."""


class Policy(Protocol):
    """What a replay asks of a policy."""

    @property
    def delay(self) -> pd.Timedelta:
        """How long labels take."""
        ...

    @property
    def cost_per_error(self) -> float:
        """Price of one unit of loss."""
        ...

    def price(self, stateful: bool = False) -> float:
        """Return the price of a training, or of an update."""
        ...

    def wants(self, served: Served, stateful: bool = False) -> bool:
        """Say whether to train now."""
        ...


@dataclass(frozen=True, repr=False)
class Replay(Result):
    """Result of :meth:`RetrainPolicy.replay`.

    The table has one row for each training and strategy: ``training``, ``strategy``, ``trainings`` (their number),
    ``loss`` (mean of a row), ``cost of losses``, ``cost of training``, ``cost``, ``above hindsight`` (as a share).
    ``tables["trained"]`` lists when each strategy trained.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from mlsys import RetrainPolicy, training_history
    >>> day, x = pd.date_range("2024-01-01", periods=300, freq="6h"), np.tile([-1.0, 0.0, 1.0], 100)
    >>> rows = pd.DataFrame({"day": day, "x": x, "y": x * np.linspace(0, 4, 300)})
    >>> history = training_history(LinearRegression(), rows, target="y", time="day", every="5D", window="10D")
    >>> replay = RetrainPolicy(cost_retrain=5, cost_per_error=1).replay(history)
    >>> costs = replay.table.set_index("strategy")["cost"]
    >>> bool(costs["in hindsight"] <= costs["this policy"] < costs["never"])
    True
    """


@dataclass(frozen=True)
class _Play:
    """One history under one policy: periods, models by period, prices.

    Parameters
    ----------
    first : int
        The first period that is counted; every strategy begins with a model trained before it, which is free.
    waits : int
        Periods until labels are known.
    """

    history: TrainingHistory
    policy: Policy
    first: int
    waits: int

    def model(self, trained: int) -> int:
        """Return the model that a training at the beginning of a period gives: of the labels known by then."""
        return max(trained - self.waits, self.history.first)

    def loss(self, trained: int, served: int) -> float:
        """Return the cost of losses of a period under the model of a training."""
        losses = self.history.losses[self.model(trained), served]
        return float(self.policy.cost_per_error * self.history.rows[served] * losses)

    @property
    def price(self) -> float:
        return self.policy.price(self.history.stateful)

    @property
    def end(self) -> int:
        return len(self.history.periods)

    def served(self, trained: int, now: int) -> Served:
        """Return what is known at the beginning of a period of those since a training."""
        periods = np.arange(trained, now)
        models = np.maximum(periods - self.waits, self.history.first)
        loss = self.history.losses[self.model(trained), periods].copy()
        fresh = self.history.losses[models, periods].copy()
        spread = self.history.spreads[self.model(trained), periods].copy()
        late = periods >= now - self.waits
        loss[late] = fresh[late] = spread[late] = np.nan
        return Served(self.history.rows[periods], loss, fresh, spread, np.full(len(periods), np.nan))

    def trainings(self, wants: Wants) -> list[int]:
        """Return the periods at whose beginning a strategy trains, the first one free."""
        made = [self.first]
        for now in range(self.first + 1, self.end):
            if wants(made[-1], now):
                made.append(now)
        return made

    def in_hindsight(self) -> list[int]:
        """Return the cheapest trainings, by dynamic programming over periods and models (CARA's oracle)."""
        number = self.end - self.first
        cost, last = np.full(number, np.inf), np.zeros(number, dtype=int)
        after = np.zeros(number + 1)
        # after[i]: the least cost of periods i.. if a model is trained at the beginning of period i
        for start in range(number - 1, -1, -1):
            running = 0.0
            for stop in range(start + 1, number + 1):
                running += self.loss(self.first + start, self.first + stop - 1)
                total = running + (self.price + after[stop] if stop < number else 0.0)
                if total < cost[start]:
                    cost[start], last[start] = total, stop
            after[start] = cost[start]
        made, place = [], 0
        while place < number:
            made.append(self.first + place)
            place = int(last[place])
        return made

    def cost_of(self, trained: list[int]) -> tuple[float, float]:
        """Return the costs of losses and of trainings."""
        ends = [*trained[1:], self.end]
        losses = sum(self.loss(at, each) for at, end in zip(trained, ends, strict=True) for each in range(at, end))
        return losses, self.price * (len(trained) - 1)

    def alarmed(self, trained: int, now: int) -> bool:
        """Say whether the newest labelled period is significantly worse than the first one of the same model."""
        served = self.served(trained, now)
        known = np.flatnonzero(~np.isnan(served.loss))
        if len(known) < 2:
            return False
        first, newest = known[0], known[-1]
        error = np.hypot(served.spread[first], served.spread[newest])
        return bool(served.loss[newest] - served.loss[first] > reach(ALARM_LEVEL) * error)

    def strategies(self) -> dict[str, list[int]]:
        """Return when each strategy trains."""
        stateful, steps = self.history.stateful, [each for each in STEPS if each < self.end - self.first]
        wants: dict[str, Wants] = {
            POLICY: lambda trained, now: self.policy.wants(self.served(trained, now), stateful),
            NEVER: lambda trained, now: False,
            **{f"every {_periods(each)}": _every(each) for each in steps},
            ALARM: self.alarmed,
        }
        return {name: self.trainings(each) for name, each in wants.items()} | {HINDSIGHT: self.in_hindsight()}


def _every(periods: int) -> Wants:
    return lambda trained, now: now - trained >= periods


def _periods(number: int) -> str:
    return "period" if number == 1 else f"{number} periods"


def replayed(policy: Policy, history: TrainingHistory | Mapping[str, TrainingHistory], first: int | None) -> Replay:
    """Return the costs of strategies on one history or several."""
    given = dict(history) if isinstance(history, Mapping) else {_kind(history): history}
    odd = next((each for each in given.values() if not isinstance(each, TrainingHistory)), None)
    if not given or odd is not None:
        got = "no history" if odd is None else type(odd).__name__
        raise ConfigurationError(f"replay() got {got}", "give what training_history() returns, or several by name")
    lines, trained = [], []
    for name, each in given.items():
        play = _Play(each, policy, _first(each, policy, first), delay_in_periods(policy.delay, each.length))
        decisions = each.rows[play.first :].sum()
        best = sum(play.cost_of(play.in_hindsight()))
        for strategy, made in play.strategies().items():
            losses, prices = play.cost_of(made)
            loss = losses / (policy.cost_per_error * decisions) if policy.cost_per_error else np.nan
            above = (losses + prices) / best - 1 if best else 0.0
            lines.append((name, strategy, len(made) - 1, loss, losses, prices, losses + prices, above))
            trained += [(name, strategy, each.periods[at]) for at in made[1:]]
    table = pd.DataFrame(lines, columns=[
        "training", "strategy", "trainings", "loss", "cost of losses", "cost of training", "cost", "above hindsight"
    ])  # fmt: skip
    tables = {"trained": pd.DataFrame(trained, columns=["training", "strategy", "period"])}
    verdict, summary = _judged(table)
    return Replay("replay", table, _scalars(table), verdict, summary, tables, draw=_draw)


def _kind(history: Any) -> str:
    return "stateful" if getattr(history, "stateful", False) else "stateless"


def _first(history: TrainingHistory, policy: Policy, first: int | None) -> int:
    waits = delay_in_periods(policy.delay, history.length)
    least = history.first + waits
    begin = max(len(history.periods) // LEAD, least) if first is None else first
    if not least <= begin < len(history.periods) - 1:
        raise ConfigurationError(
            f"replay(first={first!r}) leaves no periods: models with known labels exist from period {least} to "
            f"{len(history.periods) - 1}",
            "give a longer history, or another first=",
        )
    return begin


def _judged(table: pd.DataFrame) -> tuple[str, str]:
    own = table[table["strategy"] == POLICY].sort_values("cost").iloc[0]
    others = table[(table["training"] == own["training"]) & ~table["strategy"].isin([POLICY, HINDSIGHT])]
    best = others.sort_values("cost").iloc[0]
    verdict = "pays" if own["cost"] < best["cost"] else "does not pay"
    costs = f"this policy costs {number(own['cost'])}, {own['above hindsight']:.0%} above hindsight"
    summary = f"{costs}; the best of the others, {best['strategy']!r}, known only afterwards, {number(best['cost'])}"
    return verdict, summary


def _scalars(table: pd.DataFrame) -> dict[str, float]:
    return {f"{row.training}/{row.strategy}": float(str(row.cost)) for row in table.itertuples()}


def _draw(result: Result, ax: Axes) -> None:
    """Draw the cost of each strategy, of losses and of trainings, with hindsight as a line."""
    table = result.table.reset_index(drop=True)
    several = table["training"].nunique() > 1
    names = [f"{row.strategy} ({row.training})" if several else str(row.strategy) for row in table.itertuples()]
    for place, (_, row) in enumerate(table.iterrows()):
        colour = drawing.MINE if row["strategy"] == POLICY else drawing.OTHER
        ax.barh(place, row["cost of losses"], height=0.6, color=colour)
        ax.barh(place, row["cost of training"], left=row["cost of losses"], height=0.6, color=colour, alpha=0.4)
        said = f"{row['trainings']} trainings, {row['above hindsight']:+.0%}"
        drawing.beside(ax, row["cost"], place, said, "black")
    drawing.bar_at(ax, float(table.loc[table["strategy"] == HINDSIGHT, "cost"].min()), "black", "--")
    drawing.finish(ax, names, "cost: losses, and trainings in a lighter tone; dashed: the least in hindsight", 0.3)
    drawing.as_high_as(ax, len(names))
