"""scikit-learn's objects stand bare in the list, are shown what they take, and serve in another process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler, TargetEncoder

from mlsys import Pipeline, Run, load
from mlsys.errors import DataError
from mlsys.models import takes_any
from mlsys.steps.sklearn_tags import Takes, taken_by

from ..forks import Forks


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = 400
    made = pd.DataFrame(
        {
            "x": rng.normal(size=rows),
            "n": rng.integers(0, 3, rows),
            "city": rng.choice(["Rome", "Oslo", "Bern"], rows),
            "note": [" ".join(rng.choice(["late", "lost", "fine", "soon"], 5)) for _ in range(rows)],
            "who": np.arange(rows) // 8,
        }
    )
    return made.assign(y=made["x"] + (made["city"] == "Rome") + rng.normal(size=rows) > 0)


def run(steps: list[Any], frame: pd.DataFrame, **more: Any) -> Run:
    return Pipeline(steps, target="y", group="who", **more).run(frame, track=False, cache=False, verbose=False)


def seen(done: Run) -> list[str]:
    return list(done.state("Train")["features"])


def by_kind() -> ColumnTransformer:
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    return make_column_transformer(
        (OneHotEncoder(), ["city"]), (numbers, make_column_selector(dtype_include=np.number))
    )


CITY, KIND = ["city_Bern", "city_Oslo", "city_Rome"], LogisticRegression()
NOTE = ["fine", "late", "lost", "soon"]
BARE = {
    "a ColumnTransformer": (
        [by_kind(), KIND], [],
        [*(f"onehotencoder__{name}" for name in CITY), "pipeline__x", "pipeline__n"],
    ),
    "an encoder": ([OneHotEncoder(), KIND], ["note"], ["x", "n", *CITY]),
    "an encoder by target": ([TargetEncoder(), KIND], ["note"], ["x", "n", "city"]),
    "a vectorizer": ([TfidfVectorizer(), KIND], ["city"], ["x", "n", *NOTE]),
    "a vectorizer in an estimator": ([make_pipeline(TfidfVectorizer(), KIND)], ["city"], ["note"]),
    "a function of numbers": ([FunctionTransformer(np.exp), KIND], ["city", "note"], ["x", "n"]),
    "a selector": ([SelectFromModel(KIND, threshold="median"), KIND], ["city", "note"], ["x"]),
    "a selector that predicts": ([RFE(KIND, n_features_to_select=1), KIND], ["city", "note"], ["x"]),
    "an imputer before an encoder": (
        [make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder()), KIND], ["note"], ["x", "n", *CITY],
    ),
    "a pipeline as the estimator": ([make_pipeline(by_kind(), KIND)], [], ["x", "n", "city", "note"]),
    "a search over it": (
        [GridSearchCV(make_pipeline(by_kind(), KIND), {"logisticregression__C": [0.1, 1.0]})], [],
        ["x", "n", "city", "note"],
    ),
}  # fmt: skip


@pytest.mark.quick(
    "a ColumnTransformer", "an encoder by target", "a vectorizer in an estimator", "a pipeline as the estimator"
)
@pytest.mark.parametrize("name", BARE)
def test_what_stands_bare_gets_what_it_takes_and_is_saved(name: str, frame: pd.DataFrame, tmp_path: Path) -> None:
    steps, excluded, expected = BARE[name]
    done = run(steps, frame, exclude=excluded)
    assert seen(done) == expected
    assert load(done.save(tmp_path / "model")).predict(frame).equals(done.predict(frame))


def test_outputs_keep_the_names_and_types_of_set_output(frame: pd.DataFrame) -> None:
    step = make_column_transformer(
        (OneHotEncoder(sparse_output=False, dtype=int), ["city"]), ("passthrough", ["n", "note"]),
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")  # fmt: skip
    done = run([step, make_pipeline(make_column_transformer((OneHotEncoder(), CITY)), KIND)], frame)
    after = done.frame("train", after="Apply")
    assert [*CITY, "n", "note"] == [name for name in after.columns if name not in ("who", "y")]
    assert after["n"].dtype == np.int64 and after["city_Rome"].dtype.kind == "i"


def test_the_plan_says_what_each_is_shown() -> None:
    plan = repr(Pipeline([by_kind(), OneHotEncoder(), StandardScaler(), KIND], target="y").plan())
    assert "Apply: ColumnTransformer gets all features" in plan
    assert "OneHotEncoder gets text and category features" in plan
    assert "StandardScaler gets number" in plan


def test_several_texts_are_named_with_the_way_to_choose(frame: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=r"2 features hold text: city, note(.|\n)*columns=\[\"city\"\]"):
        run([TfidfVectorizer(), KIND], frame)
    with pytest.raises(DataError, match=r"of text: 'city', 'note'(.|\n)*features=\"city\""):
        run([make_pipeline(TfidfVectorizer(), KIND)], frame)
    with pytest.raises(DataError, match="found no feature of text"):
        run([TfidfVectorizer(), KIND], frame, exclude=["city", "note"])


def test_a_column_that_is_no_feature_is_named(frame: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=r"asks for the column 'y', which is not a feature here \(features: x, n"):
        run([make_column_transformer((StandardScaler(), ["x", "y"])), KIND], frame)


def test_a_level_that_training_rows_lack_is_said_shortly(frame: pd.DataFrame) -> None:
    done = run([OneHotEncoder(), KIND], frame, exclude=["note"])
    with pytest.raises(DataError, match=r"found values that no training row has(.|\n)*handle_unknown"):
        done.model.steps[0][1].transform(frame.assign(city="Atlantis"))


SCRIPT = """
import numpy as np, pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from mlsys import Pipeline

