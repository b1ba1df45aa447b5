"""Deviances of counts and amounts, equal to scikit-learn's."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import d2_tweedie_score, mean_gamma_deviance, mean_poisson_deviance, mean_tweedie_deviance

from mlsys import Evaluate
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation.intervals import metric_interval
from mlsys.evaluation.metrics import metric_named
from mlsys.evaluation.sample import Sample

NAMES = {1.0: ("poisson_deviance", "d2_poisson"), 2.0: ("gamma_deviance", "d2_gamma"),
         1.5: ("tweedie_deviance_1.5", "d2_tweedie_1.5"), 1.9: ("tweedie_deviance_1.9", "d2_tweedie_1.9"),
         3.0: ("tweedie_deviance_3", "d2_tweedie_3")}  # fmt: skip


def amounts(seed, power, rows=60, scale=1.0):
    rng = np.random.default_rng(seed)
    y = scale * (rng.gamma(2.0, 1.0, rows) if power >= 2 else rng.poisson(1.0, rows).astype(float))
    return y, scale * rng.gamma(2.0, 0.5, rows), rng.exponential(size=rows)


def value(name, y, said, weight=None):
    scored = pd.DataFrame({"y": y, "prediction": said})
    return metric_named(name)(Sample.of(scored if weight is None else scored.assign(weight=weight), []))


@pytest.mark.parametrize("power", NAMES)
@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), scale=st.sampled_from([1e-3, 1.0, 1e4]), weighted=st.booleans())
def test_deviances_and_what_is_explained_are_scikit_learns(power, seed, scale, weighted):
    y, said, weight = amounts(seed, power, scale=scale)
    weight = weight if weighted else None
    mean, explained = NAMES[power]
    expected = mean_tweedie_deviance(y, said, sample_weight=weight, power=power)
    assert value(mean, y, said, weight) == pytest.approx(expected, rel=1e-12)
    expected = d2_tweedie_score(y, said, sample_weight=weight, power=power)
    assert value(explained, y, said, weight) == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_the_named_deviances_are_those_of_scikit_learn_by_name():
    y, said, _ = amounts(0, 2.0)
    assert value("gamma_deviance", y, said) == pytest.approx(mean_gamma_deviance(y, said), rel=1e-12)
    assert value("poisson_deviance", y, said) == pytest.approx(mean_poisson_deviance(y, said), rel=1e-12)


def test_the_mean_explains_nothing_and_the_truth_all():
    for power, (_, explained) in NAMES.items():
        y, _, weight = amounts(3, 2.0)
        assert value(explained, y, np.full(60, np.average(y, weights=weight)), weight) == pytest.approx(0, abs=1e-12)
        assert value(explained, y, y, weight) == pytest.approx(1, abs=1e-12), power


def test_a_rate_weighted_by_exposure_is_judged_as_the_count_it_is_made_of():
    """Deviance per unit of exposure: scaled counts with the exposure as weight (Ohlsson and Johansson 2010)."""
    rng = np.random.default_rng(0)
    exposure, rate = rng.uniform(0.1, 2, 80), rng.uniform(0.5, 2, 80)
    claims = rng.poisson(rate * exposure)
    of_rates = value("poisson_deviance", claims / exposure, rate, exposure)
    of_counts = mean_poisson_deviance(claims, rate * exposure)
    assert of_rates * exposure.sum() == pytest.approx(of_counts * 80, rel=1e-12)


def test_a_prediction_of_no_amount_at_all_has_no_finite_deviance_and_it_is_said_why():
    scored = pd.DataFrame({"y": [1.0] * 20, "prediction": [1.0] * 19 + [0.0]})
    found = metric_interval(metric_named("poisson_deviance"), Sample.of(scored, []))
    assert found.value == np.inf and found.note == "not defined: a prediction is not above 0"


@pytest.mark.parametrize(("name", "target", "of"), [("poisson_deviance", -1.0, "at least 0"),
                                                    ("d2_gamma", 0.0, "above 0")])  # fmt: skip
def test_targets_without_a_deviance_are_refused(name, target, of):
    rows = pd.DataFrame({"y": [1.5] * 19 + [target], "prediction": 1.0})
    with pytest.raises(DataError, match=rf"(?s){name}' is for a target {of}, but it is {target:g} in row 19.*rmse"):
        Evaluate(metrics=[name]).of(train=rows, validation=rows, target="y")


def test_powers_without_amounts_are_no_metrics():
    for name in ("tweedie_deviance_0.5", "d2_tweedie_4"):
        with pytest.raises(ConfigurationError, match=r"tweedie_deviance_<power>"):
            metric_named(name)
