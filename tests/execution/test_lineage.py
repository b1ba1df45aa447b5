"""What a column is made of decides whether it may be a feature, wherever the label stands."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import Derive, NaturalLabel, Pipeline, TimeSplit
from mlsys.errors import LeakageError
from mlsys.execution.lineage import chosen_by, moved_by


@pytest.fixture
def trips(rng) -> pd.DataFrame:
    rows = 400
    return pd.DataFrame(
        {
            "km": rng.gamma(2.0, 10.0, rows),
            "stops": rng.integers(1, 9, rows),
            "minutes": rng.gamma(2.0, 15.0, rows),
            "starts": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(rows), "h"),
        }
    )


LABEL = NaturalLabel("slow", from_column="minutes", rule=lambda minutes: minutes > 25)
MODEL = HistGradientBoostingClassifier(max_iter=9)


def reasons(run) -> dict[str, str]:
    return dict(zip(run.features["column"], run.features["reason"], strict=True))


def test_what_is_made_of_the_labels_source_before_the_label_is_withheld(trips):
    pace, again = (lambda f: f["minutes"] / f["km"]), (lambda f: f["pace"] * 2)
    steps = [Derive({"pace": pace, "twice": again}), LABEL, TimeSplit(validation=0.2, test=0.2), MODEL]
    run = Pipeline(steps, target="slow", time="starts").run(trips, track=False)
    assert "which the label is derived from" in reasons(run)["pace"]
    assert "which the label is derived from" in reasons(run)["twice"]


def test_of_a_function_that_writes_several_columns_only_those_made_of_it_are_withheld(trips):
    def prepared(frame):
        return frame.assign(pace=frame["minutes"] / frame["km"], far=frame["km"] > 20, minutes=frame["minutes"] + 1)

    run = Pipeline([prepared, LABEL, MODEL], target="slow", time="starts").run(trips, track=False)
    assert reasons(run)["far"] == "feature"
    assert "which the label is derived from" in reasons(run)["pace"]


def test_lateness_is_inherited_column_by_column(trips):
    def prepared(frame):
        return frame.assign(pace=frame["minutes"] / frame["km"], far=frame["km"] > 20)

    frame = trips.assign(slow=trips["stops"] > 4)
    run = Pipeline([prepared, MODEL], target="slow", time="starts", known_at={"minutes": "2h"}).run(frame, track=False)
    assert "known only" in reasons(run)["pace"]
    assert reasons(run)["far"] == "feature"


def test_a_column_that_nothing_moves_counts_as_made_of_everything():
    rows = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    found = moved_by(lambda f: f.assign(x=1.0, y=f["a"]), rows, ["a", "b"], ["x", "y"])
    assert found == {"x": frozenset({"a", "b"}), "y": frozenset({"a"})}


def test_a_function_that_refuses_a_disturbance_counts_as_needing_it():
    def strict(frame):
        if frame["a"].isna().any():
            raise ValueError("no nulls")
        return frame.assign(x=frame["a"], y=frame["b"])

    rows = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    assert "a" in moved_by(strict, rows, ["a", "b"], ["x", "y"])["y"]


def test_columns_chosen_by_the_targets_of_all_rows_are_refused_before_anything_learns(rng):
    frame = pd.DataFrame(rng.normal(size=(300, 12)), columns=[f"x{i}" for i in range(12)])
    frame["y"] = (rng.random(300) < 0.5).astype(int)

    def strongest(rows):
        return rows[[*rows.corrwith(rows["y"]).abs().drop("y").nlargest(3).index, "y"]]

    with pytest.raises(LeakageError, match=r"strongest reads the target 'y' of all rows and chooses columns by it"):
        Pipeline([strongest, MODEL], target="y").run(frame, track=False)


def test_recoding_the_target_and_dropping_a_column_is_no_choice(rng):
    frame = pd.DataFrame(rng.normal(size=(300, 3)), columns=list("abc"))
    frame["y"] = np.where(rng.random(300) < 0.5, "yes", "no")

    def tidy(rows):
        return rows.drop(columns="c").assign(y=(rows["y"] == "yes").astype(int))

    assert not chosen_by(tidy, frame, "y")
    run = Pipeline([tidy, MODEL], target="y").run(frame, track=False)
    assert run.leakage.verdict == "not observed"


def test_a_function_that_fails_on_few_rows_is_watched_on_more_and_named(trips):
    def needs_many(frame):
        if len(frame) < 20:
            raise ValueError("too few rows")
        return frame["km"] / 2

    def whole(frame):
        return frame.assign(miles=needs_many(frame))

    for step in (Derive({"miles": needs_many}), whole):
        steps = [step, LABEL, TimeSplit(validation=0.2, test=0.2), MODEL]
        run = Pipeline(steps, target="slow", time="starts").run(trips, track=False)
        assert "too few rows" in next(each.message for each in run.findings if each.code == "LK202")
        assert "miles" in set(run.features.loc[run.features["used"], "column"])
