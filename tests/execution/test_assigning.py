"""Rows of partitions are assigned piece by piece with the bytes of all keys at once, and no keys are gathered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from tests.engines.scattered import ScatteredEngine

from mlsys import (
    Evaluate,
    GroupSplit,
    Pipeline,
    PredefinedSplit,
    RandomSplit,
    ReadParquet,
    Run,
    Standardize,
    StratifiedSplit,
    TimeSplit,
    Train,
)
from mlsys.errors import DataError
from mlsys.execution import dividing
from mlsys.execution.fitness import Dealt
from mlsys.settings import override
from mlsys.states import digest
from mlsys.steps import Split
from mlsys.tables import Table

ROWS = 640
PARTS = {"train": 0.4, "validation": 0.3, "calibration": 0.1, "test": 0.2}
SPLITS: dict[str, tuple[Split, dict[str, Any]]] = {
    "random": (RandomSplit(), {}),
    "random, 64 pieces": (RandomSplit(), {}),
    "random, text ids": (RandomSplit(seed=3), {"id": "name"}),
    "random, dates": (RandomSplit(parts={"validation": 0.2, "holdout": 0.2}), {"time": "when"}),
    "group": (GroupSplit(), {"group": "shop"}),
    "predefined": (PredefinedSplit(parts=PARTS), {"id": "number"}),
    "predefined, of groups": (PredefinedSplit(parts=PARTS), {"group": "shop"}),
    "late column": (RandomSplit(), {"time": "when", "decide_at": "when", "known_at": {"amount": "known"}}),
    "category": (RandomSplit(), {"target": "kind"}),
    "several": (RandomSplit(), {"target": ["y", "kind"]}),
    "number": (RandomSplit(), {"target": "amount"}),
    "time": (TimeSplit(), {"time": "when"}),
    "time, late labels": (
        TimeSplit("20D", "10D", embargo="2D"),
        {"time": "when", "known_at": {"y": "known"}, "decide_at": "when"},
    ),
    "time, zone": (TimeSplit(validation="2024-02-20", test=0.1), {"time": "moment", "target": "kind"}),
    "time, parts": (TimeSplit(parts={"validation": "20D", "calibration": "9D", "test": "9D"}), {"time": "gap"}),
}


def orders(rows: int = ROWS) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "number": rng.permutation(rows) + 10,
            "name": pd.Series([f"order {place}" for place in range(rows)], dtype="str"),
            "shop": pd.Series(rng.choice([f"shop {place}" for place in range(60)], rows), dtype="str"),
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 90, rows), unit="D"),
            "x": rng.normal(size=rows),
            "amount": rng.gamma(2.0, size=rows),
            "kind": pd.Series(rng.choice(["lo", "mid", "hi"], rows), dtype="str"),
        }
    )
    y = pd.Series(rng.integers(0, 2, rows), dtype="float64").where(rng.random(rows) > 0.1)
    frame["moment"] = frame["when"].dt.tz_localize("Europe/Oslo")
    frame["gap"] = frame["when"].where(rng.random(rows) > 0.1)
    return frame.assign(y=y, known=frame["when"] + pd.to_timedelta(rng.integers(-1, 2, rows), unit="D"))


def run(folder: Path, split: Split, rows_per_partition: int, engine: Any = "local", **roles: Any) -> Run:
    roles = {"target": "y", **roles}
    with override(rows_in_memory=100, rows_per_partition=rows_per_partition):
        pipeline = Pipeline([ReadParquet(folder / "orders.parquet"), split, Standardize(["x"])], **roles)
        return pipeline.run(track=False, cache=False, engine=engine)


def told(run: Run) -> Mapping[str, Any]:
    divided = run._live.execution.divided
    assert divided is not None and divided.assignment is not None
    return {
        "assignment": digest(divided.assignment.frame()),
        "rows": dict(divided.rows),
        "none": dict(divided.none),
        "notes": divided.notes,
        "tally": {name: list(each) for name, each in divided.tally.items()},
        "parts": {name: run.digest(name) for name in divided.parts},
        "state": digest(run.state("Standardize")),
        "features": run.features["reason"].tolist(),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("orders")
    orders().to_parquet(place / "orders.parquet", row_group_size=10)
    return place


@pytest.mark.quick("random", "late column", "time, late labels")
@pytest.mark.parametrize("name", SPLITS)
def test_pieces_give_the_bytes_of_all_keys_at_once(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    split, roles = SPLITS[name]
    sizes = (640, 10) if name == "random, 64 pieces" else (640, 92)  # 1 and 64, or 1 and 7 partitions
    whole, *pieces = [told(run(folder, split, size, **roles)) for size in sizes]
    monkeypatch.setattr(dividing, "can_be_assigned_in_pieces", lambda *_: False)
    at_once = told(run(folder, split, 92, **roles))
    assert pieces == [at_once] * len(pieces)
    assert whole == {**at_once, "notes": whole["notes"]}  # in memory, where rows are compared


@pytest.mark.parametrize(
    "name", [*(pytest.param(each, marks=pytest.mark.long) for each in ("several", "group")), "time, late labels"]
)
def test_another_engine_gives_the_same(name: str, folder: Path) -> None:
    split, roles = SPLITS[name]
    scattered = told(run(folder, split, 320, engine=ScatteredEngine(), **roles))
    assert scattered == told(run(folder, split, 320, **roles))


def test_keys_of_all_rows_are_never_held(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("gathered")

    gather = Table.frame
    monkeypatch.setattr(Table, "frame", lambda table, *given: gather(table, *given) if table.in_memory else never())
    assert sum(run(folder, RandomSplit(), 92).rows.values()) > 0.8 * ROWS
    with pytest.raises(AssertionError, match="gathered"):
        run(folder, RandomSplit(exact=True), 92)


def test_times_alone_are_held_of_a_split_by_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[list[str]] = []
    gather = Table.gather

    def noted(table: Table, *given: Any) -> Any:
        found = gather(table, *given)
        held.append(found.columns.tolist())
        return found

    monkeypatch.setattr(Table, "gather", noted)
    monkeypatch.setattr(dividing, "keys_and_notes", lambda *_: pytest.fail("all keys are gathered"))
    assert run(folder, TimeSplit(), 92, time="when").rows["test"] > 0
    assert held == [["time"]]


@pytest.fixture(scope="module")
def plain(folder: Path) -> Run:
    return run(folder, RandomSplit(), 92)


def test_the_part_of_a_row_takes_one_byte(plain: Run) -> None:
    live = plain._live.execution.divided
    assert live is not None and live.assignment is not None
    part = live.assignment.frame()["part"]
    assert part.cat.codes.dtype == np.int8
    assert isinstance(live.assignment.frame().index, pd.RangeIndex)


@pytest.mark.parametrize(
    ("split", "roles", "gathers"),
    [
        (RandomSplit(), {}, False),
        (GroupSplit(), {"group": "shop"}, False),
        (PredefinedSplit(parts=PARTS), {}, False),
        (PredefinedSplit("kind"), {}, True),
        (RandomSplit(exact=True), {}, True),
        (RandomSplit(validation=0), {}, True),  # folds deal out all rows in order
        (RandomSplit(), {"weight": "amount"}, True),
        (StratifiedSplit(), {}, True),
        (TimeSplit(), {"time": "when"}, False),
        (TimeSplit(keep_groups_together=True), {"time": "when", "group": "shop"}, True),
    ],
)
def test_the_plan_says_whether_keys_are_gathered(
    split: Split, roles: dict[str, str], gathers: bool, folder: Path
) -> None:
    with override(rows_in_memory=100):
        pipeline = Pipeline([ReadParquet(folder / "orders.parquet"), split, DummyClassifier()], target="y", **roles)
        said = [note for note in pipeline.plan().notes if "gathers all rows with keys" in note]
    assert bool(said) == gathers


def test_weights_and_few_rows_are_looked_at_at_once(folder: Path, plain: Run) -> None:
    weighed = told(run(folder, RandomSplit(), 92, weight="amount"))
    assert weighed["assignment"] == told(plain)["assignment"]
    assert weighed["tally"]["y"][0][1] != round(weighed["tally"]["y"][0][1])
    with override(rows_in_memory=200, rows_per_partition=92):
        steps = [ReadParquet(folder / "orders.parquet"), Train(DummyClassifier())]
        supplied = Pipeline(steps, target="kind").run(track=False, cache=False, until="StratifiedSplit")
    assert "validation" not in supplied.rows and supplied._live.execution.divided.folds  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("changes", "roles", "said"),
    [
        ({"y": np.nan}, {}, "the target 'y' is null in every row .640 rows"),
        ({"name": None}, {"id": "name"}, "640 rows have no id in 'name', the first is row 0"),
        ({"shop": None}, {"group": "shop"}, "rows have no group"),
        ({"when": None}, {"time": "when"}, "none of 640 rows has both a time and a label"),
    ],
)
def test_what_cannot_be_split_is_refused(changes: Any, roles: Any, said: str, tmp_path: Path) -> None:
    frame = orders().astype({"name": "str", "shop": "str"})
    frame.assign(**{name: pd.Series(each, index=frame.index, dtype=frame[name].dtype) for name, each in changes.items()}
                 ).to_parquet(tmp_path / "orders.parquet")  # fmt: skip
    with pytest.raises(DataError, match=said):
        run(
            tmp_path,
            TimeSplit() if "time" in roles else GroupSplit() if "group" in roles else RandomSplit(),
            92,
            **roles,
        )


def test_a_part_of_one_class_and_an_empty_one_are_refused(tmp_path: Path) -> None:
    part = RandomSplit().assign(pd.DataFrame({"id": range(ROWS)}))
    frame = orders().assign(y=(np.arange(ROWS) % 2) * (part == "train"))
    frame.to_parquet(tmp_path / "orders.parquet")
    with pytest.raises(DataError, match="all 1.. validation rows have the same class of the target, 0, of 2 classes"):
        run(tmp_path, RandomSplit(), 92)
    with pytest.raises(DataError, match="left no test rows .parts: .*of 640"):
        run(tmp_path, RandomSplit(0.2, 0.0005), 92)


def test_a_part_without_a_label_is_refused_with_the_range_of_times(folder: Path) -> None:
    split = TimeSplit(parts={"calibration": "2024-02-01", "validation": "2024-02-02"}, embargo="2D")
    with pytest.raises(DataError, match="leaves no labelled rows for calibration .labelled rows run from 2024-01-01"):
        run(folder, split, 92, time="when")


def test_training_rows_after_all_others_are_refused(tmp_path: Path) -> None:
    late = RandomSplit().assign(pd.DataFrame({"id": range(ROWS)})) == "train"
    frame = orders().assign(when=pd.to_datetime(np.where(late, "2024-03-01", "2024-01-01")))
    frame.to_parquet(tmp_path / "orders.parquet")
    with pytest.raises(DataError, match="training rows, the first at 2024-03-01.*are later than all"):
        run(tmp_path, RandomSplit(), 92, time="when")


@pytest.mark.parametrize(
    "target", [[1, 1, 0, 0], [0.5, 1.5, 2.5, None], ["a", "b", "a", None], [True, False, None, None]]
)
def test_what_is_known_of_parts_adds_up(target: list[Any]) -> None:
    column, assigned = pd.Series(target[:4]), pd.Series(["train", None, "test", "train"])
    keys = pd.DataFrame({"time": pd.date_range("2024-01-01", periods=4), "target": column})
    counts = np.array([True, True, False, True])

    def of(rows: slice) -> Dealt:
        return Dealt.of(assigned[rows], keys[rows], counts[rows], {"y": column[rows]})

    whole, added = of(slice(0, 4)), of(slice(0, 1)) + of(slice(1, 3)) + of(slice(3, 4))
    assert (whole.rows, whole.named, whole.counting, whole.unknown, whole.times) == (
        added.rows, added.named, added.counting, added.unknown, added.times,
    )  # fmt: skip
    assert whole.targets["y"].parts == added.targets["y"].parts
    assert sorted(whole.targets["y"].labels) == sorted(added.targets["y"].labels)


@pytest.mark.long
def test_scores_do_not_depend_on_it(folder: Path) -> None:
    scores = []
    for size in (640, 92):
        with override(rows_in_memory=100, rows_per_partition=size):
            steps = [ReadParquet(folder / "orders.parquet"), RandomSplit(), Train(DummyRegressor()), Evaluate()]
            scores.append(Pipeline(steps, target="amount").run(track=False, cache=False).metrics)
    pd.testing.assert_frame_equal(*scores, check_exact=True)
