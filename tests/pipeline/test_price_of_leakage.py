"""The price of leakage: a leak of known size is priced at it, and what is no leak costs nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

import mlsys
from mlsys import (
    Derive,
    Evaluate,
    GroupSplit,
    Impute,
    NaturalLabel,
    Pipeline,
    Reshape,
    Rows,
    Standardize,
    StratifiedSplit,
    TimeSplit,
    Train,
    TrainOnly,
    Transform,
)
from mlsys.errors import ConfigurationError, DataError, LeakageError
from mlsys.run import PriceOfLeakage


@pytest.fixture(scope="module")
def noise() -> pd.DataFrame:
    """A hundred rows, a thousand features that say nothing."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(100, 1000))).rename(columns="x{}".format)
    return frame.assign(y=rng.permutation([0, 1] * 50))


@pytest.fixture(scope="module")
def visits() -> pd.DataFrame:
    """Patients with many visits, recognised by a feature, whose outcome is theirs alone."""
    rng = np.random.default_rng(1)
    patient = np.repeat(np.arange(100), 12)
    height, outcome = rng.normal(size=100)[patient], rng.integers(0, 2, 100)[patient]
    moments = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, 1200), "D")
    return pd.DataFrame({"patient": patient, "height": height, "day": moments, "ill": outcome})


def only(found: PriceOfLeakage, leak: str | None = None) -> dict[str, Any]:
    rows = found.table if leak is None else found.table[found.table["leak"] == leak]
    assert len(rows) == 1
    return dict(rows.iloc[0])


SELECTION = [SelectKBest(k=20), StratifiedSplit(test=0.0), LogisticRegression(), Evaluate(["accuracy"])]


def test_selection_on_pure_noise_is_priced_at_what_it_pretends(noise: pd.DataFrame) -> None:
    with pytest.raises(LeakageError, match="price_of_leakage"):
        Pipeline(SELECTION, target="y")
    row = only(mlsys.price_of_leakage(SELECTION, noise, target="y", repeats=3))
    assert row["optimistic"] > 0.7 and 0.35 < row["honest"] < 0.65
    assert row["verdict"] == "flatters" and row["compared"] == "paired by fold"
    assert row["gap"] == pytest.approx(row["optimistic"] - row["honest"])


def test_the_optimistic_score_is_that_of_scikit_learn_with_the_same_mistake(noise: pd.DataFrame) -> None:
    from sklearn.model_selection import cross_val_score

    found = mlsys.price_of_leakage(SELECTION, noise, target="y", repeats=1)
    features = noise.drop(columns="y")
    chosen = SelectKBest(k=20).fit_transform(features, noise["y"])
    sides = mlsys.KFolds(5).windows(pd.DataFrame({"id": noise.index, "target": noise["y"]}))
    cv = [tuple(np.flatnonzero((each == side).to_numpy()) for side in ("train", "validation")) for each in sides]
    theirs = cross_val_score(LogisticRegression(), chosen, noise["y"], cv=cv)
    assert only(found)["optimistic"] == pytest.approx(theirs.mean())


def test_a_model_trained_before_the_split_knows_every_answer(noise: pd.DataFrame) -> None:
    steps = [LogisticRegression(), StratifiedSplit(test=0.0), Evaluate(["accuracy"])]
    row = only(mlsys.price_of_leakage(steps, noise, target="y"))
    assert row["optimistic"] == 1.0 and row["honest"] < 0.65 and row["compared"] == "paired by fold"


class Doubled(TrainOnly):
    """Every row twice, the second time a little changed."""

    def change(self, train: Rows, rng: np.random.Generator) -> pd.DataFrame:
        moved = pd.DataFrame(train).assign(x0=train["x0"] + rng.normal(0, 1e-3, len(train)))
        return pd.concat([pd.DataFrame(train), moved])


