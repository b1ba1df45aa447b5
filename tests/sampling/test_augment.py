"""Rows made out of training rows: what each way changes, what stays, and that none is ever evaluated on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from mlsys import Pipeline
from mlsys.dataset import Roles, Rows
from mlsys.errors import ConfigurationError, DataError
from mlsys.sampling import (
    Augment,
    DropWords,
    Jitter,
    Mixup,
    SwapCategories,
    Synonyms,
    Templates,
    Typos,
)


def patients(rows: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame({
        "patient": np.arange(rows) // 2,
        "weight": rng.normal(75, 10, rows // 2).repeat(2) + rng.normal(0, 0.5, rows),
        "visits": rng.integers(0, 9, rows),
        "colour": rng.choice(["red", "crimson", "blue"], rows),
        "note": rng.choice(["A very fast recovery", "slow, with pain", "Fast"], rows),
        "ill": np.arange(rows) % 6 == 0,
    })  # fmt: skip


PATIENTS = patients()


def made(ways: object, copies: float = 1.0, frame: pd.DataFrame = PATIENTS, **options: object) -> pd.DataFrame:
    roles = {"target": "ill", **{key: options.pop(key) for key in ("group", "weight", "time") if key in options}}
    after = Augment(ways, copies, **options).resample(frame, **roles)
    pd.testing.assert_frame_equal(after.iloc[: len(frame)].drop(columns="made_by"), frame)
    assert after.index.is_unique
    return after[after["made_by"].notna()]


def changed(way: Jitter, frame: pd.DataFrame, **roles: str) -> pd.DataFrame:
    given = Roles.named(target="ill", **roles)
    features = [name for name in frame.columns if name not in given.columns()]
    return way.changed(frame, Rows.of(frame, given, features), np.random.default_rng(4), "Augment")


def test_jitter_is_as_large_as_said_and_stays_within_the_range():
    rows = changed(Jitter({"weight": 0.3, "visits": 1.0}), PATIENTS)
    assert (rows["weight"] - PATIENTS["weight"]).std() == pytest.approx(0.3, rel=0.15)
    assert rows["weight"].between(PATIENTS["weight"].min(), PATIENTS["weight"].max()).all()
    assert rows["visits"].dtype == PATIENTS["visits"].dtype
    assert rows["colour"].tolist() == PATIENTS["colour"].tolist()


def test_noise_is_measured_where_one_thing_was_measured_twice():
    frame = patients(2_000)[["patient", "weight", "ill"]]
    rows = changed(Jitter(repeats="patient"), frame, group="patient")
    assert (rows["weight"] - frame["weight"]).std() == pytest.approx(0.5, rel=0.1)
    assert rows["patient"].equals(frame["patient"])


def test_categories_are_swapped_within_their_groups_and_copies_that_stay_are_left_out():
    rows = made(SwapCategories({"colour": [["red", "crimson"]]}))
    before = PATIENTS["colour"][PATIENTS["colour"] != "blue"].tolist()
    assert rows["colour"].tolist() == [{"red": "crimson", "crimson": "red"}[each] for each in before]


def test_typos_change_each_text():
    rows = made(Typos("note", size=1))
    assert (rows["note"].to_numpy() != PATIENTS["note"].to_numpy()).all()
    assert rows["note"].str.len().sub(PATIENTS["note"].str.len().to_numpy()).abs().max() == 1


def test_dropped_words_leave_the_others_in_order():
    rows = made(DropWords("note", share=0.9), copies=3)
    for text in rows["note"]:
        words = text.split()
        assert words
        assert any(words == [word for word in full.split() if word in words] for full in PATIENTS["note"].unique())
    assert not rows["note"].isin(PATIENTS["note"]).any()


def test_synonyms_keep_the_case():
    rows = made(Synonyms("note", {"FAST": ["quick"], "pain": ["ache"]}, share=1.0))
    assert set(rows["note"]) == {"A very quick recovery", "slow, with ache", "Quick"}


def test_mixtures_lie_between_two_rows():
    frame = pd.DataFrame({"x": [0.0, 10.0], "y": [1.5, 3.5], "c": ["a", "b"]})
    after = Augment(Mixup(1.0), copies=50).resample(frame, target="y")
    rows = after[after["made_by"].notna()]
    assert rows["x"].between(0, 10).all()
    assert rows["y"].to_numpy() == pytest.approx(1.5 + 2 * rows["x"].to_numpy() / 10)
    assert set(rows["c"]) == {"a", "b"}


def test_the_class_of_a_mixture_is_drawn_with_its_share():
    frame = pd.DataFrame({"x": [0.0] * 50 + [1.0] * 50, "y": ["n"] * 50 + ["p"] * 50})
    after = Augment(Mixup(1.0), copies=40).resample(frame, target="y")
    rows = after[after["made_by"].notna() & after["x"].between(0.2, 0.3)]
    assert (rows["y"] == "p").mean() == pytest.approx(0.25, abs=0.08)


def test_templates_write_texts_with_their_labels():
    way = Templates("note", {"The {organ} hurts": True, "No pain in the {organ}": False}, {"organ": ["knee", "hip"]})
    rows = made(way, copies=0.5, frame=PATIENTS[["weight", "colour", "note", "ill"]])
    assert len(rows) == 60
    assert rows["weight"].isna().all()
    assert (rows["ill"] == rows["note"].str.startswith("The")).all()
    assert set(rows["note"].str.split().str[-1]) <= {"hurts", "knee", "hip"}


def test_only_rows_of_a_class_are_copied_and_ways_are_applied_together():
    rows = made([Jitter({"weight": 0.1}), Typos("note")], copies=2.5, only=True)
    assert len(rows) == 50
    assert rows["ill"].all()
    assert set(rows["made_by"]) == {"Jitter, Typos"}


def test_made_rows_train_and_are_never_evaluated_on():
    frame = patients(600)[["weight", "visits", "ill"]]
    steps = [Augment(Jitter({"weight": 0.5}), copies=2, only=True), LogisticRegression()]
    run = Pipeline(steps, target="ill").run(frame, track=False, cache=False, verbose=False)
    assert "made_by" in run.frame("train").columns
    assert run.evaluation.scored.index.isin(frame.index).all()
    assert len(run.frame("train")) == pytest.approx(480 + 160, abs=4)
    said = " ".join(str(run).split())
    assert "rows made or repeated, in training only" in said
    features = run.features.set_index("column")
    assert features.at["made_by", "reason"] == "says how a training row was made"
    assert list(run.predict(frame.head(3)).columns)[-1].startswith("probability")


def test_a_supplied_preparation_stands_after_it():
    pipeline = Pipeline([Augment(SwapCategories({"colour": [["red", "crimson"]]})), LogisticRegression()], target="ill")
    names = [each.name for each in pipeline.planned]
    assert names.index("Augment") < names.index("Prepare")


@pytest.mark.long
def test_the_audit_finds_nothing_in_made_rows():
    frame = patients(600)[["weight", "visits", "ill"]]
    run = Pipeline([Augment(Mixup()), LogisticRegression()], target="ill").run(frame, track=False, verbose=False)
    assert run.audit_leakage().verdict == "not observed"
    run = Pipeline([Augment(Mixup()), LinearRegression()], target="weight").run(frame, track=False, verbose=False)
    assert run.evaluation.task == "regression"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Augment([]),
        lambda: Augment(Typos),
        lambda: Augment(Typos("note"), copies=0),
        lambda: Augment("noise"),
        Jitter,
        lambda: Jitter({"a": 1.0}, repeats="b"),
        lambda: Jitter({"a": -1.0}),
        lambda: SwapCategories({"a": [["x"]]}),
        lambda: SwapCategories({"a": [["x", "y"], ["y", "z"]]}),
        lambda: Typos("a", size=0),
        lambda: DropWords("a", share=0),
        lambda: Synonyms("a", {"b": "c"}),
        lambda: Mixup(0),
        lambda: Templates("a", {"{x}": 1}, {}),
        lambda: Templates("a", {}, {}),
    ],
)
def test_ways_that_cannot_be_are_refused_when_made(make):
    with pytest.raises(ConfigurationError, match="Remedy"):
        make()


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (Jitter({"absent": 1.0}), "changes 'absent'"),
        (Jitter({"note": 1.0}), "moves numbers, but 'note' holds"),
        (Jitter({"ill": 1.0}), "role 'target'"),
        (Jitter(repeats="note"), None),
        (Typos("weight"), "changes texts, but 'weight' holds"),
        (SwapCategories({"colour": [["green", "lime"]]}), "no training row has one of 'green', 'lime'"),
        (Synonyms("note", {"absent": ["x"]}), "no way changes any"),
        (Templates("absent", {"x": True}, {}), "changes 'absent'"),
        (Mixup(target="mix"), "cannot mix the target"),
    ],
)
def test_columns_that_cannot_be_changed_are_named(way, said):
    if said is None:
        assert len(made(way))
        return
    with pytest.raises(DataError, match=said):
        made(way)


def test_a_class_that_is_absent_is_named():
    with pytest.raises(DataError, match="no training row has the target 'no'"):
        made(Typos("note"), only="no")
