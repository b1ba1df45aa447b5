"""Parts that are given: what stands before the split learns from ``train``, acts on each part, and seals the test."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import (
    Derive,
    History,
    Impute,
    NaturalLabel,
    Pipeline,
    Report,
    Reshape,
    Result,
    Select,
    Standardize,
    TargetEncode,
    Train,
    WriteParquet,
)
from mlsys.errors import LeakageError
from mlsys.states import digest

START = pd.Timestamp("2024-01-01")
NAMES = ("train", "validation", "test")


@pytest.fixture
def orders() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = 600
    return pd.DataFrame(
        {
            "order": np.arange(rows) + 5_000,
            "key": rng.choice(["u", "v", "w"], rows),
            "at": START + pd.to_timedelta(np.sort(rng.uniform(0, 365, rows)), unit="D"),
            "price": rng.normal(50, 9, rows) + np.linspace(0, 40, rows),
            "y": rng.integers(0, 2, rows),
        }
    )


@pytest.fixture
def parts(orders: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return dict(zip(NAMES, (orders.iloc[:360], orders.iloc[360:480], orders.iloc[480:]), strict=True))


def run_of(parts, *steps, **options):
    named = {"target": "y", "time": "at", "id": "order", "exclude": ["key"], **options}
    pipeline = Pipeline([*steps, Impute(), Train(LogisticRegression())], **named)
    return pipeline.run(parts, track=False, cache=False)


def test_what_learns_before_the_split_learns_from_train_alone(parts) -> None:
    step = Standardize(["price"], allow_all_rows="as in the benchmark")
    run = run_of(parts, step)
    alone = step.fit(parts["train"])
    assert run.state("Standardize") == alone.state
    for name in ("train", "validation"):
        pd.testing.assert_frame_equal(run.frame(name, after="Standardize"), alone.transform(parts[name]))


def test_training_rows_get_out_of_fold_codes_as_after_the_split(parts) -> None:
    before = run_of(parts, TargetEncode(["key"], allow_all_rows="as in the benchmark"), exclude=[])
    after = run_of(parts, TargetEncode(["key"]), exclude=[])
    assert digest(before.state("TargetEncode")) == digest(after.state("TargetEncode"))
    for name in ("train", "validation"):
        pd.testing.assert_frame_equal(before.frame(name), after.frame(name))


class Spent(History):
    def apply(self, frame, past):
        return frame.assign(spent=past.sum("price"), seen=past.count())


def test_the_past_of_a_row_may_lie_in_any_part(parts, orders) -> None:
    run = run_of(parts, Spent("key"))
    whole = pd.concat(parts.values())
    for name in ("train", "validation"):
        made = run.frame(name, after="Spent")
        assert made["seen"].tolist() == whole.groupby("key").cumcount().loc[made.index].tolist()
        earlier = whole.groupby("key")["price"].cumsum() - whole["price"]
        np.testing.assert_allclose(made["spent"], earlier.loc[made.index])
    assert set(run.state("Spent")["tail"]["order"]) <= set(whole["order"]) - set(parts["test"]["order"])
    opened = run.final_test()
    assert set(parts["test"]["order"]) & set(opened.state("Spent")["tail"]["order"])
    pd.testing.assert_frame_equal(
        opened.state("Spent")["tail"].reset_index(drop=True),
        pd.concat([rows.tail(100) for _, rows in orders.groupby("key")]).sort_index().reset_index(drop=True),
        check_like=True,
    )


def test_parts_whose_row_ids_are_the_same_share_a_past_all_the_same(parts) -> None:
    numbered = {name: part.reset_index(drop=True) for name, part in parts.items()}
    one, other = run_of(parts, Spent("key")), run_of(numbered, Spent("key"))
    for name in ("train", "validation"):
        assert one.frame(name, after="Spent")["seen"].tolist() == other.frame(name, after="Spent")["seen"].tolist()
    assert not set(other.state("Spent")["tail"]["order"]) & set(parts["test"]["order"])


def test_a_sink_writes_the_open_parts_by_name(parts, tmp_path) -> None:
    run_of(parts, Derive({"twice": lambda f: f["price"] * 2}), WriteParquet(str(tmp_path / "before")))
    assert sorted(each.name for each in (tmp_path / "before").iterdir()) == ["train.parquet", "validation.parquet"]
    for name in ("train", "validation"):
        written = pd.read_parquet(tmp_path / "before" / f"{name}.parquet")
        assert written["order"].tolist() == parts[name]["order"].tolist() and "twice" in written


SEEN: list[tuple[str, ...]] = []


class Looks(Report):
    def report(self, dataset):
        SEEN.append(tuple(dataset))
        return Result("looks", pd.DataFrame({"part": list(dataset), "rows": [len(dataset[each]) for each in dataset]}))


def test_a_report_before_the_split_sees_open_parts_and_its_result_is_kept(parts) -> None:
    SEEN.clear()
    run = run_of(parts, Looks())
    assert SEEN == [("train", "validation")]
    assert run.reports["looks"].table["rows"].tolist() == [360, 120]


def test_labels_are_made_in_each_part_and_said_once(parts) -> None:
    label = NaturalLabel("late", from_column="price", rule=lambda s: (s > 70).astype(int))
    named = {name: part.assign(x=part["price"] % 7) for name, part in parts.items()}
    run = run_of(named, label, target="late", exclude=["key", "y"])
    assert (run.frame("validation")["late"] == (parts["validation"]["price"] > 70)).all()
    assert run.features.set_index("column").loc["price", "reason"].startswith("read by the rule")
    assert [each.name for each in run._live.execution.work.records].count("NaturalLabel") == 1


class Cheap(Select):
    def keep(self, frame, rng):
        return frame["price"] < frame["price"].median()


class ByDay(Reshape):
    def reshape(self, frame):
        days = pd.DataFrame(frame).assign(at=frame["at"].dt.floor("D"))
        made = days.groupby("at", as_index=False).agg(price=("price", "mean"), rows=("price", "size"), y=("y", "max"))
        return made.assign(order=made["at"].astype("int64"))


def test_rows_are_selected_and_made_anew_in_each_part_alone(parts) -> None:
    run = run_of(parts, Cheap())
    assert run.rows["validation"] == (parts["validation"]["price"] < parts["validation"]["price"].median()).sum()
    made = run_of(parts, ByDay(), exclude=[])
    assert made.rows == {name: part["at"].dt.floor("D").nunique() for name, part in parts.items()}
    assert made.assignment.index.is_unique
    assert made.features.set_index("column").loc["rows", "used"]


def test_a_function_that_chooses_columns_by_the_targets_of_training_rows_is_refused(parts) -> None:
    def strongest(rows):
        power = rows.select_dtypes("number").corrwith(rows["y"]).abs().drop(["y", "order"])
        return rows[[*power.nlargest(2).index, "y", "at", "order", "key"]]

    rng = np.random.default_rng(0)
    wide = {
        name: part.assign(**{f"x{i}": rng.normal(size=len(part)) for i in range(9)}) for name, part in parts.items()
    }
    with pytest.raises(LeakageError, match="chooses columns by it"):
        run_of(wide, strongest)


def test_a_run_that_stops_before_the_split_holds_every_part(parts) -> None:
    pipeline = Pipeline([Derive({"twice": lambda f: f["price"] * 2}), Spent("key"), Train(LogisticRegression())],
                        target="y", time="at", exclude=["key"])  # fmt: skip
    run = pipeline.run(parts, until="Derive", track=False, cache=False)
    assert run.rows == {name: len(part) for name, part in parts.items()}
    assert (run.frame("validation")["twice"] == parts["validation"]["price"] * 2).all()


def test_parts_out_of_the_cache_are_the_same(parts) -> None:
    learned = Standardize(["price"], allow_all_rows="as in the benchmark")
    steps = [Derive({"twice": lambda f: f["price"] * 2}), Spent("key"), learned, Impute(), Train(LogisticRegression())]
    pipeline = Pipeline(steps, target="y", time="at", id="order", exclude=["key"])
    first, again = (pipeline.run(parts, track=False) for _ in range(2))
    assert set(again.cache_report().set_index("step").loc[["Derive", "Spent", "Standardize"], "outcome"]) == {"hit"}
    for name in ("train", "validation"):
        pd.testing.assert_frame_equal(first.frame(name), again.frame(name))
    pd.testing.assert_frame_equal(first.state("Spent")["tail"], again.state("Spent")["tail"])


def test_an_audit_of_given_parts_runs_them_as_a_run_does(parts) -> None:
    pipeline = Pipeline([Spent("key"), Impute(), Train(LogisticRegression())],
                        target="y", time="at", id="order", exclude=["key"])  # fmt: skip
    assert pipeline.audit_leakage(parts).verdict == "not observed"
