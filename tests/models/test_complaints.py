"""Columns of every kind as features: learned from by value, or refused by name; never another library's error."""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, LeaveOneGroupOut, StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlsys import Pipeline
from mlsys.errors import ConfigurationError, DataError
from mlsys.models import Train

ROWS = 200
X = np.random.default_rng(0).normal(size=ROWS)
TWO = np.random.default_rng(1).integers(0, 2, ROWS)
NULL = X > 1


def arrow(kind: pa.DataType, values: Any) -> pd.Series:
    return pd.Series(pd.array(values, dtype=pd.ArrowDtype(kind)))


NUMBERS: dict[str, Any] = {
    "Int64": pd.array(TWO, dtype="Int64"),
    "UInt8": pd.array(TWO, dtype="UInt8"),
    "Float32": pd.array(TWO, dtype="Float32"),
    "boolean": pd.array(TWO == 1, dtype="boolean"),
    "objects": pd.Series(TWO, dtype=object),
    "truth objects": pd.Series(TWO == 1, dtype=object),
    "decimals": [decimal.Decimal(int(each)) for each in TWO],
    "arrow whole": arrow(pa.int16(), TWO),
    "arrow number": arrow(pa.float32(), TWO.astype("float32")),
    "arrow truth": arrow(pa.bool_(), TWO == 1),
    "arrow decimal": arrow(pa.decimal128(5, 1), [decimal.Decimal(int(each)) for each in TWO]),
    "float16": TWO.astype("float16"),
}


@pytest.mark.parametrize("column", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("estimator", [LogisticRegression(), HistGradientBoostingClassifier(max_iter=3)], ids=repr)
def test_numbers_of_any_type_train_and_serve_like_plain_ones(column, estimator):
    plain = pd.DataFrame({"x": X, "c": TWO.astype(float), "y": X + TWO > 0.5})
    odd = plain.assign(c=column)
    expected = Train(estimator).fit(plain, target="y").predict(plain)
    fitted = Train(estimator).fit(odd, target="y")
    assert fitted.predict(odd).equals(expected)
    assert fitted.predict(odd.head(1)).equals(expected.head(1))


@pytest.mark.parametrize(
    "column",
    [
        pd.array(np.where(NULL, None, TWO), dtype="Int64"),
        pd.Series(np.where(NULL, None, TWO == 1), dtype=object),
        [None if null else decimal.Decimal(int(each)) for null, each in zip(NULL, TWO, strict=True)],
        arrow(pa.int64(), np.where(NULL, None, TWO)),
    ],
    ids=["Int64", "truth objects", "decimals", "arrow"],
)
def test_their_nulls_are_nulls(column):
    frame = pd.DataFrame({"x": X, "c": np.where(NULL, np.nan, TWO), "y": X > 0})
    odd, estimator = frame.assign(c=column), HistGradientBoostingClassifier(max_iter=3)
    found = Train(estimator).fit(odd, target="y").predict(odd)
    assert found.equals(Train(estimator).fit(frame, target="y").predict(frame))
    with pytest.raises(DataError, match="column 'c' holds nulls"):
        Train(LogisticRegression()).fit(odd, target="y")


def test_a_frame_of_arrow_types_trains_as_the_plain_one():
    plain = pd.DataFrame({"x": X, "c": TWO, "y": TWO})
    typed = plain.convert_dtypes(dtype_backend="pyarrow")
    found = Train(LogisticRegression()).fit(typed, target="y").predict(typed)
    assert found.equals(Train(LogisticRegression()).fit(plain, target="y").predict(plain))


MEANINGLESS = {
    "timestamps": pd.date_range("2024", periods=ROWS),
    "timestamps of Arrow": arrow(pa.timestamp("us"), pd.date_range("2024", periods=ROWS)),
    "dates": [datetime.date(2024, 1, 1)] * ROWS,
    "durations": pd.timedelta_range("1h", periods=ROWS),
    "periods": pd.period_range("2000", periods=ROWS, freq="M"),
    "intervals": pd.IntervalIndex.from_breaks(range(ROWS + 1)),
    "lists or dictionaries": [[1, 2]] * ROWS,
    "lists or dictionaries ": [{"a": 1}] * ROWS,
    "values of type datetime.time": [datetime.time(3)] * ROWS,
    "values of type uuid.UUID": [uuid.UUID(int=each) for each in range(ROWS)],
    "values of type bytes": [b"a"] * ROWS,
    "values of type complex128": X + 1j,
}


@pytest.mark.parametrize("kind", MEANINGLESS)
@pytest.mark.parametrize(
    "estimator", [LogisticRegression(), HistGradientBoostingClassifier(), RandomForestClassifier(2)]
)
def test_what_means_nothing_to_an_estimator_is_named_with_its_kind(kind, estimator):
    said = kind.removesuffix(" of Arrow").strip()
    frame = pd.DataFrame({"x": X, "p": MEANINGLESS[kind], "q": MEANINGLESS[kind], "y": TWO})
    with pytest.raises(DataError, match=rf"(?s)columns 'p', 'q' hold {said}.*exclude=\['p', 'q'\]"):
        Train(estimator).fit(frame, target="y")


@pytest.mark.parametrize("kind", ["timestamps", "intervals", "dates"])
def test_so_are_categories_of_such_values(kind):
    frame = pd.DataFrame({"x": X, "p": pd.Categorical(MEANINGLESS[kind]), "y": TWO})
    with pytest.raises(DataError, match="column 'p' holds"):
        Train(LogisticRegression()).fit(frame, target="y")


def test_values_of_several_kinds_are_named_by_row():
    frame = pd.DataFrame({"x": X, "c": pd.Series([1, "a"] * 100, dtype=object), "y": TWO})
    with pytest.raises(DataError, match="column 'c' holds values of several kinds .in 'c' .* 'a' in row 1"):
        Train(LogisticRegression()).fit(frame, target="y")


@pytest.mark.filterwarnings("ignore:overflow encountered")  # scikit-learn's own cast to 32 bits
@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300])
def test_numbers_too_large_are_named_by_column_and_row(value):
    frame = pd.DataFrame({"x": X, "c": X, "y": TWO})
    frame.loc[17, "c"] = value
    with pytest.raises(DataError, match=r"column 'c' holds infinite numbers, or too large ones.*in row 17"):
        Train(RandomForestClassifier(2)).fit(frame, target="y")