def test_rows_made_before_the_split_are_dealt_one_by_one(noise: pd.DataFrame) -> None:
    steps = [Doubled(), StratifiedSplit(test=0.0), KNeighborsClassifier(1), Evaluate(["accuracy"])]
    row = only(mlsys.price_of_leakage(steps, noise, target="y"))
    assert row["optimistic"] > 0.8 and row["honest"] < 0.65 and row["compared"] == "unpaired"


def test_a_random_split_of_patients_is_priced(visits: pd.DataFrame) -> None:
    pipeline = Pipeline([GroupSplit(), Train(KNeighborsClassifier(3))], target="ill", group="patient",
                        features=["height"])  # fmt: skip
    row = only(pipeline.price_of_leakage(visits), "random split")
    assert row["optimistic"] > 0.9 and row["honest"] < 0.65 and row["verdict"] == "flatters"
    assert "instead of by group" in row["what"]


def test_random_windows_learn_from_no_more_rows_than_windows_in_time(visits: pd.DataFrame) -> None:
    from mlsys.execution.session import work_of
    from mlsys.pipeline.rehearsing import leaks_for, rehearse

    pipeline = Pipeline([TimeSplit(), LogisticRegression()], target="ill", time="day", features=["height"])
    found = rehearse(pipeline, visits, work_of(pipeline), 20_000, 4, 1)
    leak = next(each for each in leaks_for(found) if each.name == "random split")
    learned = [
        [int((window.sides == "train").sum()) for window in order.windows] for order in (found.honest, leak.order)
    ]
    assert max(learned[1]) <= np.mean(learned[0]) + 1


def test_a_late_column_is_priced_where_it_is_declared(visits: pd.DataFrame) -> None:
    frame = visits.assign(bill=visits["ill"] * 100.0, closed=visits["day"] + pd.Timedelta("9D"))
    pipeline = Pipeline([TimeSplit(), Impute(), LogisticRegression()], target="ill", time="day",
                        exclude=["patient"], known_at={"bill": "closed", "closed": "closed"})  # fmt: skip
    found = pipeline.price_of_leakage(frame)
    row = only(found, "late columns admitted")
    assert row["optimistic"] > 0.99 > row["honest"] and "bill used" in row["what"] and "closed" not in row["what"]
    assert set(pipeline.run(frame, track=False, cache=False).features.query("used")["column"]) == {"height"}


class Remembers(Transform):
    """The mean outcome of each patient, in the sample: a target encoding as one should not write it."""

    def learn(self, train: Rows) -> Any:
        return train.groupby("patient")["ill"].mean()

    def apply(self, frame: pd.DataFrame, means: Any) -> pd.DataFrame:
        return frame.assign(rate=frame["patient"].map(means).fillna(0.5))


def test_steps_that_learn_from_all_rows_are_priced_and_scaling_costs_nothing(visits: pd.DataFrame) -> None:
    arguments = {"target": "ill", "group": "patient", "features": ["height"]}
    scaled = Pipeline([GroupSplit(), Standardize(), LogisticRegression()], **arguments)
    row = only(scaled.price_of_leakage(visits), "every step learns from all rows")
    assert abs(row["gap"]) < 0.01 and row["verdict"] != "flatters"
    encoded = Pipeline([GroupSplit(), Remembers(), LogisticRegression()], **arguments)
    row = only(encoded.price_of_leakage(visits), "every step learns from all rows")
    assert row["optimistic"] > 0.9 and row["verdict"] == "flatters" and "Remembers learned" in row["what"]


def test_resampling_before_the_split_is_a_leak_that_can_be_put_in(noise: pd.DataFrame) -> None:
    pipeline = Pipeline([StratifiedSplit(test=0.0), Doubled(), KNeighborsClassifier(1), Evaluate(["accuracy"])],
                        target="y")  # fmt: skip
    row = only(pipeline.price_of_leakage(noise), "resampled before the split")
    assert row["optimistic"] - row["honest"] > 0.25


