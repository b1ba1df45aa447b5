"""What is stored comes back with the same digest; what cannot be stored or trusted is refused."""

from __future__ import annotations

import json
import math
import os
import tempfile
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xxhash
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from mlsys.errors import StateError
from mlsys.states import check_storable, digest, load_state, save_state

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
arrays = hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
ROWS = 4
UNITS = st.sampled_from(["s", "ms", "us", "ns"])
ZONES = st.sampled_from([None, "UTC", "Europe/Berlin", "America/New_York"])
LATEST = 2**32  # seconds; within what nanoseconds can count
moments = st.builds(
    lambda seconds, unit, zone: pd.Timestamp(seconds, unit="s", tz=zone).as_unit(unit),
    st.integers(-LATEST, LATEST), UNITS, ZONES,
) | st.just(pd.NaT)  # fmt: skip
spans = st.builds(
    lambda seconds, unit: pd.Timedelta(seconds, unit="s").as_unit(unit), st.integers(-LATEST, LATEST), UNITS
)
numpy_scalars = st.builds(
    lambda array: array[0], hnp.arrays(hnp.scalar_dtypes(), 1)
)  # booleans, integers, floats and complex numbers of any width, dates, bytes, text
words = st.text() | st.none()


def column(values: st.SearchStrategy[Any], dtype: str) -> st.SearchStrategy[Any]:
    return st.lists(values, min_size=ROWS, max_size=ROWS).map(lambda given: pd.Series(given, dtype=dtype))


columns = st.one_of(
    column(st.floats(), "float64"),
    column(st.floats(width=32), "float32"),
    column(st.integers(-(2**63), 2**63 - 1), "int64"),
    column(st.integers(0, 255), "uint8"),
    column(st.booleans(), "bool"),
    column(words, "str"),
    column(words, "string"),
    column(words, "category"),
    column(st.integers(0, 3) | st.none(), "category"),
    column(st.integers(-(2**63), 2**63 - 1) | st.none(), "Int64"),
    column(st.booleans() | st.none(), "boolean"),
    column(st.floats(allow_nan=False) | st.none(), "Float64"),
    column(scalars, "object"),
    st.builds(
        lambda seconds, unit, zone: pd.Series(
            pd.to_datetime(seconds, unit="s", utc=True).as_unit(unit).tz_convert(zone)
        ),
        st.lists(st.integers(-LATEST, LATEST), min_size=ROWS, max_size=ROWS), UNITS, ZONES,
    ),
)  # fmt: skip
labels = st.text() | st.integers() | st.tuples(st.text(), st.integers()) | st.none()
indexes = st.one_of(
    st.just(pd.RangeIndex(ROWS)),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=ROWS, max_size=ROWS).map(pd.Index),
    st.lists(st.text(), min_size=ROWS, max_size=ROWS).map(lambda given: pd.Index(given, name="key")),
    st.lists(st.tuples(st.text(), st.integers(0, 9)), min_size=ROWS, max_size=ROWS).map(pd.MultiIndex.from_tuples),
)
series = st.builds(lambda values, index, name: values.set_axis(index).rename(name), columns, indexes, labels)


def framed(found: list[Any], index: pd.Index, names: list[Any]) -> pd.DataFrame:
    frame = pd.DataFrame(dict(enumerate(found))).set_axis(index, axis=0)
    frame.columns = pd.Index(names[: len(found)], dtype=object, tupleize_cols=False)
    return frame


frames = st.builds(
    framed,
    st.lists(columns, min_size=1, max_size=4),
    indexes,
    st.lists(labels, min_size=4, max_size=4, unique=True),
)
keys = (
    st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False) | st.tuples(st.integers(), st.text())
    | spans | st.integers(-9, 9).map(np.int64)
)  # fmt: skip
states = st.recursive(
    scalars | arrays | frames | series | indexes | moments | spans | numpy_scalars,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=12,
)


