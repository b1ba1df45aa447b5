"""Rows that depend on one another: nobody declared by what, or copies were changed a little."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.neighbors import KNeighborsClassifier

from leakbench import tables, worlds
from leakbench.case import ByHand, Case, Expected, Trial, case
from leakbench.cases.common import ending, plain
from mlsys import Apply, Calibrate, GroupSplit, PredefinedSplit, RandomSplit, Standardize, StratifiedSplit, Train

KIND = "dependence between rows"
UNDECLARED = "rows of one level of this column tell one another's target, and stand on both sides"
NEAR = "judged rows have a copy among the training rows, changed a little"


def _near_end() -> list[Any]:
    return [Standardize(), KNeighborsClassifier(5)]


def _by_group(rows: pd.DataFrame, target: str, column: str, leaky: bool, end: list[Any], **roles: Any) -> Trial:
    """Return a trial that deals rows at random, or groups, which the careful twin declares."""
    if leaky:
        gone = [*roles.pop("exclude", []), column]
        return plain(rows, target, split=StratifiedSplit(), end=end, exclude=gone, **roles)
    return plain(rows, target, split=GroupSplit(), end=end, group=column, by_hand=ByHand(split="group"), **roles)


@case(KIND, "column excluded", Expected((2,), UNDECLARED, columns=("patient",)), claim="not stated")
def patients_nobody_declared(leaky: bool) -> Trial:
    """Twelve recordings of each patient are dealt at random; the patient's name is left out as no feature."""
    return _by_group(worlds.recordings(), "ill", "patient", leaky, _near_end())


@case(KIND, "windows of a signal", Expected((2,), UNDECLARED, columns=("signal",)), claim="not stated")
def windows_of_one_signal(leaky: bool) -> Trial:
    """Overlapping windows of sixty signals are dealt at random; the signal's name is left out."""
    return _by_group(worlds.windows(), "fault", "signal", leaky, [Standardize(), HistGradientBoostingClassifier()])


@case(KIND, "tiles of a map", Expected((2,), UNDECLARED, columns=("tile",)), claim="not stated")
def plots_of_one_tile(leaky: bool) -> Trial:
    """Plots of a forest are dealt at random, although those of one tile lie beside each other."""
    rng = np.random.default_rng(71)
    tiles, each = 90, 20
    tile = np.repeat(np.arange(tiles), each)
    own, wet = rng.normal(0, 1, (tiles, 4)), rng.normal(0, 1, tiles)
    rows = pd.DataFrame(own[tile] + rng.normal(0, 0.4, (tiles * each, 4)), columns=["green", "red", "near", "slope"])
    rows["tile"] = pd.Series([f"T{number:02d}" for number in tile], dtype="str")
    rows["beech"] = tables.drawn(rng, 2.2 * wet[tile] + 0.3 * own[tile, 0])
    rows = rows.sample(frac=1.0, random_state=71, ignore_index=True)
    return _by_group(rows, "beech", "tile", leaky, _near_end())


@case(KIND, "sittings of one writer", Expected((2,), NEAR, ("StratifiedSplit", "RandomSplit"), ("original",)),
      claim="not stated")  # fmt: skip
def images_shifted_by_a_pixel(leaky: bool) -> Trial:
    """Real digits, each with a copy that is shifted by a pixel, dealt at random; the twin keeps copies together."""
    rows = worlds.digits().iloc[:900]
    pixels = rows.drop(columns="even").to_numpy().reshape(-1, 8, 8)
    shifted = pd.DataFrame(np.roll(pixels, 1, axis=2).reshape(-1, 64), columns=rows.columns[:-1])
    number = pd.Series([f"I{place:04d}" for place in range(len(rows))], dtype="str")
    both = pd.concat([rows.assign(original=number), shifted.assign(even=rows["even"], original=number)])
    both = both.sample(frac=1.0, random_state=72, ignore_index=True)
    return _by_group(both, "even", "original", leaky, [KNeighborsClassifier(5)])


@case(KIND, "pairs in both directions", Expected((2,), "each pair stands in the table turned around as well",
                                                 ("StratifiedSplit",), tuple(f"{n}_{s}" for n in ("speed", "height",
                                                 "rank", "rest") for s in "ab")), claim="not stated")  # fmt: skip
def matches_from_both_sides(leaky: bool) -> Trial:
    """Every match is told from both sides and dealt at random; the twin has each match once."""
    rows = worlds.matches()
    turned = {f"{name}_{a}": f"{name}_{b}" for name in ("speed", "height", "rank", "rest") for a, b in ("ab", "ba")}
    other = rows.rename(columns=turned)[list(rows.columns)].assign(won=1 - rows["won"])
    both = pd.concat([rows, other]) if leaky else pd.concat([rows, worlds.matches(seed=95)])
    rows = both.sample(frac=1.0, random_state=73, ignore_index=True)
    return plain(rows, "won", end=[Standardize(), HistGradientBoostingClassifier(max_iter=60)])


@case(KIND, "a code changed", Expected((2,), NEAR, ("StratifiedSplit",)))
def listed_again_under_another_code(leaky: bool) -> Trial:
    """A third of the loans was entered again by another agent: all is the same but the agent's code."""
    rng = np.random.default_rng(74)
    rows = worlds.loans(1_800).drop(columns=["loan", "zip"])
    again = rows.sample(700, random_state=74) if leaky else worlds.loans(700, seed=96).drop(columns=["loan", "zip"])
    both = pd.concat([rows, again], ignore_index=True)
    both["agent"] = rng.integers(1, 60, len(both))
    both["score"] = (both["income"] / 100 + both["years"]).round(3)
    return plain(both.sample(frac=1.0, random_state=74, ignore_index=True), "default", texts=["purpose"])


