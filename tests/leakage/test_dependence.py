"""Groups that nobody declared, and codes made of targets: against brute force, on clean and on leaking data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from mlsys import (
    Derive,
    GroupSplit,
    Pipeline,
    PredefinedSplit,
    RandomSplit,
    Rows,
    Standardize,
    TargetEncode,
    Train,
    Transform,
)
from mlsys.leakage.all_parts import AllParts
from mlsys.leakage.as_by_chance import as_by_chance
from mlsys.leakage.encodings import gap_findings, own_target_findings
from mlsys.leakage.fold_means import fold_mean_findings
from mlsys.leakage.groups import group_findings
from mlsys.leakage.levels import levels_of_column
from mlsys.leakage.mappings import Targets, follows_held_out, mapping_findings
from mlsys.leakage.scaled import scaled_findings

TREE = DecisionTreeClassifier(max_depth=3)
SEEDS = st.integers(0, 2**32 - 1)


def subjects(rng: np.random.Generator, count: int = 300, each: int = 8, own: float = 2.0) -> pd.DataFrame:
    """Visits of subjects with an outcome rate of their own, in an order by chance."""
    who = rng.permutation(np.repeat(np.arange(count), each))
    rate = 1 / (1 + np.exp(-own * rng.normal(size=count)))
    frame = pd.DataFrame(rng.normal(size=(len(who), 3))).add_prefix("x")
    return frame.assign(who=[f"s{each:03d}" for each in who], y=(rng.random(len(who)) < rate[who]).astype(int))


def split(rng: np.random.Generator, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    first = rng.random(len(frame)) < 0.6
    return frame[first], frame[~first]


def means(frame: pd.DataFrame) -> pd.Series:
    return frame.groupby("who")["y"].mean()


def left_out(frame: pd.DataFrame, prior: float = 0.0) -> pd.Series:
    level = frame.groupby("who")["y"]
    return (level.transform("sum") - frame["y"] + prior * frame["y"].mean()) / (level.transform("size") - 1 + prior)


def together(train: pd.DataFrame, part: pd.DataFrame, features: list[str], asked: list[str]) -> AllParts:
    return AllParts.of(train, part, "y", features, asked)


def apart(frame: pd.DataFrame, training: NDArray[np.bool_], features: list[str], asked: list[str]) -> AllParts:
    return AllParts(frame, training, "y", features, asked)


def whole(frame: pd.DataFrame, features: list[str], asked: list[str]) -> AllParts:
    return AllParts(frame, np.ones(len(frame), dtype=bool), "y", features, asked)


# --- levels ---


@given(st.lists(st.sampled_from([3.0, 1.0, 2.5, None]), min_size=1, max_size=30))
def test_codes_of_numbers_follow_their_order_and_null_is_none(values: list[float | None]) -> None:
    levels = levels_of_column(pd.Series(values, dtype="float64"))
    known = sorted({each for each in values if each is not None})
    assert levels.codes.tolist() == [-1 if each is None else known.index(each) for each in values]
    assert levels.count == len(known)


@given(SEEDS)
def test_constant_within_levels_agrees_with_a_group_by(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"g": rng.integers(0, 4, 12), "v": rng.choice([0.0, 1.0, np.nan], 12, p=[0.7, 0.1, 0.2])})
    expected = bool((frame.groupby("g")["v"].nunique() <= 1).all())
    assert levels_of_column(frame["g"]).constant(frame["v"].to_numpy()) == expected


# --- groups ---


def test_rows_of_one_subject_on_both_sides_are_found(rng: np.random.Generator) -> None:
    train, part = split(rng, subjects(rng))
    (finding,) = group_findings(together(train, part, ["x0", "x1", "x2"], ["x0", "who"]))
    assert finding.columns == ("who",) and "group=" in finding.message


@pytest.mark.parametrize("own", [0.0, 0.5])
def test_subjects_that_do_not_matter_are_not_accused(rng: np.random.Generator, own: float) -> None:
    train, part = split(rng, subjects(rng, own=own))
    assert group_findings(together(train, part, ["x0", "x1", "x2"], ["who"])) == []


def test_a_quantity_whose_neighbours_tell_as_well_is_no_group(rng: np.random.Generator) -> None:
    age = rng.integers(18, 80, 3_000)
    frame = pd.DataFrame({"age": age, "y": (rng.random(3_000) < 1 / (1 + np.exp(-(age - 50) / 5))).astype(int)})
    train, part = split(rng, frame)
    assert group_findings(together(train, part, ["age"], ["age"])) == []


def test_numbers_of_subjects_are_told_from_quantities(rng: np.random.Generator) -> None:
    frame = subjects(rng)
    train, part = split(rng, frame.assign(who=frame["who"].str[1:].astype(int)))
    assert [each.columns for each in group_findings(together(train, part, ["x0"], ["who"]))] == [("who",)]


def test_it_is_a_warning_with_a_price_where_features_carry_the_subject(rng: np.random.Generator) -> None:
    frame = subjects(rng, count=150, each=12, own=4)
    mark = rng.normal(size=(150, 3))
    frame[["x0", "x1", "x2"]] = mark[frame["who"].str[1:].astype(int)] + 0.05 * rng.normal(size=(len(frame), 3))
    train, part = split(rng, frame)
    (inside,) = group_findings(together(train, part, ["x0", "x1", "x2", "who"], ["who"]))
    assert inside.severity == "warning" and "small model" in inside.message


def test_it_is_a_question_where_the_column_is_a_feature_and_others_do_not_carry_it(rng: np.random.Generator) -> None:
    train, part = split(rng, subjects(rng))
    (finding,) = group_findings(together(train, part, ["x0", "x1", "x2", "who"], ["who"]))
    assert finding.severity == "information" and "if they belong to one patient" in finding.message


def test_groups_on_one_side_are_silent(rng: np.random.Generator) -> None:
    frame = subjects(rng)
    here = frame["who"] < "s200"
    assert group_findings(together(frame[here], frame[~here], ["x0"], ["who"])) == []


# --- own targets ---


@given(SEEDS, st.sampled_from([0.0, 1.0, 30.0]), st.sampled_from([3, 10, 30]))
@settings(max_examples=12, deadline=None)
def test_means_of_all_other_rows_give_the_own_target_away(seed: int, prior: float, each: int) -> None:
    rng = np.random.default_rng(seed)
    frame = subjects(rng, count=900 // each, each=each).assign(code=lambda f: left_out(f, prior))
    (finding,) = own_target_findings(whole(frame.sample(frac=0.7, random_state=0), ["x0", "code"], ["who"]))
    assert finding.columns == ("code",) and finding.severity == "error"


def test_so_they_do_for_a_quantity_and_for_classes_of_texts(rng: np.random.Generator) -> None:
    frame = subjects(rng).assign(code=left_out)
    amount = frame.assign(y=rng.normal(size=len(frame))).assign(code=left_out)
    word = frame.assign(y=frame["y"].map({0: "no", 1: "yes"}))
    assert [len(own_target_findings(whole(each, ["code"], ["who"]))) for each in (amount, word)] == [1, 1]


def test_honest_codes_are_not_accused_of_their_own_target(rng: np.random.Generator) -> None:
    frame = subjects(rng)
    earlier = frame["who"].map(means(subjects(rng)))
    fold = rng.integers(0, 5, len(frame))
    other_folds = pd.Series(0.0, index=frame.index)
    for each in range(5):
        other_folds[fold == each] = frame["who"].map(means(frame[fold != each]))
    shown = frame.assign(whole=frame["who"].map(means(frame)), earlier=earlier, other_folds=other_folds)
    assert own_target_findings(whole(shown, ["x0", "whole", "earlier", "other_folds"], ["who", "x0"])) == []


@pytest.mark.parametrize("each", [2, 4])
def test_codes_fitted_on_the_rows_they_are_given_to_tell_training_rows_better(
    rng: np.random.Generator, each: int
) -> None:
    train, part = split(rng, subjects(rng, count=4_000 // each, each=each))
    train, part = (side.assign(code=side["who"].map(means(train)).fillna(0.5)) for side in (train, part))
    (finding,) = gap_findings(train, part, "y", ["x0", "code"], "encode")
    assert finding.columns == ("code",) and finding.step == "encode"


@given(SEEDS)
@settings(max_examples=15, deadline=None)
def test_strong_honest_columns_tell_both_sides_alike(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = subjects(rng)
    frame["x0"] += 2 * frame["y"]
    frame["x1"] = frame["who"].str[1:].astype(float)
    assert gap_findings(*split(rng, frame), "y", ["x0", "x1", "x2"]) == []


# --- means over other folds ---


def of_other_folds(rng: np.random.Generator, frame: pd.DataFrame, learned: pd.DataFrame, folds: int) -> pd.Series:
    """Return the mean of each row's level over the learned rows of other folds."""
    fold = pd.Series(rng.integers(0, folds, len(frame)), index=frame.index)
    made = pd.Series(frame["y"].mean(), index=frame.index)
    for each in range(folds):
        others = learned[fold.reindex(learned.index) != each]
        made[fold == each] = frame["who"].map(means(others))
    return made