def reloaded(state: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        manifest = save_state(state, Path(folder) / "state")
        assert manifest["digest"] == digest(state)
        return load_state(Path(folder) / "state")


@settings(max_examples=150, deadline=None)
@given(states)
def test_plain_data_comes_back_equal(state: Any) -> None:
    back = reloaded(state)
    assert type(back) is type(state)
    assert digest(back) == digest(state)
    assert digest(reloaded({"again": back})) == digest({"again": state})


@settings(max_examples=80, deadline=None)
@given(frames)
@example(pd.DataFrame({"x": pd.Series([None, "a"], dtype=object)}))
@example(pd.DataFrame({"x": [1, 2]}, index=pd.MultiIndex.from_arrays([pd.Index(["a", "b"], dtype=object), [1, 2]])))
def test_a_frame_comes_back_as_pandas_sees_it(frame: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(reloaded(frame), frame, check_freq=False)


FRAME = pd.DataFrame(
    {
        "whole": np.arange(3, dtype="int8"),
        "words": ["a", None, "ä"],
        "kind": pd.Categorical(["b", None, "a"], categories=["b", "a", "z"]),
        "rank": pd.Categorical(["lo", "hi", "lo"], categories=["lo", "hi"], ordered=True),
        "number": pd.Categorical([1, 2, 1]),
        "when": pd.to_datetime(["2020-01-01", None, "2021-01-01"], utc=True).tz_convert("Europe/Berlin"),
        "day": pd.to_datetime(["2020-01-01", None, "2021-01-01"]),
        "span": pd.to_timedelta([1, 2, None], unit="s"),
        "maybe": pd.array([1, None, 3], dtype="Int16"),
        "flag": pd.array([True, None, False], dtype="boolean"),
        "share": pd.array([0.5, None, 1.5], dtype="Float32"),
        "text": pd.array(["x", None, "y"], dtype="string"),
        "mixed": pd.Series([1, "a", None], dtype=object),
        "small": np.array([1, np.nan, 2], dtype="float16"),
        7: [1.0, np.nan, -0.0],
        ("a", 1): [True, False, True],
    }
)

PANDAS = [
    FRAME,
    FRAME[["words"]][1:],
    pd.DataFrame(),
    pd.DataFrame(index=[3, 4]),
    pd.DataFrame([[1, 2]], columns=["x", "x"]),
    pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["k", None])),
    FRAME["when"],
    FRAME["span"].rename(None),
    pd.Series({"x": 1.5, "y": np.nan}, name=("a", 1)),
    pd.Series([], dtype="float64"),
    pd.Series([1, 2], index=pd.MultiIndex.from_product([["a"], pd.to_datetime(["2020", "2021"])], names=["n", "t"])),
    pd.Index(["a", "b"], name="k"),
    pd.RangeIndex(1, 9, 2, name="r"),
    pd.DatetimeIndex(["2020-01-01"], tz="UTC"),
    pd.CategoricalIndex(["a", "b"]),
    pd.Index([1, "a"]),
    pd.Timestamp("2020-01-01 10:00", tz="America/New_York"),
    pd.Timestamp(5, unit="ns"),
    pd.Timestamp("2020").as_unit("s"),
    pd.Timedelta("3h"),
    {pd.Timestamp("2020"): 1, pd.Timedelta(1): 2, None: 3, np.int64(4): 5},
    {"$": "tuple", "items": [1]},
    [pd.NaT, pd.NA, np.float32(1.5), np.float64("nan"), np.datetime64("2020"), np.bool_(True), np.str_("x")],
    np.array([(1, 2.0, "ab")] * 100, dtype=[("a", "i4"), ("b", "f8"), ("c", "U3")]),
    np.asfortranarray(np.arange(600.0).reshape(20, 30)),
    np.arange(600, dtype=">i8"),
    np.arange(100).astype("M8[D]"),
    np.arange(100) * 1j,
]


@pytest.mark.parametrize("state", PANDAS, ids=lambda state: type(state).__name__)
def test_pandas_and_numpy_come_back_equal(state: Any) -> None:
    back = reloaded(state)
    assert digest(back) == digest(state)
    assert type(back) is type(state)
    if isinstance(state, pd.DataFrame):
        pd.testing.assert_frame_equal(back, state)
    elif isinstance(state, pd.Series):
        pd.testing.assert_series_equal(back, state)
    elif isinstance(state, pd.Index):
        pd.testing.assert_index_equal(back, state)
    elif isinstance(state, np.ndarray):
        np.testing.assert_array_equal(back, state)


RANDOM = np.random.default_rng(0)
NUMBERS = RANDOM.normal(size=(120, 4))
TARGET = (NUMBERS[:, 0] + RANDOM.normal(size=120) > 0).astype(int)
TABLE = pd.DataFrame({"n": NUMBERS[:, 0], "c": np.where(NUMBERS[:, 1] > 0, "u", "v")})
TEXTS = ["early flight", "late flight", "late again", "on time"] * 30

