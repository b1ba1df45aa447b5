"""Whether features are of kinds that an estimator does not take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mlsys.blocks import dtypes_of, is_plain, number_blocks
from mlsys.values import Kind, values_by_column

if TYPE_CHECKING:
    import pandas as pd

    from mlsys.tables import Table

_TELLING = 4_096
"""Rows of a table beyond memory that are looked at for the kinds of its columns."""
_ALWAYS_FINITE = "biu"
"""Kinds of numpy that hold neither nulls nor infinite numbers."""


def why_needed(parts: Mapping[str, Table], features: Sequence[str], nulls: bool, categories: bool) -> str:
    """Describe the features that an estimator does not take as they are; empty if it takes all.

    Parameters
    ----------
    parts : mapping of str to Table
        Open parts, ``train`` among them. Kinds are those of training rows; nulls are looked for in every part.
    features : sequence of str
        Columns.
    nulls, categories : bool
        Whether it takes nulls, and categories.
    """
    train = parts["train"]
    plain = {name for name, dtype in dtypes_of(train.head(0)).items() if is_plain(dtype)}
    others = [name for name in features if name not in plain]
    if nulls and not others:
        return ""
    rows = train.frame(others) if train.in_memory else train.head(_TELLING)[others]
    taken = {Kind.NUMBER, Kind.TRUTH, Kind.BLOCK} | ({Kind.CATEGORY} if categories else set())
    kinds = {name: values.kind for name, values in values_by_column(rows, others).items()}
    counted = Counter(_PLURAL[kind] for kind in kinds.values() if kind not in taken and kind is not Kind.NOTHING)
    said = [(count, f"{'is' if count == 1 else 'are'} {word[count > 1]}") for word, count in counted.items()]
    if not nulls:
        holding = _without_values(parts, features)
        said += [(holding, f"hold{'s' * (holding == 1)} nulls or infinite numbers")] if holding else []
    first = f" of {len(features)} features"
    return ", ".join(f"{count}{'' if place else first} {words}" for place, (count, words) in enumerate(said))


def _without_values(parts: Mapping[str, Table], features: Sequence[str]) -> int:
    """Return how many features hold a null or an infinite number in some part."""
    found: set[str] = set()
    for part in parts.values():
        dtypes = dtypes_of(part.head(0))
        can = [name for name in features if not (is_plain(dtypes[name]) and dtypes[name].kind in _ALWAYS_FINITE)]
        for frame in part.frames(can) if can else ():
            found.update(_holding(frame, [name for name in can if name not in found]))
    return len(found)


def _holding(frame: pd.DataFrame, names: Sequence[str]) -> Iterator[str]:
    floats = {name for name, dtype in dtypes_of(frame).items() if is_plain(dtype)}
    for some, block in number_blocks(frame, [name for name in names if name in floats]):
        yield from (name for name, values in zip(some, block, strict=True) if not np.isfinite(values).all())
    yield from (name for name in names if name not in floats and frame[name].isna().any())


_PLURAL = {
    Kind.TEXT: ("text", "text"),
    Kind.CATEGORY: ("a category", "categories"),
    Kind.MOMENT: ("a time", "times"),
    Kind.DATE: ("a date", "dates"),
    Kind.DURATION: ("a duration", "durations"),
    Kind.PERIOD: ("a period", "periods"),
    Kind.INTERVAL: ("an interval", "intervals"),
    Kind.NESTED: ("of lists", "of lists"),
    Kind.OTHER: ("of other values", "of other values"),
    Kind.MIXED: ("of mixed values", "of mixed values"),
}
