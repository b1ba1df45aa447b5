"""Groups inside names, few groups, and groups coarser than the declared one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from mlsys import GroupSplit, Pipeline, RandomSplit
from mlsys.leakage.all_parts import AllParts
from mlsys.leakage.groups import group_findings
from mlsys.leakage.name_parts import groupings_of_names


def recordings(rng: np.random.Generator, patients: int = 90, each: int = 10) -> pd.DataFrame:
    """Recordings with the patient's own signature; the diagnosis is the patient's."""
    who = rng.permutation(np.repeat(np.arange(patients), each))
    bands = rng.normal(size=(patients, 4))[who] + rng.normal(0, 0.5, (len(who), 4))
    frame = pd.DataFrame(bands).add_prefix("band_").assign(who=who, y=np.arange(patients)[who] % 2)
    return frame.assign(take=frame.groupby("who").cumcount())


def file_names(frame: pd.DataFrame, pattern: str) -> pd.Series:
    return pd.Series([pattern.format(who=a, take=b) for a, b in zip(frame["who"], frame["take"], strict=True)])


def of(frame: pd.DataFrame, asked: list[str], group: str | None = None) -> AllParts:
    held = pd.Series(frame["who"] if group is None else frame[group]).rank(method="dense") % 3 == 0
    train = ~held.to_numpy() if group else np.arange(len(frame)) < len(frame) * 2 // 3
    bands = [name for name in frame if str(name).startswith("band")]
    return AllParts.of(frame[train], frame[~train], "y", bands, asked)


@pytest.mark.parametrize("pattern", ["P{who:03d}_{take}.png", "s{who:02d}-run{take}", "site/{who:03d}/{take:04d}.dcm"])
def test_the_patient_in_a_file_name_is_a_group(rng: np.random.Generator, pattern: str) -> None:
    frame = recordings(rng)
    frame = frame.assign(file=file_names(frame, pattern))
    (finding,) = group_findings(of(frame, ["file"]))
    assert finding.columns == ("file",) and finding.severity == "warning"
    assert "part of 'file' before the" in finding.message and "Derive" in finding.message


@pytest.mark.parametrize("pattern", ["{who}{take:02d}", "P{who:03d}{letter}", "1{who:03d}{take:03d}"])
def test_the_patient_in_a_number_without_separators_is_a_group(rng: np.random.Generator, pattern: str) -> None:
    frame = recordings(rng)
    pairs = zip(frame["who"] + 10, frame["take"], strict=True)
    made = pd.Series([pattern.format(who=who, take=take, letter="abcdefghij"[take]) for who, take in pairs])
    numbers = made.astype("int64") if made.str.isdecimal().all() else made
    (finding,) = group_findings(of(frame.assign(scan=numbers), ["scan"]))
    assert finding.columns == ("scan",) and finding.severity == "warning"
    assert "part of 'scan' before its last" in finding.message and "Derive" in finding.message


@pytest.mark.parametrize("kind", ["float64", "Int64", "uint64", "object", "endless", "huge", "negative"])
def test_numbers_of_any_type_are_looked_at_without_an_accident(rng: np.random.Generator, kind: str) -> None:
    frame = recordings(rng)
    number = (frame["who"] + 10) * 100 + frame["take"]
    made = {
        "endless": number.astype("float64").where(number > number.min(), np.inf),
        "huge": number * 1e300,
        "negative": -number,
    }.get(kind)
    made = number.astype(kind) if made is None else made
    made = made.where(made != made.iloc[0]) if kind in {"float64", "Int64"} else made  # one of them null
    found = group_findings(of(frame.assign(scan=made), ["scan"]))
    assert len(found) == (0 if kind in {"huge", "negative"} else 1)


@pytest.mark.parametrize("order", ["by chance", "by target", "by a quantity"])
def test_running_numbers_are_no_groups(rng: np.random.Generator, order: str) -> None:
    frame = recordings(rng)
    by = {"by chance": rng.random(len(frame)), "by target": frame["y"], "by a quantity": frame["band_0"]}[order]
    place = pd.Series(by).rank(method="first").to_numpy(dtype=np.int64)
    assert group_findings(of(frame.assign(number=10_000 + place), ["number"])) == []


def places(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    patients = frame["who"].max() + 1
    born = pd.Timestamp("1950-01-01") + pd.to_timedelta(rng.permutation(20_000)[:patients], unit="D")
    at = rng.uniform(47, 54, patients).round(5)
    return frame.assign(
        latitude=at[frame["who"]], born=born[frame["who"]], spoken=(1.5 * rng.permutation(patients))[frame["who"]]
    )


@pytest.mark.parametrize("column", ["latitude", "born", "spoken"])
def test_a_place_or_a_day_of_birth_that_recurs_is_a_group(rng: np.random.Generator, column: str) -> None:
    (finding,) = group_findings(of(places(recordings(rng), rng), [column]))
    assert finding.columns == (column,) and finding.severity == "warning"


def test_quantities_that_recur_are_no_groups(rng: np.random.Generator) -> None:
    frame = recordings(rng)
    score = (frame["y"] + rng.normal(size=len(frame))).round(1)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 90, len(frame)), unit="D")
    assert group_findings(of(frame.assign(score=score, day=day), ["score", "day"])) == []


def test_one_column_names_its_largest_groups_once(rng: np.random.Generator) -> None:
    frame = recordings(rng)
    frame = frame.assign(scan=(frame["who"] + 10) * 100 + frame["take"])
    assert len(group_findings(of(frame, ["scan"]))) == 1


@pytest.mark.parametrize("names", ["plain", "of_each_row", "short", "null"])
def test_names_without_such_parts_are_left_alone(rng: np.random.Generator, names: str) -> None:
    frame = recordings(rng)
    numbers = pd.Series(rng.permutation(len(frame))).astype("str")
    made = {
        "plain": "R" + numbers,
        "of_each_row": numbers + "_" + numbers,
        "short": pd.Series(["a_b"] * len(frame)),
        "null": pd.Series([None] * len(frame), dtype="str"),
    }[names]
    assert list(groupings_of_names(of(frame.assign(file=made), ["file"]))) == []


def test_numbers_dealt_within_years_do_not_accuse_the_year(rng: np.random.Generator) -> None:
    frame = recordings(rng)
    made = pd.Series(
        [f"{2000 + year}-{number}" for year, number in zip(rng.integers(0, 20, 900), range(900), strict=True)]
    )
    assert group_findings(of(frame.assign(file=made), ["file"])) == []


def test_days_as_texts_are_no_names(rng: np.random.Generator) -> None:
    frame = recordings(rng).assign(file=pd.date_range("2020-01-01", periods=900).strftime("%Y-%m-%d"))
    assert list(groupings_of_names(of(frame, ["file"]))) == []


def test_few_persons_are_a_group_if_they_are_withheld_and_matter(rng: np.random.Generator) -> None:
    frame = recordings(rng, patients=12, each=80).assign(who=lambda rows: "p" + rows["who"].astype("str"))
    (finding,) = group_findings(of(frame, ["who"]))
    assert finding.columns == ("who",) and "kept together" in finding.message
    shop = frame.assign(who=rng.choice(["north", "south", "east", "west", "centre", "coast"], len(frame)))
    assert group_findings(of(shop, ["who"])) == []


def test_a_group_finer_than_the_patient_is_found_and_the_patient_itself_is_not(rng: np.random.Generator) -> None:
    frame = recordings(rng)
    frame = frame.assign(session=frame["who"] * 5 + frame["take"] // 2)
    found = group_findings(of(frame, ["who", "session"], group="session"), "session")
    assert [each.columns for each in found] == [("who",)]
    assert group_findings(of(frame, ["who", "session"], group="who"), "who") == []


def test_a_run_says_it_of_the_split(rng: np.random.Generator) -> None:
    frame = recordings(rng)
    frame = frame.assign(file=file_names(frame, "P{who:03d}_{take}.png"), who="p" + frame["who"].astype("str"))
    tree = DecisionTreeClassifier(max_depth=3)
    inside = Pipeline([RandomSplit(), tree], target="y", id="file", exclude=["who", "take"])
    found = [each for each in inside.run(frame, track=False, cache=False).findings if each.code == "LK227"]
    assert [each.step for each in found] == ["RandomSplit"]  # once, though two columns name the patients
    declared = Pipeline([GroupSplit(), tree], target="y", group="who", id="file", exclude=["take"])
    assert all(each.code != "LK227" for each in declared.run(frame, track=False, cache=False).findings)
