"""An A/B test says how many rows it needs, who gets which model, and finds differences at its stated rate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlsys import ABTest
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation.production.sizes import of_shares

Frame = pd.DataFrame


def outcomes(seed: int, n: int = 6_000, share: float = 0.5, base: float = 0.1, effect: float = 0.0) -> Frame:
    rng = np.random.default_rng(seed)
    challenger = rng.random(n) < share
    return pd.DataFrame({
        "arm": np.where(challenger, "challenger", "champion"),
        "y": (rng.random(n) < base + effect * challenger).astype(int),
        "day": np.arange(n) // (n // 30),
    })  # fmt: skip


TEST = ABTest("y", minimum_effect=0.02, baseline=0.1)
FIXED = ABTest("y", minimum_effect=0.02, baseline=0.1, sequential=False)


@pytest.mark.parametrize(("one", "effect", "ratio", "alpha", "power"), [
    (0.1, 0.02, 1.0, 0.05, 0.8), (0.5, 0.01, 1.0, 0.01, 0.9), (0.02, 0.005, 0.25, 0.05, 0.8), (0.4, 0.2, 3.0, 0.1, 0.7),
])  # fmt: skip
def test_the_size_for_shares_is_that_of_statsmodels(
    one: float, effect: float, ratio: float, alpha: float, power: float
) -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    rows = of_shares(one, one + effect, ratio, alpha, power)
    found = proportion.power_proportions_2indep(effect, one, rows * ratio, 1 / ratio, alpha, return_results=False)
    assert found == pytest.approx(power, abs=1e-9)
    test = ABTest("y", effect, one, power=power, alpha=alpha, share=ratio / (1 + ratio), sequential=False)
    assert test.sample_size().champion == math.ceil(rows)


@pytest.mark.parametrize(("effect", "spread", "ratio", "alpha", "power"), [
    (0.5, 1.0, 1.0, 0.05, 0.8), (2.0, 30.0, 1.0, 0.05, 0.9), (1.0, 1.0, 0.5, 0.01, 0.8), (0.1, 2.0, 1 / 19, 0.05, 0.8),
])  # fmt: skip
def test_the_size_for_means_is_that_of_the_noncentral_t(
    effect: float, spread: float, ratio: float, alpha: float, power: float
) -> None:
    from scipy.stats import nct, t

    test = ABTest("y", effect, spread=spread, power=power, alpha=alpha, share=ratio / (1 + ratio), sequential=False)
    rows = test.sample_size().champion

    def reached(n: float) -> float:
        freedom, moved = n * (1 + ratio) - 2, effect / spread * np.sqrt(n * ratio / (1 + ratio))
        return float(nct.sf(t.ppf(1 - alpha / 2, freedom), freedom, moved))

    assert reached(rows) >= power > reached(rows - 1) - 1e-6


def test_past_outcomes_tell_baseline_and_spread() -> None:
    rng = np.random.default_rng(0)
    shares, money = pd.Series(rng.random(5_000) < 0.1), pd.Series(rng.exponential(10, 5_000))
    plain = ABTest("y", minimum_effect=0.02)
    assert plain.sample_size(shares).fixed == ABTest("y", 0.02, baseline=shares.mean()).sample_size().fixed
    assert ABTest("y", 1.0).sample_size(money).fixed == ABTest("y", 1.0, spread=money.std()).sample_size().fixed
    with pytest.raises(ConfigurationError, match="(?s)how far 'y' varies is not known.*baseline="):
        plain.sample_size()
    with pytest.raises(ConfigurationError, match="tell no spread"):
        plain.sample_size(pd.Series([1, 1, 1]))


def test_a_lower_metric_may_be_better() -> None:
    falling = ABTest("y", 0.02, baseline=0.1, greater_is_better=False)
    assert "from 0.1 to 0.08" in falling.sample_size().said
    rows = outcomes(0, 20_000, effect=0.04)
    assert (TEST.analyse(rows).verdict, falling.analyse(rows).verdict) == ("better", "worse")


def test_an_id_keeps_its_arm_and_shares_are_met() -> None:
    ids = pd.Series(np.arange(100_000), index=np.arange(100_000)[::-1])
    tenth = ABTest("y", 0.02, share=0.1, salt="autumn")
    arms = tenth.assign(ids)
    assert arms.index.equals(ids.index)
    assert abs((arms == "challenger").mean() - 0.1) < 0.004
    assert tenth.assign(ids[::-1]).sort_index().equals(arms.sort_index())
    assert tenth.assign(ids.astype(float)).equals(arms)
    assert tenth.assign(np.array(["ann", "bo"])).tolist() == tenth.assign(["ann", "bo"]).tolist()


def test_the_arms_of_two_tests_are_independent_and_a_growing_share_keeps_its_ids() -> None:
    ids = pd.Series(np.arange(50_000))
    first, second = (ABTest("y", 0.02, salt=salt).assign(ids) == "challenger" for salt in ("spring", "autumn"))
    assert abs((first & second).mean() - 0.25) < 0.01
    few, many = (ABTest("y", 0.02, share=share).assign(ids) == "challenger" for share in (0.05, 0.25))
    assert many[few].all()


def test_a_difference_is_found_with_its_interval_and_the_day_of_the_decision() -> None:
    result = TEST.analyse(outcomes(1, 20_000, effect=0.04), time="day")
    assert result.verdict == "better"
    assert result.lower < 0.04 < result.upper
    assert "decided at" in result.summary
    assert result.p < 0.05
    assert len(result.tables["looks"]) > 29
    assert result.lift == pytest.approx(result.difference / result.table["mean"][0])


def test_the_interval_of_one_look_is_the_same_with_and_without_time() -> None:
    rows = outcomes(2)
    with_time, without = TEST.analyse(rows, time="day"), TEST.analyse(rows)
    assert (with_time.lower, with_time.upper) == pytest.approx((without.lower, without.upper))


def test_rows_out_of_order_and_with_one_index_are_read_by_time() -> None:
    rows = outcomes(3, effect=0.03)
    mixed = rows.sample(frac=1, random_state=0).set_axis([0] * len(rows))
    looks = TEST.analyse(mixed, time="day").tables["looks"]
    pd.testing.assert_frame_equal(looks, TEST.analyse(rows, time="day").tables["looks"])


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_times_are_looked_at_by_the_day_of_their_own_clock(zone: str | None) -> None:
    rows = outcomes(3)
    hours = pd.date_range("2026-10-20", periods=len(rows), freq="6min", tz=zone)  # 25 days, a change of the clock
    looks = TEST.analyse(rows.assign(day=hours), time="day").tables["looks"]
    assert looks["time"].tolist() == pd.date_range("2026-10-20", periods=len(looks)).tolist()
    assert len(looks) == 25
    assert looks["rows"].iloc[-1] == len(rows)
    dates = TEST.analyse(rows.assign(day=hours.date), time="day").tables["looks"]
    assert dates["difference"].equals(looks["difference"])


def test_a_gain_too_small_to_matter_ends_the_test() -> None:
    assert TEST.analyse(outcomes(4, 60_000)).verdict == "not better"


def test_a_fixed_test_decides_nothing_before_all_planned_rows_have_come() -> None:
    rows = outcomes(5, 2_000, effect=0.08)
    early = FIXED.analyse(rows)
    assert early.verdict == "waits"
    assert "of 7,682 planned rows" in early.summary
    assert FIXED.analyse(outcomes(5, 9_000, effect=0.08)).verdict == "better"


def test_a_fixed_test_of_numbers_is_welchs() -> None:
    from scipy.stats import ttest_ind

    rng = np.random.default_rng(0)
    rows = outcomes(6, 400).assign(y=rng.normal(5, 2, 400))
    one, other = (rows.loc[rows["arm"] == arm, "y"] for arm in ("champion", "challenger"))
    expected = ttest_ind(other, one, equal_var=False)
    found = ABTest("y", 1.0, spread=2.0, sequential=False).analyse(rows)
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.lower, found.upper) == pytest.approx(tuple(expected.confidence_interval()))


def test_a_small_arm_of_rare_outcomes_finds_no_more_than_it_may_at_one_look() -> None:
    """Without care, one test in five of money of which 5 % buy would find a difference that is not there."""
    rng, found = np.random.default_rng(3), 0
    for _ in range(150):
        arms = np.where(rng.random(3_000) < 0.05, "challenger", "champion")
        bought = np.where(rng.random(3_000) < 0.05, rng.lognormal(3, 1.2, 3_000), 0.0)
        numbers = ABTest("y", 1.0, spread=10.0, share=0.05, sequential=False)
        done = numbers.analyse(pd.DataFrame({"id": np.arange(3_000), "arm": arms, "y": bought}))
        found += bool(done.p < 0.05)
    assert found <= 16  # 5 % promised: more than 16 of 150 in 1 of 1,000 tries


def test_several_rows_of_one_id_vary_together() -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"id": np.repeat(np.arange(800), 10)})
    rows["arm"] = FIXED.assign(rows["id"])
    rows["y"] = np.repeat(rng.normal(size=800), 10) + rng.normal(0, 0.1, 8_000)
    numbers = ABTest("y", 0.2, spread=1.0, sequential=False)
    wide, narrow = numbers.analyse(rows, id="id"), numbers.analyse(rows)
    assert 2.5 < (wide.upper - wide.lower) / (narrow.upper - narrow.lower) < 3.5
    with pytest.raises(DataError, match="(?s)needs one row of each.*add them up by id"):
        TEST.analyse(rows, id="id")


def test_a_covariate_narrows_the_interval_and_keeps_the_difference() -> None:
    rng = np.random.default_rng(0)
    rows = outcomes(7, 8_000)
    before = rng.exponential(10, len(rows))
    rows["y"] = before + rng.normal(0, 2, len(rows)) + 1.0 * (rows["arm"] == "challenger")
    test = ABTest("y", 1.0, spread=10)
    plain, narrow = test.analyse(rows), test.analyse(rows.assign(before=before), covariate="before")
    assert (narrow.upper - narrow.lower) < 0.4 * (plain.upper - plain.lower)
    assert narrow.lower < 1.0 < narrow.upper
    assert narrow.table["mean"].tolist() == plain.table["mean"].tolist()


def test_arms_of_the_wrong_size_have_no_winner() -> None:
    rows = outcomes(8, 20_000, share=0.46, effect=0.05)
    for test in (TEST, FIXED):
        result = test.analyse(rows, time="day")
        assert result.verdict == "refused"
        assert "arms are not as large as they should be" in result.summary


def test_outcomes_that_one_arm_lacks_more_often_have_no_winner() -> None:
    rows = outcomes(9, 20_000, effect=0.05)
    rows["y"] = rows["y"].astype(float)
    lost = (rows["arm"] == "challenger") & (np.arange(len(rows)) % 5 == 0)
    rows.loc[lost, "y"] = np.nan
    result = TEST.analyse(rows)
    assert result.verdict == "refused"
    assert "rows with an outcome" in result.summary
    assert result.table["missing"].tolist() == [0, int(lost.sum())]


def test_outcomes_not_known_yet_are_left_out_and_counted() -> None:
    rows = outcomes(10)
    rows["y"] = rows["y"].astype("Float64").mask(np.arange(len(rows)) % 3 == 0)
    result = TEST.analyse(rows, time="day")
    assert result.table["rows"].sum() == 4_000
    assert result.verdict != "refused"


@pytest.mark.parametrize("values", [np.ones(200), np.where(np.arange(200) % 2, 5.0, 6.0)])
def test_outcomes_that_do_not_vary_decide_nothing(values: Any) -> None:
    rows = pd.DataFrame({"arm": np.where(np.arange(200) % 2, "champion", "challenger"), "y": values})
    for test in (ABTest("y", 0.1), ABTest("y", 0.1, spread=1.0, sequential=False)):
        assert test.analyse(rows).verdict in {"waits", "not better"}


def test_few_rows_wait() -> None:
    rows = pd.DataFrame({"arm": ["champion", "challenger"], "y": [0, 1]})
    for test in (TEST, FIXED):
        result = test.analyse(rows)
        assert result.verdict == "waits"
        assert result.difference == 1
        assert np.isnan(result.lower) or result.lower < 0 < result.upper


@pytest.mark.parametrize("dtype", ["bool", "Int8", "boolean", "float32", "int64[pyarrow]", "category", object])
def test_outcomes_of_any_type_of_number_are_read(dtype: Any) -> None:
    rows = outcomes(11)
    given = rows.assign(y=rows["y"].astype(dtype))
    if dtype == "category":
        with pytest.raises(DataError, match="'y' holds"):
            TEST.analyse(given)
        return
    assert TEST.analyse(given).difference == TEST.analyse(rows).difference


@pytest.mark.parametrize(("change", "says"), [
    ({"arm": "champion"}, "the arm 'challenger' has no rows"),
    ({"arm": ["champion", "challengr"]}, "'arm' is 'challengr' in row 1.*did you mean 'challenger'"),
    ({"arm": ["champion", None]}, "'arm' is null in row 1"),
    ({"y": ["yes", "no"]}, "'y' holds text"),
    ({"y": [np.inf, 0.0]}, "'y' is infinite in row 0"),
    ({"y": [np.nan, 0.0]}, "no outcome of the arm 'champion' is known"),
    ({"day": [None, 1.0]}, "'day' is null in row 0"),
    ({"day": ["monday", "tuesday"]}, "'day' holds text.*pd.to_datetime"),
    ({"id": ["a", "a"]}, "1 ids are in both arms, first 'a'"),
    ({"id": ["a", None]}, "'id' is null in row 1"),
    ({"before": [None, 1.0]}, "'before' is null in row 0"),
])  # fmt: skip
def test_rows_that_cannot_be_compared_are_named(change: dict[str, Any], says: str) -> None:
    rows = pd.DataFrame({"arm": ["champion", "challenger"], "y": [0.0, 1.0], "day": [0.0, 1.0], "id": ["a", "b"]})
    rows = rows.assign(before=1.0).assign(**change)
    with pytest.raises(DataError, match=f"(?s){says}"):
        TEST.analyse(rows, time="day", id="id", covariate="before")


@pytest.mark.parametrize(("frame", "says"), [
    ([1, 2], "got list, not a DataFrame"), (pd.DataFrame({"arm": [], "y": []}), "got 0 rows"),
    (pd.DataFrame({"arm": ["champion"]}), "needs the column 'y'"),
])  # fmt: skip
def test_what_is_no_table_of_outcomes_is_refused(frame: Any, says: str) -> None:
    with pytest.raises(DataError, match=says):
        TEST.analyse(frame)


@pytest.mark.parametrize(("given", "says"), [
    ({"metric": ""}, "is not a name"), ({"minimum_effect": 0}, "minimum_effect=0 is not above 0"),
    ({"minimum_effect": -0.1}, "is not above 0"), ({"alpha": 1}, "alpha=1 is not between"),
    ({"power": 0.04}, "is not above alpha"), ({"share": 0}, "share=0 is not between"),
    ({"baseline": 1.2}, "leaves the range"), ({"baseline": 0.99}, "with minimum_effect=0.02 leaves the range"),
    ({"spread": 0}, "spread=0 is not above 0"), ({"baseline": 0.1, "spread": 1}, "are both given"),
    ({"arms": ("a", "a")}, "names one arm twice"), ({"arms": "ab"}, "is not a list of names"),
    ({"arms": ("a",)}, "has 1 names"), ({"sequential": "yes"}, "sequential='yes'"),
])  # fmt: skip
def test_parameters_outside_their_range_are_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        ABTest(**{"metric": "y", "minimum_effect": 0.02, **given})


def test_an_id_that_is_null_is_refused() -> None:
    with pytest.raises(DataError, match="the id in place 1 is null"):
        TEST.assign(["a", None])


def test_the_error_rate_is_stated() -> None:
    assert "at most 5% of tests, however often you look" in repr(TEST)
    assert "if you look once" in repr(FIXED)
    result = TEST.analyse(outcomes(12), time="day")
    assert "5% at all looks together" in repr(result)
    assert "A/B test of" in result._repr_html_()
    assert "7,682 looked at once" in repr(TEST.sample_size())


@pytest.mark.parametrize("time", [None, "day"])
def test_the_difference_is_drawn(time: str | None) -> None:
    from matplotlib import pyplot

    ax = TEST.analyse(outcomes(13, 20_000, effect=0.04), time=time).plot()
    assert "difference of y" in ax.get_ylabel()
    pyplot.close("all")


def peeked(runs: int, share: float, effect: float = 0.0, fixed: bool = False) -> float:
    """Return the share of tests of 30 days that find a difference on some day."""
    found = 0
    for seed in range(runs):
        rows = outcomes(1_000 + seed, 9_000, share, 0.1, effect)
        looks = ABTest("y", 0.02, baseline=0.1, share=share).analyse(rows, time="day").tables["looks"]
        found += bool((looks["lower"] > 0).any() or (looks["upper"] < 0).any())
    return found / runs


def test_peeking_every_day_finds_no_more_than_stated() -> None:
    assert peeked(60, 0.5) <= 0.07


@pytest.mark.long
@pytest.mark.parametrize("share", [0.5, 0.1])
def test_peeking_every_day_finds_no_more_than_stated_in_many_tests(share: float) -> None:
    assert peeked(1_500, share) <= 0.05


@pytest.mark.long
def test_a_sequential_test_of_the_planned_size_has_its_power() -> None:
    size, found = TEST.sample_size(), 0
    for seed in range(600):
        rows = outcomes(seed, size.total, effect=0.02).assign(day=np.arange(size.total) // (size.total // 20))
        looks = TEST.analyse(rows, time="day").tables["looks"]
        found += bool((looks["lower"] > 0).any())
    assert found / 600 >= 0.76