ESTIMATORS = [
    (HistGradientBoostingClassifier(max_iter=3, random_state=0), NUMBERS),
    (HistGradientBoostingRegressor(max_iter=3, random_state=0), NUMBERS),
    (RandomForestClassifier(3, random_state=0), NUMBERS),
    (LogisticRegression(), NUMBERS),
    (make_pipeline(StandardScaler(), SVC(random_state=0)), NUMBERS),
    (KNeighborsClassifier(), NUMBERS),
    (KNeighborsClassifier(algorithm="ball_tree"), NUMBERS),
    (GradientBoostingClassifier(n_estimators=3, random_state=0), NUMBERS),
    (CalibratedClassifierCV(LogisticRegression(), cv=2), NUMBERS),
    (CalibratedClassifierCV(GaussianNB(), cv=2, method="isotonic"), NUMBERS),
    (IsotonicRegression(), NUMBERS[:, 0]),
    (ColumnTransformer([("c", OneHotEncoder(handle_unknown="ignore"), ["c"]), ("n", StandardScaler(), ["n"])]), TABLE),
    (make_pipeline(TfidfVectorizer(), LogisticRegression()), TEXTS),
    (DummyClassifier(), NUMBERS),
    (KMeans(3, n_init=1, random_state=0), NUMBERS),
    (PCA(2, random_state=0), NUMBERS),
    (GaussianNB(), NUMBERS),
    (MLPClassifier(max_iter=20, tol=1.0, random_state=0), NUMBERS),
    (SimpleImputer(strategy="median", add_indicator=True), NUMBERS),
    (SGDClassifier(random_state=0), NUMBERS),
    (SelectKBest(k=2), NUMBERS),
    (StackingClassifier([("a", LogisticRegression()), ("b", GaussianNB())], cv=2), NUMBERS),
    (FunctionTransformer(np.abs), NUMBERS),
]