@given(SEEDS, st.integers(2, 10), st.booleans())
@settings(max_examples=15, deadline=None)
def test_means_over_other_folds_are_told_where_all_rows_were_taken(seed: int, folds: int, measured: bool) -> None:
    rng = np.random.default_rng(seed)
    frame = subjects(rng, count=120, each=12)
    frame = frame.assign(y=rng.normal(size=len(frame))) if measured else frame
    training = rng.random(len(frame)) < 0.6
    leaky = frame.assign(code=of_other_folds(rng, frame, frame, folds))
    honest = frame.assign(code=of_other_folds(rng, frame, frame[training], folds))
    asked = (training, ["x0", "code"], ["who", "x0"])
    assert [each.columns for each in fold_mean_findings(apart(leaky, *asked))] == [("code",)]
    assert fold_mean_findings(apart(honest, *asked)) == []


def test_rates_of_other_kinds_are_no_means_over_other_folds(rng: np.random.Generator) -> None:
    frame = subjects(rng, count=120, each=12)
    shown = frame.assign(
        earlier=frame["who"].map(means(subjects(rng, count=120, each=12))), chance=rng.random(len(frame))
    )
    training = rng.random(len(frame)) < 0.6
    assert fold_mean_findings(apart(shown, training, ["earlier", "chance"], ["who"])) == []


