"""ClipOutliers brings values to limits that training rows set, and counts them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys import ClipOutliers
from mlsys.errors import ConfigurationError, DataError

FRAME = pd.DataFrame({"x": np.r_[np.random.default_rng(0).normal(size=500), 40.0, -30.0, np.nan]})


@pytest.mark.parametrize("beyond", [0.01, 0.2])
def test_quantiles_are_numpys(beyond: float) -> None:
    out = ClipOutliers(beyond=beyond).fit(FRAME).transform(FRAME)["x"]
    np.testing.assert_array_equal(out, FRAME["x"].clip(*FRAME["x"].quantile([beyond, 1 - beyond])))


def test_fences_are_tukeys_and_deviations_those_of_all_rows() -> None:
    x = FRAME["x"].dropna()
    lower, upper = x.quantile([0.25, 0.75])
    fences = (lower - 1.5 * (upper - lower), upper + 1.5 * (upper - lower))
    state = ClipOutliers(by="quartiles").fit(FRAME).state
    np.testing.assert_allclose((state["lower"][0], state["upper"][0]), fences, rtol=1e-12)
    assert (state["below"], state["above"]) == ([(x < fences[0]).sum()], [(x > fences[1]).sum()])
    state = ClipOutliers(by="deviations", beyond=2).fit(FRAME).state
    assert state["upper"] == pytest.approx([x.mean() + 2 * x.std(ddof=0)])


def test_one_side_leaves_the_other() -> None:
    out = ClipOutliers(by="quartiles", side="above").fit(FRAME).transform(FRAME)["x"]
    assert out.min() == -30.0
    assert out.max() < 40.0


def test_an_indicator_stands_where_training_rows_were_clipped() -> None:
    train = FRAME.assign(calm=np.arange(len(FRAME)) % 7)
    fitted = ClipOutliers(by="quartiles", indicator=True).fit(train)
    out = fitted.transform(pd.DataFrame({"x": [0.0, 99.0, np.nan, -np.inf], "calm": [99, 1, 1, 1]}))
    assert list(out.columns) == ["x", "calm", "x_outlier"]
    assert out["x_outlier"].tolist() == [0, 1, 0, 1]
    assert np.isfinite(out["x"].iloc[3])


def test_a_column_that_is_mostly_one_value_has_no_fences() -> None:
    frame = pd.DataFrame({"x": [0.0] * 9 + [5.0]})
    assert ClipOutliers(by="quartiles").fit(frame).transform(frame)["x"].tolist() == frame["x"].tolist()


def test_limits_that_are_none_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="beyond=0.5 is not valid with by='quantiles'"):
        ClipOutliers(beyond=0.5)
    with pytest.raises(DataError, match="'x' holds an infinite value"):
        ClipOutliers(by="deviations").fit(pd.DataFrame({"x": [1.0, np.inf]}))
