"""Helpers of the feature steps: choosing columns by type, requiring them by name, replacing them."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from mlsys.blocks import dtypes_of, is_plain, number_blocks
from mlsys.dataset import require_columns
from mlsys.errors import ConfigurationError, DataError
from mlsys.steps import ColumnChoice, Transform
from mlsys.steps.column_choice import chooses, chosen, names_in, names_or
from mlsys.tables import Columns
from mlsys.values import Kind, Values, plain, values_by_column, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mlsys.dataset import Rows


_SET_ONE_BY_ONE = 90
"""Wider frames are made anew in one block a type: pandas warns of (and slows with) more than 100 blocks."""

_COPIED = 1 << 14
"""Up to here a copy costs less than a Series."""

_FEW_NEW = 2
"""Up to here setting new columns one by one is faster (50 us each) than putting a frame of them behind (120 us)."""

NUMBERS = frozenset({Kind.NUMBER, Kind.TRUTH})
LEVELS = frozenset({Kind.NUMBER, Kind.TRUTH, Kind.TEXT, Kind.MIXED})
"""What an encoder can tell apart; which mixed values these are is seen when they are counted."""

TEXTS_AND_CATEGORIES = "text or categories"


def of_levels(values: Values) -> bool:
    """Whether an encoder takes a column by default: texts and categories do; truth values count as numbers.

    Examples
    --------
    >>> [of_levels(values_of(pd.Series([value]))) for value in ("a", True, 1)]
    [True, False, False]
    """
    return values.kind in {Kind.TEXT, Kind.CATEGORY} and (values.means in LEVELS or values.means is Kind.NOTHING)


def kinds_of(frame: pd.DataFrame, names: Sequence[str]) -> dict[str, Kind]:
    """Return what the values of each column are."""
    return {name: values.kind for name, values in values_by_column(frame, names).items()}


def taken(rows: Rows, columns: Any, who: str) -> list[str]:
    """Return the columns that are named, or chosen out of the features of whole training rows; else all features."""
    if not chooses(columns):
        return list(names_or(columns, rows.feature_names))
    frame = pd.DataFrame(rows)
    return chosen(columns, values_by_column(frame, rows.feature_names), dtypes_of(frame), frame.__getitem__, who)


class TakesColumns(Transform, kind="Transform"):
    """A transform of the columns it is told, or of all features that fit."""

    if TYPE_CHECKING:  # each step has it as its first field
        columns: ColumnChoice = None

    def __post_init__(self) -> None:
        """Refuse an empty list of columns, which differs from ``None``."""
        if self.named == ():
            who = type(self).__name__
            raise ConfigurationError(
                f"{who} got no columns",
                f'name them: {who}(["carrier", "origin"]), or write {who}() for all features with {self.takes_all}',
            )

    @property
    def named(self) -> tuple[str, ...] | None:
        """The columns that it names; ``None`` where it takes those that fit, or that a choice says."""
        return names_in(self.columns)

    def taken(self, part: Rows) -> list[str]:
        """Return the named columns, or the features that it is shown: those that fit, or that were chosen."""
        return list(names_or(self.columns, part.feature_names))

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the named columns, or all there are; the target is a role."""
        return names_or(self.columns, columns)