# --- the order of levels ---


def made_of(how: str, frame: pd.DataFrame) -> pd.Series:
    level = frame.groupby("who")["y"]
    total, count, mean = level.sum(), level.size(), level.mean()
    return {
        "mean": mean,
        "rank": mean.rank(),
        "decile": pd.qcut(mean.rank(method="first"), 10, labels=False),
        "rounded": mean.round(2),
        "smoothed": (total + 10 * frame["y"].mean()) / (count + 10),
        "Laplace": (total + 1) / (count + 2),
        "logit": np.log((total + 0.5) / (count - total + 0.5)),
        "weight of evidence": np.log((total + 0.5) / total.sum())
        - np.log((count - total + 0.5) / (count - total).sum()),
        "downwards": -mean,
    }[how]


WAYS = ("mean", "rank", "decile", "rounded", "smoothed", "Laplace", "logit", "weight of evidence", "downwards")


@pytest.mark.parametrize("how", WAYS)
def test_a_table_made_of_all_rows_is_found_and_one_made_of_training_rows_is_not(
    rng: np.random.Generator, how: str
) -> None:
    frame = subjects(rng, count=150, each=16)
    training = rng.random(len(frame)) < 0.6
    leaky = frame.assign(code=frame["who"].map(made_of(how, frame)))
    honest = frame.assign(code=frame["who"].map(made_of(how, frame[training])))
    (finding,) = mapping_findings(apart(leaky, training, ["x0", "code"], ["who", "x0"]))
    assert finding.columns == ("code",) and finding.severity == "error"
    assert mapping_findings(apart(honest, training, ["x0", "code"], ["who", "x0"])) == []


