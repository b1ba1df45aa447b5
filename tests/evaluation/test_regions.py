"""Metrics of intervals, prediction sets and abstaining, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys import Evaluate
from mlsys.errors import ConfigurationError
from mlsys.evaluation.judging import judge_for
from mlsys.summaries.wilson import wilson


@pytest.fixture
def scored() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.ones(3), 200)
    frame = pd.DataFrame(shares, columns=["probability_a", "probability_b", "probability_c"])
    sets = {f"in_set_{name}": shares[:, place] > 0.3 for place, name in enumerate("abc")}
    return frame.assign(
        y=rng.choice(list("abc"), 200), prediction=np.array(list("abc"))[shares.argmax(axis=1)],
        abstains=shares.max(axis=1) < 0.5, **sets,
    )  # fmt: skip


def test_sets_and_abstaining_are_judged_without_being_asked_for(scored: pd.DataFrame) -> None:
    found = {row["metric"]: row for row in judge_for(scored, None, 0.95).scores(scored, "rows")}
    inside = np.array([row[f"in_set_{row['y']}"] for row in scored.to_dict("records")])
    answered = scored[~scored["abstains"]]
    right = answered["y"] == answered["prediction"]
    assert found["coverage"]["value"] == inside.mean()
    assert [found["coverage"][end] for end in ("lower", "upper")] == pytest.approx(wilson(inside.sum(), 200))
    assert found["set_size"]["value"] == pytest.approx(scored.filter(like="in_set_").sum(axis=1).mean())
    assert found["abstention_rate"]["value"] == scored["abstains"].mean()
    assert found["selective_accuracy"]["value"] == right.mean()
    assert found["selective_accuracy"]["n"] == len(answered)
    assert [found["selective_accuracy"][end] for end in ("lower", "upper")] == pytest.approx(
        wilson(right.sum(), len(answered))
    )


def test_weights_count(scored: pd.DataFrame) -> None:
    weighed = scored.assign(weight=np.arange(200) % 3 + 1.0)
    repeated = scored.loc[scored.index.repeat(np.arange(200) % 3 + 1)]
    for metric in ("coverage", "set_size", "abstention_rate", "selective_accuracy"):
        judge = judge_for(scored, [metric], 0.95)
        assert judge.values(weighed, "")[metric] == pytest.approx(judge.values(repeated, "")[metric])


def test_the_event_and_other_orders_of_classes_change_nothing() -> None:
    said = pd.DataFrame({"y": ["no", "yes"] * 20, "prediction": "no", "probability_no": 0.6, "probability_yes": 0.4})
    said = said.assign(in_set_no=True, in_set_yes=np.arange(40) < 10)
    from mlsys.dataset import Event

    values = [judge_for(said, ["coverage"], 0.95, Event(each)).values(said, "")["coverage"] for each in ("no", "yes")]
    assert values == [0.625, 0.625]


def test_a_class_that_is_not_known_to_the_model_is_in_no_set(scored: pd.DataFrame) -> None:
    strange = scored.assign(y="d")
    assert judge_for(scored, ["coverage"], 0.95).values(strange, "")["coverage"] == 0.0


def test_they_are_judged_by_slice_and_missed_where_the_model_gives_none(scored: pd.DataFrame) -> None:
    frame = scored.assign(who=np.where(np.arange(200) < 100, "p", "q"))
    found = Evaluate(["accuracy", "coverage"], slices=["who"]).of(train=frame, validation=frame, target="y")
    by_slice = found.table.query("metric == 'coverage' and slice != 'all'")
    assert sorted(by_slice["slice"]) == ["who=p", "who=q"] and by_slice["lower"].notna().all()
    with pytest.raises(ConfigurationError, match=r"needs intervals or prediction sets, which Conformal\(\)"):
        judge_for(scored.filter(regex="^(y|prediction|prob)"), ["coverage"], 0.95)
    with pytest.raises(ConfigurationError, match=r"which Abstain\(\) makes it"):
        judge_for(scored.drop(columns="abstains"), ["abstention_rate"], 0.95)
