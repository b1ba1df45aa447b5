"""Which step takes which column: by what the column means, and by what the estimator behind can take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlsys.features._meanings.meanings import Meaning
from mlsys.features.categories import Categories
from mlsys.features.clean import Clean
from mlsys.features.date_parts import DateParts
from mlsys.features.impute import Impute
from mlsys.features.one_hot import OneHot
from mlsys.features.standardize import Standardize
from mlsys.features.target_encode import TargetEncode
from mlsys.features.text_components import TextComponents
from mlsys.steps import Transform

CLASSES: dict[str, type[Transform]] = {
    each.__name__: each
    for each in (Clean, DateParts, Categories, OneHot, TextComponents, TargetEncode, Impute, Standardize)
}
"""The steps that Prepare chooses among."""

_COME_BACK, _FEW_WORDS = 0.2, 6
"""Values are levels where fewer than a fifth of the rows hold a new one, and they have few words."""
_TWO_WORDS, _LONG, _MOSTLY_NEW = 2, 12, 0.5
"""Else they are texts where they have two words or 12 characters on average, or more than half are new."""
_WIDEST, _ROWS_A_LEVEL = 250, 5
"""Linear models take more levels than `few` one by one up to here, where each has 5 rows on average."""
_CLIP = 10.0
"""Standard deviations beyond which a value says no more to a linear model."""


@dataclass(frozen=True)
class Wanted:
    """The configuration of Prepare with every choice made."""

    columns: tuple[str, ...] | None
    exclude: tuple[str, ...]
    few: int
    high: str
    text: str
    native: bool
    fill: bool
    scale: bool
    classes: tuple[Any, ...] | None
    has_target: bool


def how_taken(each: Meaning, wanted: Wanted) -> tuple[str, ...]:
    """Return how a text column is encoded: "levels", "target" or "text"; ``None`` if it is left out.

    Examples
    --------
    >>> wanted = Wanted(None, (), 40, "auto", "characters", True, False, False, None, True)
    >>> how_taken(Meaning("text", rows=1000, known=1000, levels=4, words=1.0), wanted)
    ('levels',)
    >>> how_taken(Meaning("text", rows=1000, known=1000, levels=90, words=1.0), wanted)
    ('text', 'target')
    """
    if each.levels <= wanted.few:
        return ("levels",)
    new = each.levels / max(1, each.known)
    comes_back = new < _COME_BACK and each.words < _FEW_WORDS
    if not comes_back and (each.words >= _TWO_WORDS or each.length >= _LONG or new > _MOSTLY_NEW):
        return () if wanted.text == "drop" else ("text",)
    return _HIGH[wanted.high] if wanted.high != "auto" else _many(each, wanted)


_HIGH = {"onehot": ("levels",), "target": ("target",), "text": ("text",), "text+target": ("text", "target")}


def _many(each: Meaning, wanted: Wanted) -> tuple[str, ...]:
    if not wanted.native and each.levels <= _WIDEST and each.known >= _ROWS_A_LEVEL * each.levels:
        return ("levels",)
    if not wanted.has_target:
        return ("text",)
    return ("text", "target") if wanted.native else ("target",)


def cleaning(found: Mapping[str, Meaning], wanted: Wanted) -> Clean:
    """Return the Clean step that has all decisions written out."""
    kept = {name: each for name, each in found.items() if not each.why_dropped}
    return Clean(
        columns=wanted.columns,
        exclude=wanted.exclude,
        numbers={name: each.form for name, each in kept.items() if each.use == "number" and each.form},
        moments={name: each.form for name, each in kept.items() if each.use == "moment" and each.form},
        truths=[name for name, each in kept.items() if each.use == "truth" and each.form],
        drop=[name for name, each in found.items() if each.why_dropped],
    )


def encoders(found: Mapping[str, Meaning], wanted: Wanted) -> list[Transform]:
    """Return the steps that make numbers, or categories, of moments and texts."""
    kept = {name: each for name, each in found.items() if not each.why_dropped}
    moments = [name for name, each in kept.items() if each.use == "moment"]
    taken = {name: how_taken(each, wanted) for name, each in kept.items() if each.use == "text"}
    levels = [name for name, how in taken.items() if how == ("levels",)]
    both = [name for name, how in taken.items() if how == ("text", "target")]
    by_target = [name for name, how in taken.items() if "target" in how]
    by_text = [name for name, how in taken.items() if how == ("text",)]
    by: Any = "words" if wanted.text == "words" else "characters"
    made: list[Transform] = [DateParts(moments, cyclic=wanted.scale)] if moments else []
    if levels:
        made.append(Categories(levels) if wanted.native else OneHot(levels, top=None))
    if both:
        made.append(TextComponents(both, by=by, drop=False))
    if by_target:
        made.append(TargetEncode(by_target, classes=wanted.classes, standardized=wanted.scale))
    return [*made, TextComponents(by_text, by=by)] if by_text else made


def numeric(found: Mapping[str, Meaning], moments: Sequence[list[str]]) -> list[str]:
    """Return the columns of numbers: those that are, and those made of moments."""
    own = [name for name, each in found.items() if not each.why_dropped and each.use in {"number", "truth"}]
    return own + [name for made in moments for name in made]


def fills(found: Mapping[str, Meaning], wanted: Wanted, moments: Sequence[list[str]]) -> list[Transform]:
    """Return the steps that fill nulls; of what is made of one moment, one column is marked."""
    if not wanted.fill:
        return []
    marked = numeric(found, [made[:1] for made in moments])
    others = [name for made in moments for name in made[1:]]
    steps: list[Transform] = [Impute(marked)] if marked else []
    return [*steps, Impute(others, indicator=False)] if others else steps


def scaling(found: Mapping[str, Meaning], wanted: Wanted, moments: Sequence[list[str]]) -> list[Transform]:
    """Return the step that brings numbers to one scale."""
    columns = numeric(found, moments) if wanted.scale else []
    return [Standardize(columns, clip=_CLIP, logs=True, keep_flags=True)] if columns else []


def made_of_moments(step: DateParts, state: Any) -> list[list[str]]:
    """Return for each moment the columns of numbers that are made of it and may be null."""
    never = pd.Series([], dtype="datetime64[us]")
    made = []
    for each in state:
        frame = step.with_(columns=[each["column"]]).apply(pd.DataFrame({each["column"]: never}), [each])
        made.append([str(name) for name, dtype in frame.dtypes.items() if dtype == np.float64])
    return made
