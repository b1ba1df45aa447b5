"""Bringing a run back by its id: the same to the last bit, or the first step that is not, and why."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import (
    Derive,
    Evaluate,
    Impute,
    OneHot,
    Pipeline,
    RandomSplit,
    ReadParquet,
    Run,
    Standardize,
    Train,
    Transform,
    settings,
)
from mlsys.errors import DataError, MlsysError

pytestmark = pytest.mark.usefixtures("store")


def doubled(rows: pd.DataFrame) -> pd.Series:
    return rows["price"] * 2


def pipeline(*first: Any, **arguments: Any) -> Pipeline:
    steps = [*first, RandomSplit(), Impute(), OneHot(["shop"]), LogisticRegression(), Evaluate()]
    return Pipeline(steps, target="late", **arguments)


@pytest.fixture(scope="module")
def given_run(tracked: Callable[..., str], orders: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run of given rows, of which nothing was kept."""
    return tracked(pipeline(Derive({"more": doubled})), orders)


def tripled(rows: pd.DataFrame) -> pd.Series:
    return rows["price"] * 3


class Drifts(Transform):
    """Draws from nowhere that is recorded."""

    def learn(self, train: Any) -> dict[str, float]:
        return {"noise": float(np.random.default_rng().normal())}

    def apply(self, frame: pd.DataFrame, state: dict[str, float]) -> pd.DataFrame:
        return frame.assign(noise=state["noise"] * frame["price"])


def test_the_same_rows_give_the_same(given_run: str, orders: pd.DataFrame) -> None:
    done = mlsys.reproduce(given_run, data=orders)
    assert done.same and "reproduced" in done._repr_html_()
    assert isinstance(done.run, Run) and set(done.table["outcome"]) == {"same"}


def test_rows_that_were_not_kept_are_asked_for(given_run: str) -> None:
    with pytest.raises(DataError, match=r"was given its rows, which are not kept.*\n.*reproduce\(run, data=frame\)"):
        mlsys.reproduce(given_run)


def test_other_rows_are_the_first_cause(first_of: Callable[..., Any], given_run: str, orders: pd.DataFrame) -> None:
    done = mlsys.reproduce(given_run, data=orders.assign(price=orders["price"] + 1e-9))
    assert first_of(done) == ("data", "differs", ("data",))


def edited(name: str) -> Pipeline:
    own = Derive({"more": doubled})
    return {
        "code": lambda: pipeline(Derive({"more": tripled})),
        "configuration": lambda: pipeline(own).replace(Impute=Impute(numeric=9.0)),
        "estimator": lambda: pipeline(own).replace(Train=Train(LogisticRegression(C=0.1))),
        "seed": lambda: pipeline(own, seed=4),
        "argument": lambda: pipeline(own, exclude=["weight"]),
        "added": lambda: pipeline(own, Derive({"again": doubled}, name="Again")),
        "removed": pipeline,
        "order": lambda: Pipeline(
            [own, RandomSplit(), OneHot(["shop"]), Impute(), LogisticRegression(), Evaluate()],
            target="late",
        ),
    }[name]()


@pytest.mark.quick("code-*", "seed-*", "added-*", "order-*")
@pytest.mark.parametrize(
    ("edit", "step", "outcome", "cause"),
    [
        ("code", "Derive", "differs", ("code",)),
        ("configuration", "Impute", "differs", ("configuration",)),
        ("estimator", "Train", "differs", ("configuration",)),
        ("seed", "Train", "differs", ("seed",)),
        ("argument", "Impute", "differs", ("configuration",)),
        ("added", "Again", "added", ()),
        ("removed", "Derive", "removed", ()),
        ("order", "OneHot", "differs", ("configuration",)),
    ],
)
def test_the_first_step_and_the_cause_are_named(
    first_of: Callable[..., Any],
    given_run: str,
    orders: pd.DataFrame,
    edit: str,
    step: str,
    outcome: str,
    cause: tuple[str, ...],
) -> None:
    done = mlsys.reproduce(given_run, pipeline=edited(edit), data=orders)
    assert first_of(done) == (step, outcome, cause)
    after = [each.step for each in done.steps]
    assert after.index("Evaluate") > after.index(step)


def test_what_moved_is_shown_beside_the_cause(given_run: str, orders: pd.DataFrame) -> None:
    done = mlsys.reproduce(given_run, pipeline=edited("estimator"), data=orders)
    moved = done.metrics.query("metric == 'roc_auc'").iloc[0]
    assert f"{moved['then']:.6g} then, {moved['now']:.6g} now" in repr(done)
    assert (
        moved["now"]
        == done.run.metrics.query(
            "part == 'validation' and model == 'model' and slice == 'all' and metric == 'roc_auc'"
        )["value"].item()
    )


def test_a_step_that_is_not_deterministic_is_named(
    tracked: Callable[..., str], first_of: Callable[..., Any], orders: pd.DataFrame
) -> None:
    steps = [RandomSplit(), Drifts(), Impute(), OneHot(["shop"]), LogisticRegression(), Evaluate()]
    run = tracked(Pipeline(steps, target="late"), orders)
    done = mlsys.reproduce(run, data=orders)
    assert first_of(done) == ("Drifts", "differs", ("none",))
    assert "nothing recorded: the step is not deterministic" in repr(done)


