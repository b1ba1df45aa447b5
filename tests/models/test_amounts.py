"""Estimators of counts and amounts: judged by the deviance that they minimize, and refused targets without one."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import GammaRegressor, PoissonRegressor, Ridge, TweedieRegressor
from sklearn.metrics import mean_poisson_deviance
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlsys import Pipeline, RandomSplit, Train
from mlsys.errors import DataError
from mlsys.evaluation.metrics import metric_named
from mlsys.models._amounts import metrics_of_power, power_of

ROWS = 200


@pytest.fixture(scope="module")
def policies() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    made = pd.DataFrame({"a": rng.normal(size=ROWS), "exposure": rng.uniform(0.1, 2, ROWS)})
    claims = rng.poisson(np.exp(made["a"]) * made["exposure"])
    return made.assign(rate=claims / made["exposure"])


@pytest.mark.parametrize(
    ("estimator", "power"),
    [
        (PoissonRegressor(), 1.0),
        (GammaRegressor(), 2.0),
        (TweedieRegressor(power=1.7), 1.7),
        (TweedieRegressor(power=0), None),
        (HistGradientBoostingRegressor(loss="gamma"), 2.0),
        (HistGradientBoostingRegressor(), None),
        (RandomForestRegressor(criterion="poisson"), 1.0),
        (make_pipeline(StandardScaler(), PoissonRegressor()), 1.0),
        (GridSearchCV(TweedieRegressor(power=1.5), {}), 1.5),
        (Ridge(), None),
    ],
    ids=repr,
)
def test_the_deviance_is_the_one_that_an_estimator_minimizes(estimator, power):
    assert power_of(estimator) == power
    assert Train(estimator).minimizes == metrics_of_power(power)
    assert [metric_named(name).name for name in metrics_of_power(power)] == list(metrics_of_power(power))


def test_boosters_name_it_in_their_own_words():
    lightgbm, xgboost = pytest.importorskip("lightgbm"), pytest.importorskip("xgboost")
    told = {"objective": "tweedie", "tweedie_variance_power": 1.2}
    found = [
        power_of(lightgbm.LGBMRegressor(objective="poisson")), power_of(lightgbm.LGBMRegressor(**told)),
        power_of(xgboost.XGBRegressor(objective="reg:gamma")), power_of(xgboost.XGBRegressor(objective="reg:tweedie")),
        power_of(xgboost.XGBRegressor()),
    ]  # fmt: skip
    assert found == [1.0, 1.2, 2.0, 1.5, None]


def test_exposure_is_the_weight_and_the_baseline_the_rate_of_all(policies):
    steps = [RandomSplit(validation=0.4), PoissonRegressor()]
    run = Pipeline(steps, target="rate", weight="exposure").run(policies, track=False, cache=False)
    evaluation = run.evaluation
    assert evaluation.headline == "poisson_deviance"
    assert {"d2_poisson", "rmse", "mae"} <= set(evaluation.table["metric"])
    train = run.frame("train")
    rate = np.average(train["rate"], weights=train["exposure"])
    rows = policies.loc[evaluation.scored.index]
    expected = mean_poisson_deviance(rows["rate"], np.full(len(rows), rate), sample_weight=rows["exposure"])
    table = evaluation.table.query("model == 'zero_rule' and metric == 'poisson_deviance'")
    assert table["value"].item() == pytest.approx(expected, rel=1e-12)
    random = evaluation.table.query("model == 'random' and metric == 'poisson_deviance'")
    assert random["verdict"].item() == "not defined: a prediction is not above 0"
    assert "better than zero_rule" in run.card.text() or "not told apart from zero_rule" in run.card.text()


@pytest.mark.parametrize(
    ("estimator", "change", "problem"),
    [
        (PoissonRegressor(), -1.0, "amounts of 0 or more, but the target 'rate' is -1 in row 3 \\(1 such rows\\)"),
        (GammaRegressor(), 0.0, "amounts of more than 0, but the target 'rate' is 0 in row "),
    ],
)
def test_targets_without_a_deviance_are_refused(policies, estimator, change, problem):
    rate = policies["rate"].copy()
    rate[3] = change
    with pytest.raises(DataError, match=f"(?s){problem}.*Tweedie"):
        Train(estimator).fit(policies.assign(rate=rate), target="rate", features=["a"])


def test_amounts_that_are_all_0_are_refused(policies):
    with pytest.raises(DataError, match="is 0 in all 200 training rows"):
        Train(PoissonRegressor()).fit(policies.assign(rate=0.0), target="rate", features=["a"])
