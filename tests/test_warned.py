"""A user's code that warns is heard once a run, from a call that counts; as an error it is the user's own."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression

from mlsys import Calibrate, Derive, Evaluate, NaturalLabel, Pipeline, RandomSplit, Rows, RowTransform, Transform
from mlsys.run.tracked import Tracking
from mlsys.warned import hushed, once_a_run

WORDS = "this is how it was done"
CALLS: list[int] = []


def said(rows: int) -> None:
    CALLS.append(rows)
    warnings.warn(f"{WORDS}, in {rows} rows", FutureWarning, stacklevel=2)


def doubled(frame: pd.DataFrame) -> pd.Series:
    said(len(frame))
    return frame["x"] * 2


def with_double(frame: pd.DataFrame) -> pd.DataFrame:
    said(len(frame))
    return frame.assign(twice=frame["x"] * 2)


class Doubled(RowTransform):
    def apply(self, frame: pd.DataFrame, /) -> pd.DataFrame:
        return with_double(frame)


class Centred(Transform):
    def learn(self, train: Rows, /) -> float:
        return float(train["x"].mean())

    def apply(self, frame: pd.DataFrame, state: float, /) -> pd.DataFrame:
        said(len(frame))
        return frame.assign(x=frame["x"] - state)


class Signed(TransformerMixin, BaseEstimator):
    def fit(self, X: Any, y: Any = None) -> Signed:
        return self

    def transform(self, X: Any) -> Any:
        said(len(X))
        return X.abs()


def large(values: pd.Series) -> pd.Series:
    said(len(values))
    return values > 0


def high(frame: pd.DataFrame) -> pd.Series:
    said(len(frame))
    return frame["x"] > 0


WAYS: dict[str, tuple[Any, ...]] = {
    "Derive": (Derive({"twice": doubled}), RandomSplit()),
    "function": (with_double, RandomSplit()),
    "row transform": (Doubled(), RandomSplit()),
    "after the split": (RandomSplit(), Doubled()),
    "transform": (RandomSplit(), Centred()),
    "judged by folds": (Centred(),),
    "scikit-learn's": (RandomSplit(), Signed()),
}


@pytest.fixture
def heard() -> Iterator[Callable[[], list[str]]]:
    """What reaches the screen; the filter is the one that lets most through."""
    CALLS.clear()
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        yield lambda: [str(each.message) for each in shown if WORDS in str(each.message)]


@pytest.fixture
def rows(rng: np.random.Generator) -> pd.DataFrame:
    frame = pd.DataFrame({"x": rng.normal(size=400), "z": rng.normal(size=400)})
    return frame.assign(y=(frame["x"] + rng.normal(size=400) > 0).astype(int))


@pytest.mark.quick("Derive", "transform")
@pytest.mark.parametrize("way", WAYS)
def test_it_is_heard_once_from_the_first_call_that_counts(
    way: str, rows: pd.DataFrame, heard: Callable[[], list[str]]
) -> None:
    run = Pipeline([*WAYS[way], LogisticRegression(), Calibrate()], target="y").run(rows, track=False, cache=False)
    assert len(heard()) == 1 and len(CALLS) > 1
    rows_shown = int(heard()[0].rpartition(" in ")[2].split()[0])
    assert rows_shown >= 200  # not one of the few rows that code is tried on
    run.final_test()
    run.predict(rows.head(3).drop(columns="y"))


@pytest.mark.quick("kept", "cross-validated", "audited")
@pytest.mark.parametrize("how", ["tracked", "kept", "cross-validated", "audited", "ablated", "variants", "preview"])
def test_whatever_the_run_is_for_it_is_heard_once(
    how: str, rows: pd.DataFrame, heard: Callable[[], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    pipeline = Pipeline([RandomSplit(), Centred(), LogisticRegression()], target="y", name="warns")
    {
        "tracked": lambda: pipeline.run(rows, cache=False),
        "kept": lambda: pipeline.run(rows, track=False),
        "cross-validated": lambda: pipeline.cross_validate(3, data=rows, track=False, cache=False),
        "audited": lambda: pipeline.audit_leakage(rows),
        "ablated": lambda: pipeline.ablate(data=rows, cache=False),
        "variants": lambda: pipeline.variants(one={}, other={"Centred": Centred(name="Centred")}).run(
            rows, track=False
        ),
        "preview": lambda: pipeline.preview(rows),
    }[how]()
    assert len(heard()) == (0 if how == "audited" else 1)


@pytest.mark.parametrize("way", WAYS)
def test_as_an_error_it_is_raised_once_and_is_the_users(way: str, rows: pd.DataFrame) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        with pytest.raises(FutureWarning, match=WORDS) as raised:
            Pipeline([*WAYS[way], LogisticRegression()], target="y").run(rows, track=False, cache=False)
    assert any(note.startswith("mlsys: step") for note in raised.value.__notes__)


def test_labels_and_slices_that_warn_are_heard_once(rows: pd.DataFrame, heard: Callable[[], list[str]]) -> None:
    label = NaturalLabel("late", from_column="z", rule=large)
    steps = [label, RandomSplit(), LogisticRegression(), Evaluate(slices={"high": high})]
    Pipeline(steps, target="late", exclude=["y"]).run(rows, track=False, cache=False)
    assert len(heard()) == 2  # two lines of code


def test_afterwards_warnings_are_what_they_were(rows: pd.DataFrame, heard: Callable[[], list[str]]) -> None:
    before = (warnings.showwarning, list(warnings.filters))
    pipeline = Pipeline([RandomSplit(), Centred(), LogisticRegression()], target="y")
    run = pipeline.run(rows, track=False, cache=False)
    assert (warnings.showwarning, list(warnings.filters)) == before
    run.predict(rows.head(3).drop(columns="y"))
    run.predict(rows.head(3).drop(columns="y"))
    assert len(heard()) == 3
    pipeline.run(rows, track=False, cache=False)
    assert len(heard()) == 4


def test_other_lines_and_other_words_are_other_warnings(heard: Callable[[], list[str]]) -> None:
    with once_a_run(), once_a_run():
        for word in ("a", "b", "a"):
            warnings.warn(f"{WORDS} {word}", UserWarning, stacklevel=1)
        warnings.warn(f"{WORDS} a", UserWarning, stacklevel=1)
    assert len(heard()) == 3


def test_filters_are_left_alone_beside_the_main_thread() -> None:
    left = []

    def look() -> None:
        before = list(warnings.filters)
        with hushed(), once_a_run():
            pass
        left.append(list(warnings.filters) == before)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert left == [True]


def test_a_thread_hears_nothing_while_others_change_filters_and_others_hear_everything() -> None:
    hushed_raised: list[str] = []
    inside, changed = threading.Event(), threading.Event()

    def tried() -> None:
        with once_a_run(), hushed():
            inside.set()
            changed.wait(10)
            try:
                warnings.warn(WORDS, UserWarning, stacklevel=1)
            except UserWarning as raised:
                hushed_raised.append(str(raised))

    with once_a_run():
        thread = threading.Thread(target=tried)
        with warnings.catch_warnings():  # as libraries do for a moment, in any thread
            warnings.simplefilter("ignore")
            thread.start()
            inside.wait(10)
        with pytest.raises(UserWarning, match=WORDS):
            warnings.warn(WORDS, UserWarning, stacklevel=1)
        changed.set()
        thread.join()
    assert not hushed_raised


def test_filters_that_a_library_found_between_running_and_writing_still_hush_what_is_written(
    rows: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    pipeline, begin, raised = Pipeline([RandomSplit(), LogisticRegression()], target="y"), Tracking.start, []

    def start(self: Tracking, *given: Any) -> Any:
        found = list(warnings.filters)
        logged = begin(self, *given)
        with hushed():
            warnings.filters[:] = found  # type: ignore[index]  # as another thread puts them back
            try:
                warnings.warn(WORDS, UserWarning, stacklevel=1)
            except UserWarning as error:
                raised.append(error)
        return logged

    monkeypatch.setattr(Tracking, "start", start)
    thread = threading.Thread(target=pipeline.run, args=(rows,))
    thread.start()
    thread.join()
    assert not raised
