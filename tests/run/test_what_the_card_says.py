"""The card says what the estimator saw, what became of other columns, for whom it is worse, why a model is withheld."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

from mlsys import (
    Apply,
    CyclicEncode,
    Derive,
    Evaluate,
    OneHot,
    Pipeline,
    RandomSplit,
    Reshape,
    Standardize,
    TargetEncode,
    Train,
)
from mlsys.errors import ConfigurationError, NotPortableError


@pytest.fixture(scope="module")
def trips() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.normal(size=700) for name in ("x", "y", "z")})
    frame = frame.assign(city=rng.choice(["a", "b"], 700), city_part=rng.choice(["n", "s"], 700))
    frame = frame.assign(hour=rng.integers(0, 24, 700), race=rng.choice(["p", "q", "r"], 700))
    return frame.assign(late=frame["x"] + rng.normal(size=700) > 0)


def run(frame: pd.DataFrame, *steps: Any, **arguments: Any) -> Any:
    settings = {"target": "late", "track": False, "cache": False, **arguments}
    how = {key: settings.pop(key) for key in ("track", "cache")}
    return Pipeline(steps, **settings).run(frame, **how)


def without_x(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="x")


class Daily(Reshape):
    def reshape(self, frame: pd.DataFrame, /) -> pd.DataFrame:
        return frame.groupby(np.arange(len(frame)) // 2).agg(
            total=("x", "sum"), late=("late", "first"), z=("z", "first")
        )


NUMBERS = ["x", "y", "z", "hour"]
ENCODERS: dict[str, tuple[list[Any], dict[str, str]]] = {
    "one-hot": (
        [OneHot(["city", "city_part", "race"])],
        {
            "city": "encoded as city_a, city_b by OneHot",
            "city_part": "encoded as city_part_n, city_part_s by OneHot",
            "race": "encoded as race_q, race_p, race_r by OneHot",
        },
    ),
    "cyclic": ([CyclicEncode({"hour": 24})], {"hour": "encoded as hour_sin, hour_cos by CyclicEncode"}),
    "in place": ([TargetEncode(["city"]), Standardize(["x"])], {"city": "feature", "x": "feature"}),
    "scikit-learn's, together": (
        [RandomSplit(), Apply(PCA(2), columns=["x", "z"])],
        {"x": "encoded, with z, as pca0, pca1 by Apply", "z": "encoded, with x, as pca0, pca1 by Apply"},
    ),
    "dropped before the split": ([without_x], {"x": "dropped by without_x"}),
    "dropped after the split": ([RandomSplit(), without_x], {"x": "dropped by without_x"}),
    "not asked for": ([], {"x": "left out by the model"}),
}


@pytest.mark.parametrize("way", ENCODERS)
def test_a_column_is_used_if_the_estimator_saw_it_and_else_it_is_told_what_became_of_it(
    way: str, trips: pd.DataFrame
) -> None:
    steps, told = ENCODERS[way]
    texts = ["city", "city_part", "race"]
    exclude = [name for name in texts if way not in {"one-hot", "in place"} or (way == "in place" and name != "city")]
    features = ["y", "z", "hour"] if way == "not asked for" else None
    done = run(trips, *steps, Train(LogisticRegression(max_iter=2_000), features=features), exclude=exclude)
    table = done.features.set_index("column")
    assert {name: table.loc[name, "reason"] for name in told} == told
    seen = done.state("Train")["features"]
    assert table.index[table["used"]].tolist() == [name for name in table.index if name in seen]
    assert int(table["used"].sum()) == len(seen) == done.state("Train")["estimator"].n_features_in_
    assert f"{len(seen)} of {len(table)} columns" in repr(done)


def test_columns_that_a_reshape_took_are_no_features(trips: pd.DataFrame) -> None:
    table = run(trips, Daily(), LogisticRegression()).features.set_index("column")
    assert table.loc["z", "used"] and table.loc["z", "reason"] == "feature"
    assert table.loc["x", "reason"].endswith("by Daily") and not table.loc["x", "used"]


def test_the_counts_are_the_same_where_the_steps_results_were_kept(trips: pd.DataFrame) -> None:
    steps = [OneHot(["city"]), LogisticRegression()]
    first, again = (run(trips, *steps, exclude=["city_part", "race"], cache=True).features for _ in range(2))
    pd.testing.assert_frame_equal(first, again)


def test_a_run_that_trains_nothing_says_what_may_be_used(trips: pd.DataFrame) -> None:
    pipeline = Pipeline([RandomSplit(), OneHot(["city"]), LogisticRegression()], target="late")
    table = pipeline.run(trips, until="OneHot", track=False).features.set_index("column")
    assert table.loc["x", "used"] and not table.loc["late", "used"]
    assert table.loc["city", "reason"] == "encoded as city_a, city_b by OneHot"


def far(frame: pd.DataFrame) -> pd.Series:
    return frame["x"] > 0


def numbers_only(frame: pd.DataFrame, **arguments: Any) -> Any:
    return run(frame, LogisticRegression(), exclude=["city", "city_part"], **arguments)


@pytest.mark.parametrize("evaluate", [[], [Evaluate(slices=["city"])], [Evaluate(slices={"far": far})]])
def test_sensitive_columns_are_sliced_and_on_the_card(trips: pd.DataFrame, evaluate: list[Any]) -> None:
    steps = [RandomSplit(), LogisticRegression(), *evaluate]
    done = run(trips, *steps, exclude=["city", "city_part"], sensitive=["race"])
    table = done.metrics.query("slice != 'all' and metric == 'roc_auc' and model == 'model'").set_index("slice")
    judged = trips.loc[done.predictions["validation"].index, "race"].value_counts()
    assert {name: table.loc[f"race={name}", "n"] for name in "pqr"} == judged.to_dict()
    line = next(line for line in repr(done).splitlines() if line.strip().startswith("sensitive"))
    assert "race: " in line and " from " in line
    assert f"race: {done.evaluation.sensitive['race']}" in done._repr_html_()


def test_a_sensitive_group_that_the_model_serves_worse_is_named(trips: pd.DataFrame) -> None:
    rng = np.random.default_rng(1)
    rows = pd.concat([trips] * 4, ignore_index=True)
    guessed = rows["late"].mask(rows["race"] == "r", pd.Series(rng.random(len(rows)) < 0.5))
    done = numbers_only(rows.assign(late=guessed.astype(bool), x=rows["x"]), sensitive=["race"])
    assert "worse: race=r" in done.evaluation.sensitive["race"]


def test_sensitive_columns_are_reported_also_where_no_slices_are_wanted(trips: pd.DataFrame) -> None:
    done = run(trips, LogisticRegression(), Evaluate(slices=()), exclude=["city", "city_part"], sensitive=["race"])
    assert set(done.metrics["slice"]) == {"all", "race=p", "race=q", "race=r"}
    done = run(trips, LogisticRegression(), Evaluate(slices=()), exclude=["city", "city_part", "race"])
    assert set(done.metrics["slice"]) == {"all"}


def product(frame: pd.DataFrame) -> pd.Series:
    return frame["x"] * frame["y"]


@pytest.mark.quick("False")
@pytest.mark.parametrize("track", [False, True])
def test_a_model_whose_code_cannot_travel_is_withheld_on_card_page_and_in_mlflow(
    track: bool, trips: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    made = eval("lambda frame: frame['x'] * frame['y']")  # a lambda without a source
    done = numbers_only(trips[["x", "y", "late"]].assign(city=0, city_part=0), track=track)
    assert done.withheld == "" and "withheld" not in repr(done)
    steps = [Derive({"xy": made}), LogisticRegression()]
    done = run(trips[["x", "y", "late"]], *steps, name="withheld", track=track)
    assert "model withheld not portable: " in repr(done)
    assert "model withheld" in done._repr_html_() and "not portable" in done._repr_html_()
    with pytest.raises(NotPortableError) as refused:
        done.save(tmp_path / "model")
    assert done.withheld in refused.value.problem
    final = done.final_test()
    assert final.withheld == done.withheld and "model withheld" in repr(final)
    if track:
        import mlflow

        logged = mlflow.get_run(done.mlflow_run_id).data.tags
        assert f"- **model withheld**: not portable: {done.withheld}" in logged["mlflow.note.content"]
        with pytest.raises(ConfigurationError, match="no portable model"):
            done.register("withheld", alias="champion")


def test_code_that_travels_is_not_withheld(trips: pd.DataFrame) -> None:
    done = run(trips[["x", "y", "late"]], Derive({"xy": product}), LogisticRegression())
    assert done.withheld == "" and "withheld" not in repr(done)
    assert run(trips, RandomSplit()).withheld == ""


def test_the_final_card_tells_columns_as_the_first_one_did() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=6_000), "city": rng.choice(["a", "b"], 6_000)})
    frame["y"] = frame["x"] + rng.normal(size=6_000) > 0
    run = Pipeline([OneHot(["city"]), LogisticRegression()], target="y").run(frame, track=False, cache=False)

    pd.testing.assert_frame_equal(run.final_test().features, run.features)


def test_a_leak_stands_above_the_score_and_once(trips: pd.DataFrame) -> None:
    leaky = run(trips.assign(told=trips["late"]), Standardize(["x"]), LogisticRegression(), features=["x", "told"])
    text, page = leaky.card.text(), leaky.card.html()
    for shown, score in ((text, "model:"), (page, "<svg")):
        assert shown.count("suspected: told") == 1
        assert shown.index("suspected: told") < shown.index(score)
    assert text.splitlines()[1].split()[:4] == ["leakage", "✕", "suspected:", "told;"]
    assert leaky.card.headline.index("leakage suspected: told") < leaky.card.headline.index("roc_auc")


def test_where_nothing_leaks_the_score_stands_first(trips: pd.DataFrame) -> None:
    clean = run(trips, LogisticRegression(), features=["x", "y"])
    text = clean.card.text()
    assert text.index("model:") < text.index("leakage        not observed")
    assert "leakage" not in clean.card.headline