@given(SEEDS)
@settings(max_examples=10, deadline=None)
def test_true_rates_and_tables_of_an_earlier_period_are_not_accused(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rate = rng.beta(2, 2, 60)
    counts = rng.integers(3, 60, 60).astype(float)
    own_counts = np.round(counts * 0.6)
    own = rng.binomial(own_counts.astype(int), rate).astype(float)
    others = rng.binomial((counts - own_counts).astype(int), rate)
    targets = Targets(own + others, counts, own, own_counts)
    earlier = rng.binomial(40, rate) / 40
    for numbers in (rate, earlier, (rate > 0.5).astype(float), (earlier > 0.5).astype(float)):
        assert follows_held_out(numbers, targets) == ""


def test_a_set_of_levels_by_their_targets_is_a_warning_as_text_as_well(rng: np.random.Generator) -> None:
    frame = subjects(rng, count=300, each=10)
    training = rng.random(len(frame)) < 0.6
    chosen = means(frame) > means(frame).quantile(0.7)
    for words in ({True: 1, False: 0}, {True: "often", False: "rarely"}):
        shown = frame.assign(code=frame["who"].map(chosen).map(words))
        assert [each.severity for each in mapping_findings(apart(shown, training, ["code"], ["who"]))] == ["warning"]


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_slips_agree_with_a_count_of_pairs(seed: int) -> None:
    from mlsys.leakage.mappings import _slips

    rng = np.random.default_rng(seed)
    values, other = rng.integers(0, 5, 12).astype(float), rng.integers(0, 5, 12).astype(float)
    pairs = [(a, b) for a in range(12) for b in range(12) if values[a] > values[b]]
    ways = [sum(other[a] > other[b] for a, b in pairs), sum(other[a] < other[b] for a, b in pairs)]
    found = _slips(values, other)
    assert (found.pairs, found.slipped, found.strict) == (len(pairs), min(ways), max(ways))


# --- a run ---


def said(steps: list[Any], frame: pd.DataFrame, **roles: Any) -> dict[str, str]:
    run = Pipeline(steps, target="y", **roles).run(frame, track=False, cache=False, verbose=False)
    return {each.code: each.severity for each in run.findings if each.code in {"LK227", "LK228", "LK229"}}


class Encode(Transform):
    """The mean target of each subject."""

    def learn(self, rows: Rows) -> dict[str, float]:
        return {str(name): float(mean) for name, mean in means(pd.DataFrame(rows)).items()}

    def apply(self, frame: pd.DataFrame, state: dict[str, float]) -> pd.DataFrame:
        return frame.assign(code=frame["who"].map(state).fillna(0.5))


def test_a_run_says_what_holds_targets_and_the_step_that_made_it(rng: np.random.Generator) -> None:
    frame = subjects(rng, count=1_500, each=3)
    table = means(frame).to_dict()
    by_hand = Derive({"code": lambda rows: rows["who"].map(table)})
    assert said([by_hand, RandomSplit(), TREE], frame, exclude=["who"])["LK229"] == "error"
    assert said([RandomSplit(), Encode(), TREE], frame, exclude=["who"])["LK228"] == "error"


@pytest.mark.parametrize("levels", ["year", "month"])
def test_a_column_in_the_order_of_its_levels_is_no_code_of_the_target(rng: np.random.Generator, levels: str) -> None:
    """Units are higher or lower by themselves, so only all rows of a balanced panel show the trend without an error."""
    units, years = np.repeat(np.arange(18), 19), np.tile(np.arange(1960, 1979), 18)
    frame = pd.DataFrame({"year": years, "a": rng.normal(size=len(years)), "month": [f"{each}-07" for each in years]})
    trend = 0.05 * (years - 1960) + rng.normal(0, 0.02, len(years))
    frame["y"] = rng.normal(0, 1, 18)[units] + trend
    columns = {"age": lambda rows: 2_020 - rows["year"], "late": lambda rows: rows["year"] > 1_970}
    made = Derive({**columns, "scaled": lambda rows: (rows["year"] - 1_969) / 5.37})
    excluded = ["month"] if levels == "year" else ["year"]
    tree = DecisionTreeRegressor(min_samples_leaf=5)
    assert "LK229" not in said([made, RandomSplit(), tree], frame, exclude=excluded)
    coded = frame.assign(code=frame["year"].map(frame.groupby("year")["a"].mean()), y=frame["a"])
    assert said([RandomSplit(), tree], coded, exclude=[*excluded, "a"])["LK229"] == "error"


def test_a_run_that_keeps_groups_together_or_cross_fits_is_silent(rng: np.random.Generator) -> None:
    frame = subjects(rng)
    assert said([GroupSplit(), TREE], frame, group="who") == {}
    assert "LK228" not in said([RandomSplit(), TargetEncode(["who"]), TREE], frame)
    assert said([RandomSplit(), TREE], frame, exclude=["who"]) == {"LK227": "information"}


def test_numbers_at_the_end_of_what_floats_hold_are_looked_at_without_an_error() -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "who": rng.integers(0, 60, 900).astype(str),
            "large": rng.normal(size=900) * 1e306,
            "endless": np.where(rng.random(900) < 0.1, np.inf, rng.normal(size=900)),
            "small": rng.normal(size=900) * 1e-308,
            "y": rng.random(900) < 0.5,
        }
    )
    run = Pipeline([RandomSplit(), Train(DummyClassifier())], target="y").run(rows, track=False, cache=False)
    assert not [finding for finding in run.findings if finding.severity == "error"]