BASE = 2.0
def logs(frame):
    return frame.assign(ratio=frame["x"] / BASE)
def split(text):
    return text.split("-")
def texts(frame):
    return [name for name in frame.columns if name == "note"]

rng = np.random.default_rng(0)
frame = pd.DataFrame({"x": rng.normal(size=300), "note": rng.choice(["a-b", "b-c", "c"], 300)})
frame["y"] = frame["x"] + rng.normal(size=300) > 0
words = TfidfVectorizer(tokenizer=split, token_pattern=None)
prepare = make_column_transformer((words, "note"), (FunctionTransformer(lambda f, by=3: f * by), ["x", "ratio"]))
steps = [FunctionTransformer(logs), make_pipeline(prepare, LogisticRegression())]
run = Pipeline(steps, target="y").run(frame, track=False)
assert not run.withheld, run.withheld
run.save("model")
frame.to_parquet("rows.parquet")
run.predict(frame).to_parquet("said.parquet")
"""


def test_functions_of_the_users_inside_scikit_learns_objects_travel(forks: Forks, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    again = (
        "import pandas as pd, mlsys; said = mlsys.load('model').predict(pd.read_parquet('rows.parquet'));"
        "pd.testing.assert_frame_equal(said, pd.read_parquet('said.parquet'), check_exact=True)"
    )
    for command in (["script.py"], ["-c", again]):
        done = forks.run(command, cwd=tmp_path)
        assert done.returncode == 0, done.stderr


@pytest.mark.long
def test_folds_of_the_users_that_ignore_groups_are_on_the_card(frame: pd.DataFrame) -> None:
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=KFold(3))
    told = [finding for finding in run([search], frame, exclude=["city", "note"]).findings if finding.code == "LK219"]
    assert len(told) == 1 and "cv=KFold of GridSearchCV" in told[0].message
    ours = run([search.set_params(cv=3)], frame, exclude=["city", "note"])
    assert "LK219" not in {finding.code for finding in ours.findings}


class Own(TransformerMixin, BaseEstimator):
    """A transformer of the user's."""

    def fit(self, X: Any, y: Any = None) -> Own:  # noqa: N803
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803
        return X


@pytest.mark.parametrize(
    ("transformer", "takes"),
    [
        (Own(), Takes.ALL), (FunctionTransformer(), Takes.ALL), (FunctionTransformer(np.log1p), Takes.NUMBERS),
        (make_union(StandardScaler(), SimpleImputer()), Takes.NUMBERS),
        (make_union(Own(), StandardScaler()), Takes.ALL),
        (make_pipeline("passthrough", TfidfVectorizer()), Takes.TEXT), (SimpleImputer(strategy="constant"), Takes.ALL),
    ],
)  # fmt: skip
def test_what_a_transformer_takes(transformer: Any, takes: Takes) -> None:
    assert taken_by(transformer) is takes


def test_what_prepares_features_itself() -> None:
    prepared = make_pipeline(by_kind(), RandomForestClassifier())
    assert all(map(takes_any, [prepared, GridSearchCV(prepared, {}), make_pipeline(TfidfVectorizer(), KIND)]))
    bare = [KIND, make_pipeline(StandardScaler(), KIND), GridSearchCV(KIND, {}), RandomForestClassifier()]
    assert not any(map(takes_any, bare))
