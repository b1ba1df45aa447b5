"""run.columns: what columns hold, what they are for, whether they moved; the test rows stay sealed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import DetectDrift, Impute, OneHot, Pipeline, RandomSplit, Run, Train
from mlsys.overview import Overview


@pytest.fixture(scope="module")
def parts() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(0)

    def made(rows: int, shift: float) -> pd.DataFrame:
        time = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.uniform(0, 100, rows), "D")
        return pd.DataFrame({
            "moved": rng.normal(shift, 1, rows), "still": np.where(rng.random(rows) < 0.2, np.nan, 1.0),
            "city": rng.choice(["Bonn", "Ulm"], rows), "late": rng.normal(size=rows),
            "known": time + pd.Timedelta("2D"), "time": time, "spare": rng.normal(size=rows),
            "y": rng.random(rows) < 0.5,
        })  # fmt: skip

    return {"train": made(600, 0), "validation": made(300, 2), "test": made(300, 50)}


@pytest.fixture(scope="module")
def run(parts: dict[str, pd.DataFrame]) -> Run:
    pipeline = Pipeline(
        [Impute(), OneHot(["city"]), Train(LogisticRegression())],
        target="y", time="time", known_at={"late": "known"}, exclude=["spare", "known"],
    )  # fmt: skip
    return pipeline.run(parts, track=False, cache=False)


def test_every_column_has_its_use_and_reason(run: Run) -> None:
    table = run.columns.table.set_index("column")
    assert table["use"].to_dict() == {
        "moved": "feature", "still": "feature", "city": "encoded", "late": "known too late", "known": "left out",
        "time": "time", "spare": "left out", "y": "target", "still_missing": "feature", "city_Bonn": "feature",
        "city_Ulm": "feature",
    }  # fmt: skip
    assert table.loc["late", "reason"].startswith("known only at 'known'")
    assert table.loc["city_Ulm", "made by"] == "OneHot" and table.loc["moved", "made by"] == "data"
    assert set(table.index) == set(run.features["column"])
    assert (table["use"].isin(["feature"]) == run.features.set_index("column")["used"].loc[table.index]).all()


def test_values_are_those_of_training_rows_as_the_split_left_them(run: Run, parts: dict[str, pd.DataFrame]) -> None:
    table = run.columns.table.set_index("column")
    assert table.loc["still", "nulls"] == parts["train"]["still"].isna().mean()
    assert table.loc["moved", "max"] == parts["train"]["moved"].max()


def test_drift_is_told_between_training_and_validation_rows(run: Run) -> None:
    table = run.columns.table.set_index("column")
    assert table.loc["moved", "verdict"] == "alarm"
    assert table.loc["moved", "drift"] == pytest.approx(2, abs=0.3)
    assert table.loc["still", "verdict"] == "no alarm"
    assert "alarm" in run.columns._repr_html_() and "! known too late: known only" in str(run.columns)


def test_power_alone_is_the_figure_of_the_leakage_scan(run: Run) -> None:
    power = run.outcome.power.set_index("column")["auc"]
    shown = run.columns.table.set_index("column")["auc"].dropna()
    assert shown.to_dict() == power.to_dict()


def test_test_rows_are_not_looked_at_before_or_after_they_are_opened(run: Run, parts: dict[str, pd.DataFrame]) -> None:
    pipeline = run.pipeline
    other = pipeline.run(parts | {"test": parts["test"].assign(moved=-7.0)}, track=False, cache=False)
    assert other.columns.table.equals(run.columns.table)
    assert "test rows are not read" in str(run.columns)
    final = run.final_test()
    assert final.columns.table["max"].equals(run.columns.table["max"])


def test_what_a_drift_report_compared_is_shown(parts: dict[str, pd.DataFrame]) -> None:
    steps = [Impute(), OneHot(["city"]), Train(LogisticRegression(), features=["moved"]), DetectDrift(["still"])]
    run = Pipeline(steps, target="y", features=["moved", "still", "city"]).run(parts, track=False, cache=False)
    table = run.columns.table.set_index("column")
    report = run.reports["drift"] if "drift" in run.reports else run.reports["detect_drift"]
    assert table.loc["still", "drift"] == report.table.set_index("column").loc["still", "effect"]
    assert table["drift"].notna().sum() == 1


def test_without_a_validation_part_nothing_is_said_of_drift(parts: dict[str, pd.DataFrame]) -> None:
    frame = parts["train"][["moved", "still", "y"]]
    judged_by_folds = Pipeline([RandomSplit(validation=0), Impute(), LogisticRegression()], target="y")
    for found in (
        judged_by_folds.run(frame, track=False),
        judged_by_folds.run(frame, until="RandomSplit", track=False),
    ):
        assert isinstance(found.columns, Overview)
        assert "verdict" not in found.columns.table


def test_findings_stand_beside_their_columns(parts: dict[str, pd.DataFrame]) -> None:
    leaking = {name: part.assign(copy=part["y"].astype(int)) for name, part in parts.items()}
    run = Pipeline([Impute(), LogisticRegression()], target="y", features=["moved", "still", "copy"]).run(
        leaking, track=False, cache=False
    )
    assert "LK204" in run.columns["copy"].findings


def test_the_outcome_keeps_what_is_known_of_columns_and_none_of_their_values(run: Run) -> None:
    here, kept = run.columns.table.set_index("column"), run.outcome.columns.table.set_index("column")
    assert list(kept.index) == list(here.index)
    for name in ("meaning", "type", "nulls", "distinct", "use", "reason", "made by", "verdict", "findings"):
        assert kept[name].tolist() == here[name].tolist(), name
    assert set(kept.columns).isdisjoint({"min", "median", "max", "most frequent", "share", "before", "after"})
    page = run.outcome.columns._repr_html_()
    assert "Bonn" not in page.replace("city_Bonn", "")
    assert "histogram" not in page
    assert "stays on the machine of the run" in page


def test_an_outcome_is_equal_to_itself_with_its_columns(run: Run) -> None:
    assert run.outcome == run.outcome
    assert len(run.outcome.seen) == len(run.columns)
