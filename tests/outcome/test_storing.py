"""What came out of a run on disk: the same when it is read, damage is named, and no row of the data is among it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import (
    Dataset,
    Evaluate,
    Gate,
    Metric,
    Pipeline,
    RandomSplit,
    Report,
    Result,
    Run,
    beats,
    compare,
    load,
    metric,
    promote,
)
from mlsys.errors import ConfigurationError, DataError, StateError
from mlsys.outcome import Outcome, outcome_of_run
from mlsys.outcome.storing import load_outcome, save_outcome


class Odd(Report):
    """Finds what has no storage format: a picture of its own, an object, rows, and columns of Arrow's."""

    def report(self, dataset: Dataset, /) -> Result:
        table = pd.DataFrame({"when": pd.period_range("2020", periods=2, freq="M"), "n": [1, 2]})
        arrow = pd.DataFrame({"v": pd.array([1, None], dtype=pd.ArrowDtype(pa.int64()))})
        facts = {"limit": 3, "rows": dataset["train"], "held": object()}
        return Result("odd", table, {"n": 2.0}, "no alarm", "said", {"arrow": arrow}, facts=facts,
                      draw=lambda result, ax: None)  # fmt: skip


@pytest.fixture
def run(shop: pd.DataFrame) -> Run:
    steps = [RandomSplit(), LogisticRegression(), Evaluate(), Odd()]
    return Pipeline(steps, target="returned", features=["price"]).run(shop, track=False, cache=False)


def test_what_is_read_is_what_was_written(run: Run, tmp_path: Path) -> None:
    save_outcome(run.outcome, tmp_path / "outcome")
    found = load_outcome(tmp_path / "outcome")
    assert found == run.outcome and found.card.text() == run.card.text()
    pd.testing.assert_frame_equal(found.features, run.features)
    pd.testing.assert_frame_equal(found.metrics, run.metrics, check_exact=True)
    assert found.findings == run.findings and found.rows == run.rows
    gate = Gate(beats("zero_rule"), metric("roc_auc").lower >= 0.5)
    assert gate.check(found.reports) == gate.check(run.reports)


def test_results_are_kept_as_far_as_they_have_a_form(run: Run) -> None:
    odd = run.outcome.reports["odd"]
    assert (odd.verdict, odd.summary, dict(odd.scalars), odd.draw) == ("no alarm", "said", {"n": 2.0}, None)
    assert odd.table["when"].tolist() == ["2020-01", "2020-02"] and odd.table["n"].tolist() == [1, 2]
    assert odd.tables["arrow"]["v"].isna().tolist() == [False, True] and not odd.facts
    assert run.reports["odd"].facts["limit"] == 3, "the run's own result stays as it is"


def test_no_row_of_the_data_is_written(run: Run, tmp_path: Path) -> None:
    outcome = run.outcome
    assert outcome.scored is not None and outcome.judged
    save_outcome(outcome, tmp_path / "outcome")
    assert load_outcome(tmp_path / "outcome").scored is None
    held = sum(len(path.read_bytes()) for path in (tmp_path / "outcome").iterdir())
    save_outcome(replace(outcome, scored=None, judged=""), tmp_path / "without")
    assert abs(held - sum(len(path.read_bytes()) for path in (tmp_path / "without").iterdir())) < 100