def there(frame: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Return those of some columns that a frame has: one that is to be dropped need not be there."""
    held = set(frame.columns.tolist())
    return [name for name in columns if name in held]


def require(frame: pd.DataFrame, columns: Sequence[str], who: str) -> None:
    """Raise when a column is missing, by name."""
    require_columns(frame.columns, columns, who, "pass the columns from which it learned, or correct columns=")


def require_kinds(frame: pd.DataFrame, columns: Sequence[str], kinds: frozenset[Kind], who: str) -> None:
    """Raise, by name, when a column is missing or holds values of another kind; columns without values pass."""
    require(frame, columns, who)
    for name, values in values_by_column(frame, columns).items():
        if values.kind not in kinds and values.means not in kinds and frame[name].notna().any():
            raise _of_no_use(name, values, kinds, who)


def _of_no_use(name: Any, values: Values, kinds: frozenset[Kind], who: str) -> DataError:
    words = {Kind.CATEGORY: "categories", Kind.TEXT: "text"}
    *others, last = (words.get(kind, f"{kind}s") for kind in Kind if kind in kinds - {Kind.MIXED})
    taken = f"{', '.join(others)} and {last}" if others else last
    odd = "" if values.strange is None else f", such as {values.strange[1]!r} in row {values.strange[0]!r}"
    encoded = "encode it with OneHot or TargetEncode, " if values.means is Kind.TEXT and Kind.TEXT not in kinds else ""
    return DataError(
        f"{who} takes {taken}, but the column {name!r} holds {values}{odd}",
        f"leave {name!r} out of columns=, {encoded}or convert it with Derive",
    )


def numbers(column: pd.Series, who: str) -> NDArray[np.float64]:
    """Return a column of numbers or truth values as floats, null as NaN."""
    made = plain(column)
    if getattr(made.dtype, "kind", "O") in "iufb" and not isinstance(made.dtype, pd.CategoricalDtype):
        return made.to_numpy(dtype=np.float64, na_value=np.nan)
    values = values_of(column)
    if values.kind is Kind.NOTHING:
        return np.full(len(column), np.nan)
    raise _of_no_use(column.name, values, NUMBERS, who)


def blocks_of_numbers(
    frame: pd.DataFrame | Columns, names: Sequence[str], who: str
) -> Iterator[tuple[Sequence[Any], NDArray[np.float64]]]:
    """Yield blocks of numeric columns in order: names, and floats with null as NaN."""
    kinds = dtypes_of(cast("pd.DataFrame", frame))
    for of_numpy, run in groupby(names, lambda name: is_plain(kinds[name])):
        if of_numpy:
            names_of_numpy = list(run)
            if isinstance(frame, Columns):
                yield names_of_numpy, frame.floats(names_of_numpy)
            else:
                yield from number_blocks(frame, names_of_numpy)
        else:
            yield from (([name], numbers(frame[name], who)[None]) for name in run)


def replaced(
    frame: pd.DataFrame | Columns,
    changed: Mapping[str, Any],
    added: pd.DataFrame | Mapping[str, Any] | None = None,
    dropped: Sequence[str] = (),
) -> pd.DataFrame:
    """Return the frame with columns changed in place, some dropped, and others added behind.

    Untouched columns are shared, not copied, in frames of the usual width.
    """
    new: Any = {} if added is None else added
    if isinstance(frame, Columns):
        return cast("pd.DataFrame", frame.replaced(changed, new, dropped))
    gone = set(dropped)
    places = [place for place, name in enumerate(frame.columns.tolist()) if name not in gone]
    kept = [name for name in frame.columns.tolist() if name not in gone]
    if len(kept) + len(new.keys()) > _SET_ONE_BY_ONE:
        return _put_together(frame, kept, changed, new)
    if gone and not kept:
        return new if isinstance(new, pd.DataFrame) else _frame_of(new, frame)
    out = frame.iloc[:, places] if gone else frame.copy(deep=False)
    shared = set[int]()
    for name, values in changed.items():
        out[name] = _shared(values, frame.index, shared)
    if isinstance(new, pd.DataFrame):
        return pd.concat([out, new], axis=1)
    if len(new) > _FEW_NEW:
        return pd.concat([out, _frame_of(new, frame)], axis=1)
    for name, values in new.items():
        out[name] = _shared(values, frame.index, shared)
    return out


def _shared(values: Any, index: pd.Index, shared: set[int]) -> Any:
    """Return a new column so that a long frame takes it without a copy, unless it is another column's or frame's.

    What lies in another frame is read-only; ``shared`` holds the places in memory of columns that were taken so.
    """
    if isinstance(values, np.ndarray) and len(values) > _COPIED and values.flags.writeable:
        place = int(values.__array_interface__["data"][0])
        if place not in shared:
            shared.add(place)
            return pd.Series(values, index=index, copy=False)
    return values


def _put_together(
    frame: pd.DataFrame, kept: list[str], changed: Mapping[str, Any], new: pd.DataFrame | Mapping[str, Any]
) -> pd.DataFrame:
    """Return a wide frame of unchanged columns, changed columns and, at the end, new ones."""
    same = [name for name in kept if name not in changed]
    pieces = [frame if len(same) == len(frame.columns) else frame[same]] if same else []
    if changed:
        pieces.append(_frame_of(changed, frame))
    if len(new.keys()):
        pieces.append(new if isinstance(new, pd.DataFrame) else _frame_of(new, frame))
    out = pieces[0].copy(deep=False) if len(pieces) == 1 else pd.concat(pieces, axis=1)
    order = [*kept, *new]
    return out if out.columns.tolist() == order else out[order]


def _frame_of(columns: Mapping[str, Any], like: pd.DataFrame) -> pd.DataFrame:
    """Return new columns as a frame with one block per type, which is appended in a third of the time."""
    names, values = labels(list(columns), like), list(columns.values())
    if len({each.dtype for each in values}) == 1 and isinstance(values[0], np.ndarray):
        return pd.DataFrame(np.array(values).T, index=like.index, columns=names, copy=False)
    made = pd.DataFrame(dict(enumerate(values)), index=like.index)
    made.columns = names
    return made


def of_block(
    names: Sequence[str], block: NDArray[Any], like: pd.DataFrame | Columns
) -> pd.DataFrame | Mapping[str, Any]:
    """Return the rows of an array as new columns to append to a frame."""
    if isinstance(like, Columns):
        return dict(zip(names, block, strict=True))
    return pd.DataFrame(block.T, index=like.index, columns=labels(names, like), copy=False)


def labels(names: Sequence[str], like: pd.DataFrame) -> pd.Index:
    """Return labels of the type that a frame's own have: a served frame has Python's texts, which are found faster."""
    return pd.Index(list(names), dtype=like.columns.dtype if like.columns.dtype == object else None)


def refuse_taken(frame: pd.DataFrame, new: Sequence[str], dropped: Sequence[str], who: str) -> None:
    """Raise when a new column has the name of one that stays."""
    there = set(frame.columns.tolist()).difference(dropped)
    taken = [name for name in new if name in there]
    if taken:
        raise DataError(
            f"{who} creates a column {taken[0]!r} that the rows already have",
            f"rename the column {taken[0]!r} first",
        )