def test_test_rows_stay_sealed(noise: pd.DataFrame) -> None:
    steps = [SelectKBest(k=20), StratifiedSplit(test=0.3), LogisticRegression(), Evaluate(["accuracy"])]
    test = StratifiedSplit(test=0.3).split(noise, target="y")["test"].index
    changed = noise.assign(x0=noise["x0"].where(~noise.index.isin(test), 1e6))
    one, other = (mlsys.price_of_leakage(steps, frame, target="y", repeats=1) for frame in (noise, changed))
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    assert one.sealed == len(test)


def test_the_sample_is_by_id_and_takes_groups_whole(visits: pd.DataFrame) -> None:
    from mlsys.execution.session import work_of
    from mlsys.pipeline.rehearsing import rehearse

    pipeline = Pipeline([GroupSplit(), LogisticRegression()], target="ill", group="patient", features=["height"])

    def sampled(frame: pd.DataFrame) -> pd.DataFrame:
        return rehearse(pipeline, frame, work_of(pipeline), 400, 3, 1).honest.rows

    rows = sampled(visits)
    assert 200 < len(rows) < 600 and rows.groupby("patient").size().eq(12).all()
    assert set(sampled(visits.sample(frac=1, random_state=3)).index) == set(rows.index)


@pytest.mark.long
def test_processes_come_to_the_same(noise: pd.DataFrame) -> None:
    one, two = (mlsys.price_of_leakage(SELECTION, noise, target="y", repeats=1, n_jobs=jobs) for jobs in (1, 2))
    pd.testing.assert_frame_equal(one.table, two.table, check_exact=True)


@pytest.mark.long
def test_steps_between_what_learns_and_the_split_run_in_both_orders(noise: pd.DataFrame) -> None:
    frame = noise.assign(raw=noise["y"]).drop(columns="y")
    steps = [
        NaturalLabel("y", from_column="raw", rule=lambda raw: raw > 0), SelectKBest(k=20),
        Derive({"first": lambda rows: rows.iloc[:, 0]}), StratifiedSplit(test=0.0), LogisticRegression(),
        Evaluate(["accuracy"]),
    ]  # fmt: skip
    row = only(mlsys.price_of_leakage(steps, frame, target="y"))
    assert row["gap"] > 0.15


class Stacked(Reshape):
    """Makes other rows."""

    def reshape(self, frame: Rows) -> pd.DataFrame:
        return pd.concat([frame, frame], ignore_index=True)


def test_what_cannot_be_priced_is_refused_with_the_reason(noise: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="cannot be matched"):
        mlsys.price_of_leakage([SelectKBest(k=20), Stacked(), *SELECTION[1:]], noise, target="y")
    with pytest.raises(ConfigurationError, match="no place for a leak"):
        Pipeline([StratifiedSplit(), LogisticRegression()], target="y").price_of_leakage(noise)
    with pytest.raises(ConfigurationError, match="needs a model"):
        mlsys.price_of_leakage([SelectKBest(k=20), StratifiedSplit()], noise, target="y")


def test_an_honest_list_is_priced_as_its_pipeline(visits: pd.DataFrame) -> None:
    steps = [GroupSplit(), Standardize(), LogisticRegression()]
    arguments = {"target": "ill", "group": "patient", "features": ["height"]}
    one = mlsys.price_of_leakage(steps, visits, **arguments)
    pd.testing.assert_frame_equal(one.table, Pipeline(steps, **arguments).price_of_leakage(visits).table)


def test_it_shows_as_text_as_html_and_as_a_picture(noise: pd.DataFrame) -> None:
    found = mlsys.price_of_leakage(SELECTION, noise, target="y", repeats=1)
    assert "instead of" in repr(found) and "flatters" in found._repr_html_()
    drawn = found.plot()
    said = " ".join(text.get_text() for text in drawn.texts)
    assert "honest 0." in said and "optimistic 0." in said
