"""Samples that nobody drew by chance: what they keep, that every report says so, and what raking corrects."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys import Evaluate, Pipeline
from mlsys.errors import ConfigurationError, DataError
from mlsys.sampling import ConvenienceSample, JudgementSample, QuotaSample, Rake, SnowballSample

SHARES = {"sex": {"f": 0.5, "m": 0.5}, "age": {"old": 0.4, "young": 0.6}}


def people(rows: int = 20_000) -> pd.DataFrame:
    """Who answers depends on sex and age, which go with the wage, and a little on the wage itself."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], rows), "age": rng.choice(["old", "young"], rows, p=[0.4, 0.6])})
    frame["wage"] = 20 + 6 * (frame["sex"] == "m") + 10 * (frame["age"] == "old") + rng.normal(0, 4, rows)
    chance = 0.1 + 0.3 * (frame["sex"] == "m") + 0.3 * (frame["age"] == "old")
    return frame.assign(came=rng.exponential(size=rows) / chance)


PEOPLE = people()


def said(*steps: object, frame: pd.DataFrame) -> list[tuple[str, str]]:
    run = Pipeline([*steps]).run(frame, track=False, cache=False, verbose=False)  # type: ignore[arg-type]
    return [(each.code, each.severity) for each in run.findings]


def test_a_convenience_sample_keeps_the_first():
    assert ConvenienceSample(3).select(PEOPLE).index.tolist() == [0, 1, 2]
    assert len(ConvenienceSample().select(PEOPLE)) == len(PEOPLE)


def test_a_judgement_sample_keeps_the_chosen():
    assert JudgementSample("typical").select(PEOPLE.assign(typical=PEOPLE.index == 7)).index.tolist() == [7]


def test_a_quota_sample_fills_each_quota_with_who_comes_first():
    sample = QuotaSample(["sex", "age"], {("f", "old"): 30, ("m", "young"): 20}).select(PEOPLE)
    assert sample.groupby(["sex", "age"]).size().to_dict() == {("f", "old"): 30, ("m", "young"): 20}
    first = PEOPLE[(PEOPLE["sex"] == "f") & (PEOPLE["age"] == "old")].index[:30]
    assert set(first) <= set(sample.index)


def test_a_quota_that_is_not_filled_is_named():
    drawn = QuotaSample("sex", {"f": 1, "x": 5}).keep(PEOPLE, np.random.default_rng())
    assert drawn.said.endswith("not filled: 'x' 0 of 5")


def test_a_snowball_reaches_contacts_as_a_search_in_breadth_does():
    rng = np.random.default_rng(3)
    edges = pd.DataFrame(rng.integers(0, 120, (100, 2)), columns=["a", "b"])
    frame = pd.DataFrame({"x": range(100)})
    reached = latest = {3, 8}
    for _ in range(3):
        latest = {
            int(end) for one, other in (("a", "b"), ("b", "a")) for end in edges.loc[edges[one].isin(latest), other]
            if end < 100 and end not in reached
        }  # fmt: skip
        reached = reached | latest
        if not latest:
            break
    there = edges[(edges < 100).all(axis=1)]
    sample = SnowballSample(there, ends=("a", "b"), starts=[3, 8], waves=3).select(frame)
    assert set(sample.index) == reached
    assert set(SnowballSample(edges, ends=("a", "b"), starts=[3, 8], waves=3).select(frame).index) == reached


def test_a_snowball_follows_at_most_so_many_contacts_of_each():
    star = pd.DataFrame({"a": [0] * 50, "b": range(1, 51)})
    frame = pd.DataFrame({"x": range(60)})
    sample = SnowballSample(star, ends=("a", "b"), starts=[0], waves=1, most=4).select(frame)
    assert len(sample) == 5
    assert len(SnowballSample(star, ends=("a", "b"), starts=2, waves=1).select(frame)) >= 2


@pytest.mark.parametrize(
    "step",
    [
        ConvenienceSample(900, how="came to the desk"),
        JudgementSample("typical"),
        QuotaSample("sex", {"f": 400, "m": 400}),
        SnowballSample(pd.DataFrame({"a": range(900), "b": range(1, 901)}), ends=("a", "b"), starts=[0], waves=800),
    ],
)
def test_bias_is_said_until_raking_corrects_it(step):
    frame = PEOPLE.assign(typical=np.arange(len(PEOPLE)) % 20 == 0)
    assert said(step, frame=frame) == [("SA101", "warning")]
    assert said(step, Rake(SHARES), frame=frame) == [("SA102", "information")]
    assert said(step, Rake(SHARES), ConvenienceSample(300), frame=frame) == [
        ("SA101", "warning"),
        ("SA102", "information"),
    ]


