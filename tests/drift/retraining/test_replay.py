"""Replays add up what strategies cost, and hindsight is the least of all."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, SGDRegressor

from mlsys import RetrainPolicy, training_history
from mlsys.drift.retraining import TrainingHistory
from mlsys.errors import ConfigurationError, DataError


def of_losses(losses: np.ndarray, rows: float = 100.0) -> TrainingHistory:
    number = len(losses)
    known = np.where(np.arange(number)[:, None] <= np.arange(number), losses, np.nan)
    periods = tuple(pd.date_range("2024-01-01", periods=number, freq="7D"))
    return TrainingHistory(
        periods, np.full(number, rows), known, np.full_like(known, 0.01), np.ones(number), pd.Timedelta("7D")
    )


def ageing(number: int = 12, slope: float = 0.01, seed: int = 0) -> TrainingHistory:
    """Models that lose more the older they are, in periods of different difficulty."""
    rng = np.random.default_rng(seed)
    age = np.arange(number) - np.arange(number)[:, None]
    return of_losses(0.1 + slope * age + rng.uniform(0, 0.1, number) + rng.normal(0, 0.003, (number, number)))


def by_strategy(history: TrainingHistory, policy: RetrainPolicy, first: int) -> pd.DataFrame:
    return policy.replay(history, first=first).table.set_index("strategy")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("delay", [None, "14D"])
def test_hindsight_is_the_least_of_all_ways_to_train(seed: int, delay: str | None) -> None:
    history, first, waits = ageing(11, seed=seed), 3, 0 if delay is None else 2
    table = by_strategy(history, RetrainPolicy(4, 1, label_delay=delay), first)
    costs = []
    later = range(first + 1, 11)
    for number in range(len(later) + 1):
        for made in combinations(later, number):
            starts, cost = [first, *made], 4.0 * number
            for period in range(first, 11):
                trained = max(start for start in starts if start <= period)
                cost += 100 * history.losses[max(trained - waits, 0), period]
            costs.append(cost)
    assert table.loc["in hindsight", "cost"] == pytest.approx(min(costs))
    assert (table["cost"] >= min(costs) - 1e-9).all()


def test_never_and_every_period_cost_what_their_losses_add_up_to() -> None:
    history = ageing()
    table = by_strategy(history, RetrainPolicy(4, 2), 2)
    assert table.loc["never", "cost"] == pytest.approx(2 * 100 * history.losses[2, 2:].sum())
    fresh = np.diagonal(history.losses)[2:].sum()
    assert table.loc["every period", "cost"] == pytest.approx(2 * 100 * fresh + 4 * 9)
    assert table.loc["every period", "trainings"] == 9


def test_the_policy_costs_at_most_twice_hindsight_beyond_fresh_models() -> None:
    """What fresh models lose is spent by all; of the rest, the rule spends at most twice the least."""
    for seed in range(5):
        history = ageing(40, 0.004, seed)
        table = by_strategy(history, RetrainPolicy(10, 1), 4)
        fresh = 100 * np.diagonal(history.losses)[4:].sum()
        own, least = (table.loc[name, "cost"] - fresh for name in ("this policy", "in hindsight"))
        assert own <= 2.2 * least


def test_a_policy_that_need_not_train_does_not() -> None:
    table = by_strategy(ageing(20, slope=0.0), RetrainPolicy(50, 1), 3)
    assert table.loc["this policy", "trainings"] == 0
    assert table.loc["in hindsight", "trainings"] == 0


def test_the_past_of_a_policy_is_what_labels_had_shown() -> None:
    """Losses of the last two periods must not change what was decided before."""
    history = ageing(14, 0.02)
    changed = of_losses(np.where(np.arange(14) >= 12, 0.9, history.losses))
    policy = RetrainPolicy(3, 1, label_delay="14D")
    one, other = (policy.replay(which, first=4).tables["trained"] for which in (history, changed))
    for name in ("this policy", "on alarm"):
        decided, again = (each.loc[each["strategy"] == name, "period"].tolist() for each in (one, other))
        assert decided == again


def rows(number: int = 600, drift: float = 4.0) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x = rng.normal(size=number)
    y = x * np.linspace(0, drift, number) + rng.normal(size=number)
    return pd.DataFrame({"day": pd.date_range("2024-01-01", periods=number, freq="6h"), "x": x, "y": y})


def test_models_learn_from_what_came_before_and_nothing_else() -> None:
    frame = rows()
    history = training_history(LinearRegression(), frame, target="y", time="day", every="15D", window="30D")
    period = history.periods[5]
    before = frame[(frame["day"] >= period - pd.Timedelta("30D")) & (frame["day"] < period)]
    served = frame[(frame["day"] >= history.periods[7]) & (frame["day"] < history.periods[8])]
    model = LinearRegression().fit(before[["x"]], before["y"])
    assert history.losses[5, 7] == pytest.approx((served["y"] - model.predict(served[["x"]])).abs().mean())
    assert np.isnan(history.losses[7, 5])


def test_the_freshness_curve_rises_where_the_world_moves_and_nowhere_else() -> None:
    moving, still = (
        training_history(LinearRegression(), rows(drift=drift), target="y", time="day", every="10D", window="30D")
        for drift in (6.0, 0.0)
    )
    assert moving.freshness_curve().verdict == "newer data helps"
    assert moving.freshness_curve().table["extra"].is_monotonic_increasing
    assert still.freshness_curve().table["extra"].abs().max() < 0.05


def test_a_model_that_learns_on_equals_one_that_saw_its_parts() -> None:
    frame, model = rows(240), SGDRegressor(random_state=0)
    history = training_history(model, frame, target="y", time="day", every="10D", start=1, stateful=True)
    by_hand = SGDRegressor(random_state=0)
    for start in (0, 40, 80):
        part = frame.iloc[start : start + 40]
        by_hand.partial_fit(part[["x"]], part["y"])
    served = frame.iloc[120:160]
    assert history.losses[3, 3] == pytest.approx((served["y"] - by_hand.predict(served[["x"]])).abs().mean())


def test_stateless_and_stateful_training_are_replayed_side_by_side() -> None:
    frame, model = rows(240), SGDRegressor(random_state=0)
    both = {
        name: training_history(model, frame, target="y", time="day", every="5D", start=2, stateful=stateful)
        for name, stateful in (("from scratch", False), ("going on", True))
    }
    table = RetrainPolicy(20, 1, cost_update=2).replay(both).table
    every = table[table["strategy"] == "every period"].set_index("training")
    assert every.loc["from scratch", "cost of training"] == 10 * every.loc["going on", "cost of training"]


def test_the_order_of_rows_does_not_matter() -> None:
    one, other = (
        training_history(LinearRegression(), frame, target="y", time="day", every="30D").losses
        for frame in (rows(), rows().sample(frac=1, random_state=0))
    )
    np.testing.assert_allclose(one, other)


def test_the_history_of_a_served_model_can_be_advised_on() -> None:
    history = training_history(LinearRegression(), rows(), target="y", time="day", every="10D", window="30D")
    served = history.served(since="2024-03-01", label_delay="20D")
    assert served["loss"].isna().sum() == 2
    assert RetrainPolicy(10, 1).advise(served).deed == "retrain"


def test_what_cannot_be_replayed_is_named() -> None:
    with pytest.raises(DataError, match="into 1 periods"):
        training_history(LinearRegression(), rows(), target="y", time="day", every="900D")
    with pytest.raises(DataError, match="'y' is null in row 3"):
        training_history(LinearRegression(), rows().assign(y=lambda f: f["y"].where(f.index != 3)),
                         target="y", time="day", every="10D")  # fmt: skip
    with pytest.raises(ConfigurationError, match="has no partial_fit"):
        training_history(LinearRegression(), rows(), target="y", time="day", every="10D", stateful=True)
    with pytest.raises(ConfigurationError, match="return one number for each row"):
        training_history(LinearRegression(), rows(), target="y", time="day", every="10D", loss=lambda y, p: 1.0)
    with pytest.raises(ConfigurationError, match="every='MS' is not a fixed length"):
        training_history(LinearRegression(), rows(), target="y", time="day", every="MS")
    with pytest.raises(ConfigurationError, match="got the class LinearRegression"):
        training_history(LinearRegression, rows(), target="y", time="day", every="10D")
    with pytest.raises(ValueError, match="could not convert") as caught:
        training_history(LinearRegression(), rows().assign(x="text"), target="y", time="day", every="10D")
    assert "as_sklearn()" in caught.value.__notes__[0]
    with pytest.raises(ConfigurationError, match="got DataFrame"):
        RetrainPolicy(1, 1).replay(rows())  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="leaves no periods"):
        RetrainPolicy(1, 1).replay(ageing(), first=11)