# --- scaled beforehand ---


SCALES: dict[str, Any] = {
    "a z-score": lambda x: (x - x.mean()) / x.std(),
    "a z-score of numpy's": lambda x: (x - x.mean()) / x.std(ddof=0),
    "a z-score to six decimals": lambda x: ((x - x.mean()) / x.std()).round(6),
    "a robust score": lambda x: (x - x.median()) / (x.quantile(0.75) - x.quantile(0.25)),
    "a rank": lambda x: x.rank(pct=True),
}


def scaled(rows: pd.DataFrame, known: int) -> list[tuple[str, ...]]:
    together = AllParts.of(rows[:known], rows[known:], "y", ["x", "z"], [])
    return [finding.columns for finding in scaled_findings(together, {"z": "Join"})]


@pytest.mark.parametrize("name", SCALES)
def test_what_was_scaled_over_all_rows_is_told_and_over_training_rows_is_not(
    name: str, rng: np.random.Generator
) -> None:
    x = pd.Series(rng.gamma(2, 30, 400))
    rows, scale = pd.DataFrame({"x": x, "y": rng.integers(0, 2, 400)}), SCALES[name]
    assert scaled(rows.assign(z=scale(x)), 240) == [("z",)]
    training, earlier = x[:240], pd.Series(rng.gamma(2, 30, 400))
    of_training = (x - training.mean()) / training.std()
    of_earlier = (x - earlier.mean()) / earlier.std()
    assert scaled(rows.assign(z=of_training), 240) == scaled(rows.assign(z=of_earlier), 240) == []


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_a_sample_around_nought_is_not_taken_for_scaled(seed: int) -> None:
    generator = np.random.default_rng(seed)
    rows = pd.DataFrame({"x": generator.normal(size=300).round(2), "z": generator.permutation(300) / 300, "y": 0})
    assert scaled(rows.assign(z=rows["z"].sort_values().to_numpy()), 200) == []