def test_a_search_that_fails_in_its_folds_says_the_same():
    frame = pd.DataFrame({"x": X, "c": "a", "y": TWO})
    with pytest.raises(DataError, match="column 'c' holds text, which the estimator cannot use .*convert string"):
        Train(GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2)).fit(frame, target="y")


@pytest.mark.parametrize(
    "target", [pd.date_range("2024", periods=ROWS), [datetime.date(2024, 1, 1)] * ROWS, [b"a"] * ROWS]
)
def test_a_target_that_is_no_class_and_no_number_is_refused(target):
    with pytest.raises(DataError, match="which are neither classes nor numbers"):
        Train(LogisticRegression()).fit(pd.DataFrame({"x": X, "y": target}), target="y")


def test_weights_of_any_type_count():
    frame = pd.DataFrame({"x": X, "y": TWO, "w": TWO + 1.0})
    odd = frame.assign(w=[decimal.Decimal(int(each)) for each in TWO + 1])
    one, other = (Train(LogisticRegression()).fit(each, target="y", weight="w").predict(each) for each in (frame, odd))
    assert one.equals(other)


# --- texts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "estimator",
    [
        make_pipeline(TfidfVectorizer(), LogisticRegression()),
        make_pipeline(make_pipeline(CountVectorizer()), LogisticRegression()),
        GridSearchCV(make_pipeline(TfidfVectorizer(), LogisticRegression()), {"logisticregression__C": [1]}, cv=2),
    ],
    ids=["pipeline", "pipeline in a pipeline", "search"],
)
def test_a_vectorizer_without_its_column_is_pointed_to_it(estimator):
    frame = pd.DataFrame({"n": X, "mail": ["a prize", "see you"] * 100, "subject": "hello", "y": [1, 0] * 100})
    said = r"Vectorizer, which takes one text column.*\(of text: 'mail', 'subject'\).*features=\"mail\""
    for features in (None, ["mail"]):
        with pytest.raises(DataError, match='(?s)takes one text column.*features="mail"'):
            Train(estimator, features=features).fit(frame, target="y")
    with pytest.raises(DataError, match=f"(?s){said}"):
        Pipeline([estimator], target="y").run(frame, track=False, cache=False)
    assert (
        Train(estimator, features="mail").fit(frame, target="y").predict(frame)["prediction"].tolist() == [1, 0] * 100
    )


def test_one_column_for_an_estimator_that_takes_a_table_is_explained():
    with pytest.raises(DataError, match=r"write features=\['x'\]"):
        Train(LogisticRegression(), features="x").fit(pd.DataFrame({"x": X, "y": TWO}), target="y")


# --- groups, and no target ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("folds", [GroupKFold(3), LeaveOneGroupOut(), StratifiedGroupKFold(3)], ids=repr)
def test_groups_reach_the_folds_of_a_search(folds):
    frame = pd.DataFrame({"x": X, "who": np.arange(ROWS) // 20, "y": TWO})
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=folds)
    fitted = Train(search).fit(frame, target="y", group="who", features=["x"])
    by_hand = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=folds).fit(
        frame[["x"]], TWO, groups=frame["who"]
    )
    scores = [each.cv_results_["mean_test_score"].tolist() for each in (fitted.state["estimator"], by_hand)]
    assert scores[0] == scores[1]
    with pytest.raises(DataError, match=r"(?s)needs groups, but there is no group role.*group="):
        Train(search).fit(frame, target="y", features=["x"])
    inside = Train(make_pipeline("passthrough", search)).fit(frame, target="y", group="who", features=["x"])
    assert inside.state["estimator"][-1].cv_results_["mean_test_score"].tolist() == scores[0]


def test_a_model_without_a_target_asks_for_it():
    with pytest.raises(ConfigurationError, match=r"(?s)has no target to learn.*target=") as caught:
        Pipeline([LogisticRegression()])
    assert "Split" not in str(caught.value)


def test_steps_without_a_model_need_no_target():
    run = Pipeline([StandardScaler()]).run(pd.DataFrame({"x": X, "z": TWO + 0.0}), track=False, cache=False)
    assert run.frame("train", after="Apply")["x"].mean() == pytest.approx(0, abs=1e-9)
