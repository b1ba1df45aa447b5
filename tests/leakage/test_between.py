"""Rows made between two others, columns chosen by all rows, and groups that two columns name together."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.feature_selection import SelectKBest, chi2
from sklearn.neighbors import NearestNeighbors

from mlsys.leakage.all_parts import AllParts
from mlsys.leakage.between import between_findings
from mlsys.leakage.chosen_columns import chosen_column_findings
from mlsys.leakage.groups import group_findings

ROWS = 700


def amounts(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "income": rng.lognormal(8, 0.5, ROWS).round(2),
            "amount": rng.lognormal(9, 0.6, ROWS).round(2),
            "years": rng.integers(1, 9, ROWS),
        }
    )


def oversampled(frame: pd.DataFrame, seed: int = 1) -> pd.DataFrame:
    rng, values = np.random.default_rng(seed), frame.to_numpy(dtype=float)
    near = NearestNeighbors(n_neighbors=6).fit(values).kneighbors(values, return_distance=False)
    first = rng.integers(0, len(frame), len(frame))
    second = near[first, rng.integers(1, 6, len(frame))]
    made = values[first] + rng.random((len(frame), 1)) * (values[second] - values[first])
    both = pd.concat([frame, pd.DataFrame(made, columns=frame.columns)], ignore_index=True)
    return both.sample(frac=1, random_state=seed, ignore_index=True)


def halves(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return frame[: int(0.6 * len(frame))], frame[int(0.6 * len(frame)) :]


def test_rows_of_smote_are_told_and_the_rows_they_were_made_of_are_not() -> None:
    columns = ["income", "amount", "years"]
    (found,) = between_findings(*halves(oversampled(amounts())), "validation", columns)
    assert (found.code, found.severity, found.columns) == ("LK214", "warning", tuple(columns))
    assert "after the split" in found.message
    assert between_findings(*halves(amounts()), "validation", columns) == []


def test_rows_on_one_line_and_on_a_grid_are_not_taken_for_oversampled() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=ROWS)
    line = pd.DataFrame({"celsius": x, "fahrenheit": 1.8 * x + 32})
    grid = pd.DataFrame(rng.integers(0, 30, (ROWS, 3)), columns=list("abc"))
    thirds = grid / 3
    for frame in (line, grid, thirds):
        assert between_findings(*halves(frame), "validation", list(frame)) == []


def test_few_rows_no_rows_and_nulls_are_no_trouble() -> None:
    frame = oversampled(amounts())
    train, part = halves(frame)
    assert between_findings(train[:5], part, "validation", list(frame)) == []
    assert between_findings(train, part[:0], "validation", list(frame)) == []
    assert between_findings(train.assign(income=np.nan, years=1.5), part, "validation", list(frame)) == []


def test_numbers_at_the_end_of_what_floats_hold_are_no_trouble() -> None:
    frame = oversampled(amounts())
    frame["amount"] *= 1e300
    frame["years"] = np.where(frame["years"] > 7, np.inf, frame["years"] * 1e-300)
    assert between_findings(*halves(frame), "validation", list(frame)) == []


def noise(columns: int = 50, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.gamma(2, size=(300, columns)), columns=[f"g{place}" for place in range(columns)])
    return frame.assign(ill=(rng.random(300) < 0.4).astype(int))


def chosen(frame: pd.DataFrame, names: list[str], target: str = "ill") -> list[str]:
    asked = [name for name in frame if name != target]
    train, others = halves(frame)
    return [each.message for each in chosen_column_findings(AllParts.of(train, others, target, names, asked))]


def test_columns_chosen_by_all_rows_are_told_and_those_by_training_rows_are_not() -> None:
    frame = noise()
    names = [name for name in frame if name != "ill"]
    for score in ({}, {"score_func": chi2}):
        for rows, is_told in ((frame, True), (halves(frame)[0], False)):
            kept = SelectKBest(k=7, **score).fit(rows[names], rows["ill"]).get_support()
            assert bool(chosen(frame, [name for name, keep in zip(names, kept, strict=True) if keep])) == is_told


def test_columns_chosen_at_random_or_by_a_strong_signal_are_not_told() -> None:
    frame = noise()
    rng = np.random.default_rng(1)
    names = [name for name in frame if name != "ill"]
    assert chosen(frame, list(rng.choice(names, 8, replace=False))) == []
    strong = frame.assign(**{f"g{place}": frame[f"g{place}"] + 3 * frame["ill"] for place in range(8)})
    assert chosen(strong, names[:8]) == []
    assert chosen(frame, names) == []
    assert chosen(frame, []) == []


def test_columns_chosen_by_their_correlation_with_a_quantity_are_told() -> None:
    frame = noise().assign(dose=np.random.default_rng(5).normal(size=300)).drop(columns="ill")
    best = frame.drop(columns="dose").corrwith(frame["dose"], method="spearman").abs().nlargest(6)
    assert len(chosen(frame, list(best.index), "dose")) == 1


def wards(patients: int = 90, each: int = 12) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    patient = rng.permutation(np.repeat(np.arange(patients), each))
    ill, own = rng.random(patients) < 0.5, rng.normal(size=(patients, 4))
    frame = pd.DataFrame(own[patient] + rng.normal(0, 0.4, (len(patient), 4)), columns=list("abcd"))
    return frame.assign(ward=[f"W{number}" for number in patient % 9], bed=patient // 9, ill=ill[patient].astype(int))


def test_groups_that_two_withheld_columns_name_together_are_told() -> None:
    frame, features = wards(), list("abcd")
    (found,) = group_findings(AllParts.of(*halves(frame), "ill", features, [*features, "ward", "bed"]))
    assert (found.code, found.severity, found.columns) == ("LK227", "warning", ("ward", "bed"))
    assert "'ward' and 'bed'" in found.message
    assert "make a column of it" in found.message
    mixed = frame.assign(ill=np.random.default_rng(0).permutation(frame["ill"]))
    assert group_findings(AllParts.of(*halves(mixed), "ill", features, [*features, "ward", "bed"])) == []