@pytest.mark.long
def test_each_report_says_it_and_a_sample_by_chance_does_not():
    from sklearn.linear_model import LinearRegression

    pipeline = Pipeline([ConvenienceSample(how="newsletter"), LinearRegression(), Evaluate()], target="wage")
    run = pipeline.run(PEOPLE[["came", "wage"]].head(300), track=False, cache=False, verbose=False)
    assert "SA101" in [each.code for each in run.reports["evaluate"].findings]
    assert str(run).count("SA101") == 1
    assert "newsletter" in str(run)


def test_raking_meets_all_margins_and_brings_the_mean_back():
    quota = QuotaSample("sex", {"f": 600, "m": 600}).select(PEOPLE.sort_values("came"))
    raked = Rake({"sex": SHARES["sex"], "age": pd.Series(SHARES["age"])}).select(quota)
    weights = raked["sampling_weight"]
    assert weights.sum() == pytest.approx(len(quota))
    for name, margin in SHARES.items():
        found = weights.groupby(raked[name]).sum() / weights.sum()
        assert found.to_dict() == pytest.approx(margin, rel=1e-5)
    off = [
        abs(mean - PEOPLE["wage"].mean()) for mean in (quota["wage"].mean(), np.average(raked["wage"], weights=weights))
    ]
    assert off[1] < off[0] / 5


def test_numbers_of_rows_set_the_scale():
    raked = Rake({"sex": {"f": 7_000, "m": 3_000}}).select(PEOPLE.head(500))
    assert raked.groupby("sex")["sampling_weight"].sum().to_dict() == pytest.approx({"f": 7_000, "m": 3_000})


def test_raking_begins_with_the_weights_that_are_there():
    given = PEOPLE.head(400).assign(w=np.where(PEOPLE.head(400)["wage"] > 25, 2.0, 1.0))
    raked = Rake({"sex": SHARES["sex"]}, weight="w").select(given)
    assert raked.groupby("sex")["w"].sum().to_numpy() == pytest.approx(given["w"].sum() / 2)
    ratio = (raked["w"] / given["w"]).groupby(raked["sex"]).nunique()
    assert ratio.tolist() == [1, 1] or np.ptp(raked["w"] / given["w"]) < 1
    with pytest.raises(ConfigurationError, match=r"Rake\(..., weight='w'\)"):
        Pipeline([Rake(SHARES)], weight="w")
    assert Pipeline([Rake(SHARES, weight="w")]).roles.weight == "w"


def test_trimmed_weights_stay_below_and_say_what_they_miss():
    sample = PEOPLE.sort_values("came").head(300)
    free, bound = Rake(SHARES), Rake(SHARES, trim=1.5)
    rng = np.random.default_rng()
    assert free.keep(sample, rng).weights.max() > 1.6
    drawn = bound.keep(sample, rng)
    assert drawn.weights.max() == pytest.approx(1.5)  # of the mean weight, which was 1
    assert "trimmed, so shares are met within" in drawn.said


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Rake({}), "no margins"),
        (lambda: Rake({"sex": {"f": -0.1, "m": 1.1}}), "negative"),
        (lambda: Rake({"sex": {"f": 0.0}}), "0 for all"),
        (lambda: Rake({"sex": {"f": 0.5, "m": 0.5}, "age": {"old": 40, "young": 60}}), "not of the same rows"),
        (lambda: Rake(SHARES, trim=0.5), "no weight above"),
        (lambda: QuotaSample("sex", {}), "no numbers of rows"),
        (lambda: ConvenienceSample(0), "sample size"),
        (lambda: SnowballSample(pd.DataFrame({"a": [], "b": []}), ends=("a", "b"), starts=[]), "reach nobody"),
        (lambda: SnowballSample(pd.DataFrame({"a": []}), ends=("a", "b"), starts=1), "needs the column 'b'"),
    ],
)
def test_what_cannot_be_is_refused_when_made(make, problem):
    with pytest.raises((ConfigurationError, DataError), match=problem):
        make()


EMPTY = pd.DataFrame({"sex": ["f", "f", "m"], "age": ["old", "young", "old"]})


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (Rake({"sex": {"f": 0.4, "m": 0.4, "x": 0.2}}), "no row has 'x' in 'sex'"),
        (Rake({"sex": {"f": 1.0}}), "rows have 'm' in 'sex'"),
        (Rake({"sex": {"f": 0.1, "m": 0.9}, "age": {"old": 0.5, "young": 0.5}}), "does not converge"),
        (Rake({"absent": {"f": 1.0}}), "needs the column 'absent'"),
        (QuotaSample("sex", {"x": 1}), "no row has one of the values 'x'"),
        (JudgementSample("sex"), "not True or False"),
        (SnowballSample(pd.DataFrame({"a": [0], "b": [1]}), ends=("a", "b"), starts=[77]), "no row has the id 77"),
    ],
)
def test_rows_that_do_not_fit_are_named(step, problem):
    with pytest.raises(DataError, match=problem):
        step.select(EMPTY)


def test_nulls_have_no_share():
    with pytest.raises(DataError, match="null in 1 rows"):
        Rake({"sex": {"f": 1.0}}).select(pd.DataFrame({"sex": ["f", None]}))