@pytest.mark.parametrize(("estimator", "rows"), ESTIMATORS, ids=lambda part: type(part).__name__)
def test_estimators_come_back_equal_and_answer_equally(estimator: Any, rows: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(rows, TARGET)
    back = reloaded({"models": [estimator]})["models"][0]
    assert digest(back) == digest(estimator)
    answer = "predict" if hasattr(estimator, "predict") else "transform"
    before, after = getattr(estimator, answer)(rows), getattr(back, answer)(rows)
    assert digest(before) == digest(after)
    assert digest(reloaded(back)) == digest(back)


class Own(BaseEstimator):
    """An estimator of the user's."""


def loop() -> list[Any]:
    items: list[Any] = []
    items.append(items)
    return items


@pytest.mark.parametrize(
    ("state", "place"),
    [
        ({"a": [0, 1, 2, {1}]}, r'state\["a"\]\[3\] is a set'),
        (np.array([object()]), "state is an array of type object"),
        ({"f": lambda x: x}, r'state\["f"\] is a function'),
        ((1, (i for i in [])), r"state\[1\] is a generator"),
        ({1: {"b": np.random.default_rng(0)}}, r'state\[1\]\["b"\] is a Generator'),
        (pd.DataFrame({"o": [object(), 1]}), r'state\["o"\]\[0\] is a object'),
        (pd.DataFrame({"x": [1.0, 2.0]}).dtypes, r"state\[0\] is a Float64DType"),
        (pd.DataFrame({"p": pd.period_range("2020", periods=2)}), r'state\["p"\] is a column of type period'),
        ([Path("x")], r"state\[0\] is a PosixPath"),
        ({frozenset(): 1}, "key of type frozenset"),
        (np.ma.masked_array([1], [True]), "MaskedArray"),
        (loop(), r"state\[0\] contains itself"),
    ],
)
def test_what_cannot_be_stored_is_named(state: Any, place: str, tmp_path: Path) -> None:
    with pytest.raises(StateError, match=place):
        check_storable(state)
    with pytest.raises(StateError):
        save_state(state, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("state", "place"),
    [
        ({"m": Own()}, r'state\["m"\] \(Own\) contains .*Own'),
        ({"m": LogisticRegression(C=Own())}, "Own"),
        ({"t": FunctionTransformer(lambda x: x)}, r'state\["t"\]'),
        (FunctionTransformer(partial(os.system, "true")), "system"),
    ],
)
def test_estimator_that_cannot_be_stored_is_named_when_it_is_written(state: Any, place: str, tmp_path: Path) -> None:
    check_storable(state)  # writing one costs as much as a small fit, so learning does not try
    with pytest.raises(StateError, match=place):
        save_state(state, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def rewritten(folder: Path, name: str, content: bytes) -> None:
    """Change a file and its digest in the manifest, as a forger would."""
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = xxhash.xxh3_128_hexdigest(content)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_a_changed_or_missing_file_is_refused(tmp_path: Path) -> None:
    save_state({"a": np.arange(1000)}, tmp_path)
    file = tmp_path / "0.arrow"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + b"x")
    with pytest.raises(StateError, match="was changed"):
        load_state(tmp_path)
    file.unlink()
    with pytest.raises(StateError, match="is missing"):
        load_state(tmp_path)


def test_files_outside_the_folder_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    save_state({"a": np.arange(1000)}, folder)
    (tmp_path / "9.arrow").write_bytes(b"secret")
    rewritten(folder, "state.json", b'{"$": "estimator", "file": "../9.arrow"}')
    with pytest.raises(StateError, match="not in its manifest"):
        load_state(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["../9.arrow"] = xxhash.xxh3_128_hexdigest(b"secret")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(StateError, match="outside the folder"):
        load_state(folder)
    save_state({"a": np.arange(1000)}, folder)
    (folder / "0.arrow").unlink()
    (folder / "0.arrow").symlink_to(tmp_path / "9.arrow")
    with pytest.raises(StateError, match="outside the folder"):
        load_state(folder)


def test_types_that_are_not_allowed_are_refused_on_loading(tmp_path: Path) -> None:
    import skops.io

    save_state({"m": LogisticRegression()}, tmp_path)
    rewritten(tmp_path, "0.skops", skops.io.dumps(Own()))
    with pytest.raises(StateError, match="Own"):
        load_state(tmp_path)


def test_unreadable_manifests_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="no readable manifest"):
        load_state(tmp_path)
    save_state(1, tmp_path)
    path = tmp_path / "manifest.json"
    for text, problem in [
        ("[]", "lists no files"),
        ('{"version": 99, "files": {}}', "version 99"),
        ('{"version": 1, "files": {}}', "no state.json"),
    ]:
        path.write_text(text)
        with pytest.raises(StateError, match=problem):
            load_state(tmp_path)


def test_an_unknown_form_is_refused(tmp_path: Path) -> None:
    save_state(1, tmp_path)
    rewritten(tmp_path, "state.json", b'{"$": "pickle"}')
    with pytest.raises(StateError, match="'pickle'"):
        load_state(tmp_path)


def test_minus_zero_and_nan_survive() -> None:
    back = reloaded([-0.0, math.nan, -math.inf])
    assert math.copysign(1, back[0]) == -1
    assert math.isnan(back[1])
    assert back[2] == -math.inf


def test_searches_and_tuned_thresholds_are_stored(cancer: pd.DataFrame, tmp_path: Path) -> None:
    from sklearn.model_selection import GridSearchCV, KFold, TunedThresholdClassifierCV

    X, y = cancer.iloc[:150, :3], cancer["target"].iloc[:150]
    search = GridSearchCV(LogisticRegression(max_iter=2_000), {"C": [0.1, 1.0]}, scoring="roc_auc", cv=KFold(3))
    tuned = TunedThresholdClassifierCV(LogisticRegression(max_iter=2_000), cv=3)
    for number, estimator in enumerate((search, tuned)):
        estimator.fit(X, y)
        save_state(estimator, tmp_path / str(number))
        assert (load_state(tmp_path / str(number)).predict(X) == estimator.predict(X)).all()


def test_a_scorer_of_ones_own_is_refused(cancer: pd.DataFrame, tmp_path: Path) -> None:
    from sklearn.metrics import make_scorer
    from sklearn.model_selection import GridSearchCV

    search = GridSearchCV(LogisticRegression(max_iter=2_000), {"C": [1.0]}, scoring=make_scorer(os.system), cv=3)
    with pytest.raises(StateError, match="system"):
        save_state(search, tmp_path / "own")
