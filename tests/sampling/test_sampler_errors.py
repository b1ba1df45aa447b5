"""What a sampler cannot do is said in columns, classes and counts, and never blamed on something else."""

from __future__ import annotations

import decimal

import numpy as np
import pandas as pd
import pytest

from mlsys import Pipeline
from mlsys.errors import DataError
from mlsys.sampling import Resample

imblearn = pytest.importorskip("imblearn")
from imblearn.over_sampling import ADASYN, SMOTE, SMOTENC, BorderlineSMOTE, RandomOverSampler  # noqa: E402
from imblearn.under_sampling import RandomUnderSampler  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

X = np.random.default_rng(0).normal(size=100)
PLACE = np.random.default_rng(1).choice(["a", "b"], 100)


def frame(rare: int = 20, **more) -> pd.DataFrame:
    return pd.DataFrame({"x": X, "y": np.where(np.arange(100) < rare, "rare", "usual"), **more})


def resampled(sampler, rows: pd.DataFrame) -> pd.DataFrame:
    return Resample(sampler).resample(rows, target="y")


@pytest.mark.parametrize(
    ("sampler", "said"),
    [
        (SMOTE(), "k_neighbors=5 wants 6 rows, but the class 'rare' has only 4 .*k_neighbors=3"),
        (SMOTE(k_neighbors=8), "k_neighbors=8 wants 9 rows, but the class 'rare' has only 4 .*k_neighbors=3"),
        (BorderlineSMOTE(), "the class 'rare' has only 4"),
        (ADASYN(), "Resample.ADASYN."),
        (SMOTENC(["c"]), "k_neighbors=5 wants 6 rows, but the class 'rare' has only 4"),
    ],
)
def test_a_class_with_too_few_rows_is_named_with_its_rows(sampler, said):
    more = {"c": PLACE} if isinstance(sampler, SMOTENC) else {}
    with pytest.raises(DataError, match=rf"(?s){said}") as caught:
        resampled(sampler, frame(rare=4, **more))
    assert "'rare': 4, 'usual': 96" in str(caught.value) and "text" not in str(caught.value)


def test_one_class_is_one_class_and_no_matter_of_text():
    with pytest.raises(DataError, match="all 100 rows .* same class of the target .*'usual': 100") as caught:
        resampled(SMOTENC(["c"]), frame(rare=0, c=PLACE))
    assert "text" not in str(caught.value)


def test_a_column_that_is_not_there_is_named_beside_those_that_are():
    with pytest.raises(
        DataError, match=r"categorical_features= names 'k', which is not a feature here .features: x, c."
    ):
        resampled(SMOTENC(["k"]), frame(c=PLACE))


@pytest.mark.parametrize("sampler", [RandomOverSampler, RandomUnderSampler, SMOTE])
def test_a_class_that_is_not_there_is_named_beside_those_that_are(sampler):
    rows = frame(c=PLACE, gap=np.where(X > 1, np.nan, X)) if sampler is not SMOTE else frame()
    with pytest.raises(
        DataError, match=r"sampling_strategy=\{7: 9\} names a class that no training row.*'rare': 20, 'usual': 80"
    ):
        resampled(sampler(sampling_strategy={7: 9}), rows)


def test_infinite_numbers_are_named_by_column_and_row():
    rows = frame(z=np.where(np.arange(100) == 40, -np.inf, X))
    with pytest.raises(DataError, match="the features 'z' hold infinite numbers .the first of 'z' in row 40"):
        resampled(SMOTE(), rows)


def test_text_that_smotenc_was_not_told_of_is_named():
    with pytest.raises(DataError, match=r"(?s)'d', which hold text.*categorical_features=\['c', 'd'\]"):
        resampled(SMOTENC(["c"]), frame(c=PLACE, d=PLACE))


def test_any_other_complaint_comes_with_the_classes():
    with pytest.raises(DataError, match=r"Resample.RandomUnderSampler. stopped: .*'rare': 20, 'usual': 80"):
        resampled(RandomUnderSampler(sampling_strategy={"rare": 50}), frame())


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f.assign(y=(f["y"] == "rare").astype(object)),
        lambda f: f.assign(y=pd.array(f["y"] == "rare", dtype="boolean")),
        lambda f: f.assign(y=(f["y"] == "rare").astype("bool[pyarrow]")),
        lambda f: f.assign(x=f["x"].astype("double[pyarrow]")),
        lambda f: f.assign(n=[decimal.Decimal(each) for each in range(100)]),
        lambda f: f.assign(t=pd.Series([True, False] * 50, dtype=object)),
    ],
    ids=["truth objects", "boolean", "Arrow truth", "Arrow number", "decimals", "truth objects as a feature"],
)
def test_values_are_resampled_whatever_type_holds_them(change):
    rows = change(frame())
    after = resampled(SMOTE(), rows)
    assert after["y"].value_counts().tolist() == [80, 80] and after["y"].dtype == rows["y"].dtype


def test_the_fold_in_which_it_happens_is_noted():
    rows = frame(rare=7).assign(y=lambda f: (f["y"] == "rare").astype(int))
    with pytest.raises(DataError, match="the class 1 has") as caught:
        Pipeline([SMOTE(), LogisticRegression()], target="y").run(rows, track=False, cache=False)
    assert any("in fold 1" in note for note in caught.value.__notes__)