def test_each_damaged_file_is_named(run: Run, tmp_path: Path) -> None:
    save_outcome(run.outcome, tmp_path / "outcome")
    for path in sorted((tmp_path / "outcome").iterdir()):
        content = path.read_bytes()
        for damage in (content[: len(content) // 2], content[:-2] + b"~}", b""):
            if damage == content:
                continue
            path.write_bytes(damage)
            with pytest.raises(StateError, match=path.name):
                load_outcome(tmp_path / "outcome")
        path.unlink()
        with pytest.raises(StateError, match=path.name):
            load_outcome(tmp_path / "outcome")
        path.write_bytes(content)
    assert load_outcome(tmp_path / "outcome") == run.outcome


def test_another_layout_and_another_state_are_refused(run: Run, tmp_path: Path) -> None:
    from mlsys.outcome.plain import as_state
    from mlsys.states import save_state

    save_state({**as_state(run.outcome), "format": 99}, tmp_path / "later")
    with pytest.raises(StateError, match="layout 99"):
        load_outcome(tmp_path / "later")
    strange: list[Any] = [{"format": 1}, [1], {"format": 1, **as_state(run.outcome), "more": 1}]
    for number, state in enumerate(strange):
        save_state(state, tmp_path / str(number))
        with pytest.raises(StateError, match=f"{number} cannot be read"):
            load_outcome(tmp_path / str(number))


def test_a_run_that_judged_nothing_has_an_outcome(shop: pd.DataFrame, tmp_path: Path) -> None:
    run = Pipeline([RandomSplit(), LogisticRegression()], target="returned", features=["price"]).run(
        shop, until="RandomSplit", track=False
    )
    save_outcome(run.outcome, tmp_path / "outcome")
    found = load_outcome(tmp_path / "outcome")
    assert found == run.outcome and found.card.text() == run.card.text() and not found.cost
    with pytest.raises(ConfigurationError, match="no evaluation"):
        _ = found.metrics


def test_an_audit_and_the_opened_test_rows_are_in_the_outcome(run: Run, tmp_path: Path) -> None:
    audit = run.audit_leakage(verbose=False)
    final = run.final_test()
    for number, each in enumerate((run, final)):
        save_outcome(each.outcome, tmp_path / str(number))
        found = load_outcome(tmp_path / str(number))
        assert found == each.outcome and found.card.text() == each.card.text()
        assert repr(found.leakage) == repr(each.leakage)
    assert load_outcome(tmp_path / "0").audit == audit and final.outcome.stage == "test"
    assert final.outcome != run.outcome


def test_judging_rows_that_are_gone_or_others_are_told(shop: pd.DataFrame, tmp_path: Path) -> None:
    pipeline = Pipeline([RandomSplit(), LogisticRegression()], target="returned", features=["price"])
    run = pipeline.run(shop)
    then = load(str(run.mlflow_run_id)).outcome
    assert compare(then, run).table["difference"].tolist() == [0.0, 0.0]
    place = tmp_path / ".mlsys" / "runs" / run.id / "rows" / "judged" / then.judged
    kept = {path: path.read_bytes() for path in place.iterdir()}
    other = pipeline.replace(Train=LogisticRegression(C=1e-4)).run(shop)
    for path in kept:
        path.unlink()
    for path in (tmp_path / ".mlsys" / "runs" / other.id / "rows" / "judged" / other.outcome.judged).iterdir():
        (place / path.name).write_bytes(path.read_bytes())
    with pytest.raises(DataError, match="are not those it was evaluated on"):
        compare(then, run)
    for path in place.iterdir():
        path.unlink()
    place.rmdir()
    with pytest.raises(DataError, match="are not here"):
        compare(then, run)


def test_rows_that_were_sent_are_found_in_mlflow(shop: pd.DataFrame, tmp_path: Path) -> None:
    import shutil

    pipeline = Pipeline([RandomSplit(), LogisticRegression()], target="returned", features=["price"])
    run = pipeline.run(shop, log_rows=True)
    then = load(str(run.mlflow_run_id)).outcome
    shutil.rmtree(tmp_path / ".mlsys" / "runs")
    pd.testing.assert_frame_equal(compare(then, run).table, compare(run.outcome, run).table)


@pytest.mark.parametrize("given", [([1, 2],), (3,), ({"a": None, "b": None},), ("one", "two")])
def test_what_is_no_run_is_refused_by_compare(given: tuple[Any, ...]) -> None:
    with pytest.raises(ConfigurationError, match=r"compare\(\) got (int|str|NoneType) beside runs"):
        compare(*given)


def test_a_version_is_promoted_by_what_was_found_when_it_was_registered(shop: pd.DataFrame, tmp_path: Path) -> None:
    import shutil

    pipeline = Pipeline([RandomSplit(), LogisticRegression()], target="returned", features=["price"])
    final = pipeline.run(shop).final_test()
    assert final.register("kept", alias="challenger")
    shutil.rmtree(tmp_path / ".mlsys")
    gate = Gate(metric("roc_auc").lower >= 0.0, beats("zero_rule"))
    done = promote("kept", "challenger", gate=gate)
    assert [tuple(row) for row in done.terms.itertuples(index=False)] == gate.check(final.reports)
    found = load("models:/kept@challenger").outcome
    assert found.stage == "test" and found == final.outcome and found.card.lines == final.card.lines
    assert not promote("kept", 1, gate=Gate(metric("roc_auc").lower >= 0.999))


def share_right(y: pd.Series, prediction: pd.Series, weight: pd.Series | None = None) -> float:
    return float((y == prediction).mean())


def test_a_metric_of_ones_own_is_asked_of_an_outcome_with_its_function(shop: pd.DataFrame) -> None:
    own = Metric("share_right", share_right)
    steps = [RandomSplit(), LogisticRegression(), Evaluate(metrics=[own, "accuracy"])]
    pipeline = Pipeline(steps, target="returned", features=["price"])
    run = pipeline.run(shop)
    then = load(str(run.mlflow_run_id)).outcome
    assert then == run.outcome and then.card.text() == run.card.text() and "share_right" in then.card.headline
    with pytest.raises(ConfigurationError, match="not stored with the evaluation"):
        compare({"then": then, "now": then})
    again = compare({"then": then, "now": run}, metric=own)
    assert again.table["value"].tolist() == [run.metrics.set_index("metric").loc["accuracy", "value"].iloc[0]] * 2


@pytest.mark.long
def test_a_champion_judged_by_the_test_rows_is_compared_with_the_next_one(shop: pd.DataFrame) -> None:
    pipeline = Pipeline([RandomSplit(), LogisticRegression()], target="returned", features=["price"])
    champion = pipeline.run(shop).final_test()
    assert champion.register("tested", alias="champion")
    next_one = pipeline.replace(Train=LogisticRegression(C=1e-4)).run(shop).final_test()
    then = load("models:/tested@champion")
    mixed, live = compare({"then": then, "now": next_one}), compare({"then": champion, "now": next_one})
    pd.testing.assert_frame_equal(mixed.table, live.table, check_exact=True)
    assert mixed.part == "test"


def test_the_outcome_of_a_run_whose_model_is_withheld_is_read_by_its_id(shop: pd.DataFrame) -> None:
    scope: dict[str, Any] = {"np": np}
    exec("def doubled(frame):\n    return frame.assign(price=frame['price'] * 2)", scope)  # noqa: S102
    run = Pipeline([scope["doubled"], RandomSplit(), LogisticRegression()], target="returned", features=["price"]).run(
        shop
    )
    found = outcome_of_run(str(run.mlflow_run_id))
    assert isinstance(found, Outcome) and found == run.outcome
    assert found.card.text() == run.card.text() and "model withheld" in found.card.text()