@case(KIND, "an amount rounded", Expected((2,), NEAR, ("StratifiedSplit",)))
def measured_again_by_another_device(leaky: bool) -> Trial:
    """Real tumours, of which a third was measured again by a device that shows two digits less."""
    rows = worlds.biopsies()
    again = rows.sample(190, random_state=75)
    device = pd.Series([1] * len(rows) + [2] * len(again))
    both = pd.concat([rows, again.round(2)], ignore_index=True).assign(device=device)
    number = pd.Series([f"T{place:03d}" for place in [*rows.index, *again.index]], dtype="str")
    both = both.assign(tumour=number).sample(frac=1.0, random_state=75, ignore_index=True)
    return _by_group(both, "benign", "tumour", leaky, ending())


@case(KIND, "ids written differently", Expected((2,), "ids of judged rows are ids of training rows once case and "
                                                "blanks go", columns=("patient",)), claim="not stated")  # fmt: skip
def ids_in_another_spelling(leaky: bool) -> Trial:
    """The second export writes patients in small letters with a blank; the twin's exports share no patient."""
    rows = worlds.recordings()
    names = sorted(rows["patient"].unique())
    if leaky:
        train, judged = rows[rows.index % 3 > 0], rows[rows.index % 3 == 0]
    else:
        train, judged = rows[rows["patient"].isin(names[:72])], rows[~rows["patient"].isin(names[:72])]
    judged = judged.assign(patient=(judged["patient"].str.lower() + " ").astype("str"))
    data = {"train": train.reset_index(drop=True), "validation": judged.reset_index(drop=True)}
    return Trial(_near_end, data, {"target": "ill", "group": "patient"})


@case(KIND, "calibration part", Expected((2,), "patients that calibrate stand among those that judge",
                                         ("PredefinedSplit",), ("patient",)))  # fmt: skip
def calibrated_by_those_who_judge(leaky: bool) -> Trial:
    """Parts by a column: patients of the calibration part stand in the validation part as well."""
    rows = worlds.recordings(130, 10)
    number = rows["patient"].str[1:].astype(int)
    part = pd.Series(np.where(number < 75, "train", np.where(number < 103, "validation", "calibration")), dtype="str")
    if leaky:
        drawn = np.random.default_rng(76).choice(["validation", "calibration"], len(rows))
        part = part.where(number < 75, drawn).astype("str")
    end = [Standardize(), Train(KNeighborsClassifier(5)), Calibrate("isotonic")]
    return plain(rows.assign(part=part), "ill", split=PredefinedSplit("part"), end=end, group="patient",
                 by_hand=ByHand(split="part"))  # fmt: skip


@case(KIND, "texts from one source", Expected((2,), NEAR, ("StratifiedSplit",), ("note", "source")))
def notes_with_words_exchanged(leaky: bool) -> Trial:
    """Each note has a copy in which two words were exchanged, and both are dealt at random."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    rows = worlds.notes(800)
    rng = np.random.default_rng(77)

    def changed(note: str) -> str:
        words = note.split()
        first, second = rng.integers(2, len(words), 2)
        words[first], words[second] = "perhaps", words[first]
        return " ".join(words)

    copies = rows.assign(note=pd.Series([changed(each) for each in rows["note"]], dtype="str"))
    both = pd.concat([rows, copies], ignore_index=True)
    both["source"] = pd.Series([f"N{place % 800:03d}" for place in range(len(both))], dtype="str")
    both = both.sample(frac=1.0, random_state=77, ignore_index=True)
    end = [Apply(TfidfVectorizer(), columns=["note"]), KNeighborsClassifier(3)]
    return _by_group(both, "refunded", "source", leaky, end)


@case(KIND, "household", Expected((2,), UNDECLARED, columns=("address",)), claim="not stated")
def households_that_move_together(leaky: bool) -> Trial:
    """Five people of a household leave together, and only the address, left out, tells who they are."""
    rows = worlds.clients(2_000).drop(columns=["client", "tariff"])
    rng = np.random.default_rng(78)
    home = np.repeat(np.arange(400), 5)
    rows["address"] = pd.Series([f"{number} Mill Lane" for number in rng.permutation(9_000)[:400][home]], dtype="str")
    rows["north"] = rng.normal(0, 1, 400)[home] + rng.normal(0, 0.02, len(rows))
    rows["east"] = rng.normal(0, 1, 400)[home] + rng.normal(0, 0.02, len(rows))
    rows["left"] = (rng.random(400) < 0.4).astype(int)[home] ^ (rng.random(len(rows)) < 0.08)
    rows = rows.sample(frac=1.0, random_state=78, ignore_index=True)
    return _by_group(rows, "left", "address", leaky, _near_end())


@case(KIND, "no column tells which", Expected((2,), "rows of one owner are near in all columns, and no column names "
                                              "the owner", ("RandomSplit",)), claim="documented as missed")  # fmt: skip
def owners_without_a_name(leaky: bool) -> Trial:
    """Three scans of each person are dealt at random, and the table no longer tells whose they are."""
    rows = worlds.recordings(400, 3)
    if leaky:
        return plain(rows.drop(columns="patient"), "ill", split=RandomSplit(), end=_near_end())
    return _by_group(rows, "ill", "patient", False, _near_end())


CASES: tuple[Case, ...] = (
    patients_nobody_declared,
    windows_of_one_signal,
    plots_of_one_tile,
    images_shifted_by_a_pixel,
    matches_from_both_sides,
    listed_again_under_another_code,
    measured_again_by_another_device,
    ids_in_another_spelling,
    calibrated_by_those_who_judge,
    notes_with_words_exchanged,
    households_that_move_together,
    owners_without_a_name,
)