def test_a_running_number_that_was_divided_is_no_rank() -> None:
    rows = pd.DataFrame({"x": 0.0, "z": np.arange(1, 301) / 300, "y": 0})
    assert scaled(rows, 200) == []


def test_codes_that_leave_a_row_s_own_target_out_are_told_of_the_step_that_made_them(rng: np.random.Generator) -> None:
    run = Pipeline([RandomSplit(), LeftOneOut(), Standardize(), TREE], target="y", exclude=["who"])
    found = run.run(subjects(rng), track=False, cache=False).findings
    assert {(each.code, each.step, each.columns) for each in found if each.severity == "error"} == {
        ("LK228", "LeftOneOut", ("habit",))
    }


class LeftOneOut(Transform):
    """The mean target of the other training rows of one subject."""

    def learn(self, train: Rows) -> dict[str, Any]:
        return {"means": train.y.groupby(train["who"]).mean().to_dict()}

    def apply(self, frame: pd.DataFrame, state: Any) -> pd.DataFrame:
        return frame.assign(habit=frame["who"].map(state["means"]).astype("float64").fillna(0.5))

    def apply_cross_fitted(self, part: Rows, fold_states: Any) -> pd.DataFrame:
        frame, own = pd.DataFrame(part), part.y.astype("float64")
        subject = own.groupby(frame["who"])
        return frame.assign(habit=(subject.transform("sum") - own) / (subject.transform("size") - 1).clip(lower=1))


# --- parts that somebody else made ---


def dealt(rng: np.random.Generator, *, in_sample: bool, part: NDArray[np.str_]) -> pd.DataFrame:
    """Rows of small areas with their rate, of training rows: the row itself among them or not, and named parts."""
    area = rng.integers(0, 500, len(part))
    frame = pd.DataFrame(rng.normal(size=(len(part), 3))).add_prefix("x")
    frame["y"] = (rng.random(len(part)) < 0.5).astype(int)
    train = part == "train"
    sums, counts = (np.bincount(area[train], each[train], 500) for each in (frame["y"], np.ones(len(part))))
    own = 0 if in_sample else train.astype(int)
    rates = (sums[area] - own * frame["y"]) / np.maximum(counts[area] - own, 1)
    return frame.assign(rate=rates if in_sample else rng.permutation(rates), part=part)


@pytest.mark.parametrize("in_sample", [True, False])
def test_codes_of_training_rows_are_told_where_a_column_names_parts_that_look_dealt_by_chance(
    in_sample: bool, rng: np.random.Generator
) -> None:
    part = rng.choice(["train", "validation", "test"], 2_000, p=[0.6, 0.2, 0.2])
    frame = dealt(rng, in_sample=in_sample, part=part)
    run = Pipeline([PredefinedSplit("part"), TREE], target="y").run(frame, track=False, cache=False)
    told = [(each.severity, each.columns) for each in run.findings if each.code == "LK228"]
    assert told == ([("warning", ("rate",))] if in_sample else [])


def test_parts_by_time_and_by_group_do_not_look_dealt_by_chance(rng: np.random.Generator) -> None:
    rows = pd.DataFrame(rng.normal(size=(900, 3)), columns=list("abc")).assign(
        n=np.arange(900), who=rng.integers(0, 90, 900)
    )
    chance, later, group = rng.random(900) < 0.6, rows["n"] < 540, rows["who"] < 54
    named = {"who": "code"}
    codes = rows.assign(who=[f"p{each * 37 % 101}" for each in rows["who"]]).rename(columns=named)
    assert as_by_chance(codes[chance], codes[~chance], [], [])
    assert not as_by_chance(codes[later], codes[~later], [], [])
    assert not as_by_chance(codes[group], codes[~group], [], [])