def test_a_change_without_effect_is_mentioned(given_run: str, orders: pd.DataFrame) -> None:
    def other_words(rows: pd.DataFrame) -> pd.Series:
        return rows["price"] + rows["price"]

    done = mlsys.reproduce(given_run, pipeline=pipeline(Derive({"more": other_words})), data=orders)
    assert done.same and "though Derive: code of" in repr(done)


def test_threads_are_a_setting(tracked: Callable[..., str], orders: pd.DataFrame) -> None:
    with settings.override(threads=1):
        run = tracked(pipeline(), orders)
    with settings.override(threads=2):
        done = mlsys.reproduce(run, data=orders)
    causes = {each.step: each.causes for each in done.steps}
    assert causes["Train"] == ("setting",) and "threads changed" in repr(done)


@pytest.mark.long
def test_another_version_of_a_package_is_named(
    in_a_process: Callable[..., Any], given_run: str, orders: pd.DataFrame, tmp_path: Path
) -> None:
    orders.to_parquet("orders.parquet")
    again = tmp_path / "again.py"
    again.write_text(
        textwrap.dedent("""
        import json
        import sys

        import pandas as pd
        import sklearn

        import mlsys

        sklearn.__version__ = "0.1"
        done = mlsys.reproduce(sys.argv[1], data=pd.read_parquet("orders.parquet"))
        print(json.dumps({each.step: [each.causes, each.why] for each in done.steps}))
        """)
    )
    told = in_a_process(again, given_run)
    causes, why = told["Train"]
    assert "package" in causes and "version of sklearn changed" in why


def test_a_run_that_still_waits_for_mlflow(orders: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")  # the discard port: nothing listens
    run = pipeline(Derive({"more": doubled})).run(orders, track=True)
    assert run.mlflow_run_id is None
    assert mlsys.reproduce(run.id, data=orders).same


@pytest.mark.long
def test_each_of_the_variants(orders: pd.DataFrame) -> None:
    variants = pipeline().variants(plain={}, mean={"Impute": Impute(numeric="mean")}).run(orders, track=True)
    for run in variants.values():
        assert run.mlflow_run_id is not None
        assert mlsys.reproduce(run.mlflow_run_id, data=orders).same


@pytest.mark.long
def test_judging_by_folds(tracked: Callable[..., str], first_of: Callable[..., Any], orders: pd.DataFrame) -> None:
    few = Pipeline([Derive({"more": doubled}), Impute(), OneHot(["shop"]), LogisticRegression()], target="late")
    run = tracked(few, orders)
    done = mlsys.reproduce(run, data=orders)
    assert done.same and "folds" in set(done.table["step"])
    other = mlsys.reproduce(run, pipeline=few.replace(Impute=Impute(numeric=9.0)), data=orders)
    assert first_of(other) == ("Impute", "differs", ("configuration",))
    names = [each.step for each in other.steps]
    assert names.index("Train") < names.index("folds") < names.index("Evaluate")


@pytest.mark.quick("False")
@pytest.mark.parametrize("cache", [True, False])
def test_larger_than_memory(tracked: Callable[..., str], orders: pd.DataFrame, cache: bool) -> None:
    orders.to_parquet("orders.parquet")
    steps = [ReadParquet("orders.parquet"), RandomSplit(), Impute(), Standardize(["price"])]
    with settings.override(rows_in_memory=200, rows_per_partition=128):
        many = Pipeline([*steps, OneHot(["shop"]), LogisticRegression(), Evaluate()], target="late")
        run = tracked(many, cache=cache)
        assert mlsys.reproduce(run).same
        other = mlsys.reproduce(run, pipeline=many.replace(Standardize=None))
        assert not other.same and other.first is not None and other.first.step == "Standardize"


def test_states_that_came_from_the_cache(orders: pd.DataFrame) -> None:
    made = pipeline(Derive({"more": doubled}))
    made.run(orders, track=False)
    run = made.run(orders, track=True)
    assert (run.cache_report().query("step == 'Train'")["outcome"] == "hit").all()
    before = sorted(Path(".mlsys/cache").rglob("*"))
    assert run.mlflow_run_id is not None and mlsys.reproduce(run.mlflow_run_id, data=orders).same
    assert sorted(Path(".mlsys/cache").rglob("*")) == before, "no result is used or kept"


def test_nothing_is_written_to_mlflow(given_run: str, orders: pd.DataFrame) -> None:
    import mlflow

    before = len(mlflow.search_runs(search_all_experiments=True))
    mlsys.reproduce(given_run, data=orders)
    assert len(mlflow.search_runs(search_all_experiments=True)) == before


def test_a_model_without_a_run_says_so(orders: pd.DataFrame, tmp_path: Path) -> None:
    folder = pipeline().run(orders, track=False).save(tmp_path / "model")
    with pytest.raises(MlsysError, match="run"):
        mlsys.load(folder).reproduce(data=orders)
