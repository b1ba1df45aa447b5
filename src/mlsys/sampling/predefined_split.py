"""PredefinedSplit: parts that stay as they are: named by a column, or by hash of group or id."""

from __future__ import annotations

import pandas as pd

from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.sampling._shares import asked_for, named, parts_by_hash
from mlsys.steps import Field, Split
from mlsys.steps.facts import Dealing
from mlsys.steps.splitting import hashed_folds, key_of

_SUM_TOLERANCE = 1e-9


class PredefinedSplit(Split):
    """Split by a column of part names, or into named parts with fixed shares.

    Parameters
    ----------
    column : str, optional
        Column with the part of each row; null for none. Parts may have any names, but must include ``train``.
    parts : dict of str to float, optional
        Shares by name that sum to 1, such as ``{"train": .5, "validation": .2, "calibration": .1, "test": .2}``.
        The part of a row depends on the hash of its group, or of its id without a group role.
    seed : int
        A different seed gives a different split by ``parts``.
    keep_duplicates_together : bool
        Whether, with ``parts`` and without groups, rows that duplicate another in all features stay with it.

    Raises
    ------
    ConfigurationError
        If neither or both of ``column`` and ``parts`` are given, the shares do not sum to 1, or none is for training.
    DataError
        If the column is missing, or names no training rows.

    Notes
    -----
    With ``parts``, old rows stay in their part when new rows arrive, so sizes are binomial. The order in which parts
    are written does not matter. One hash per row.

    Examples
    --------
    >>> keys = pd.DataFrame({"id": range(3), "part": ["train", "test", None]})
    >>> PredefinedSplit("part").assign(keys).tolist()
    ['train', 'test', nan]
    """

    column: str | None = None
    parts: dict[str, float] | None = None
    seed: int = 0
    keep_duplicates_together: bool = Field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        """Check that exactly one way of naming parts is chosen."""
        if (self.column is None) == (self.parts is None):
            raise ConfigurationError(
                f"{self.title} needs either column= or parts=",
                'write PredefinedSplit("part"), or PredefinedSplit(parts={"train": .6, "validation": .2, "test": .2})',
            )
        if self.parts is None:
            return
        if "train" not in self.parts:
            raise ConfigurationError(
                f"{self.title}: parts= has no 'train' (it has {', '.join(self.parts) or 'nothing'})",
                "give the training rows their share under the name 'train'",
            )
        total = sum(self.parts.values())
        if min(self.parts.values()) < 0 or abs(total - 1) > _SUM_TOLERANCE:
            raise ConfigurationError(
                f"{self.title}: the shares {self.parts} sum to {total:g}, or one is below 0",
                "choose shares that sum to 1",
            )

    @property
    def deals(self) -> Dealing:
        """Rows are dealt as the column says, or by chance."""
        return "as given" if self.parts is None else "by chance"

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Columns the keys must contain besides the roles."""
        return () if self.column is None else (self.column,)

    @property
    def parts_named(self) -> tuple[str, ...]:
        """Parts that have a share."""
        return asked_for(self.parts or {})

    def keeps_repeats(self, grouped: bool, /) -> bool:
        """Whether duplicate rows stay together; groups take precedence."""
        return self.parts is not None and self.keep_duplicates_together and not grouped

    def withholds(self) -> tuple[str, ...]:
        """Columns that must never be features, because they name the part of a row."""
        return self.key_columns

    @property
    def assigns_alone(self) -> bool:
        """Whether the part of a row depends on its own keys alone."""
        return self.parts is not None

    def assign(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return the part of each row."""
        if self.parts is not None:
            # Sorted: equal configurations must split equally, whatever order they were written in.
            return parts_by_hash(key_of(keys), dict(sorted(self.parts.items())), self.seed)
        if self.column not in keys.columns:
            raise DataError(
                f"{self.title} takes parts from the column {self.column!r}, which it does not receive "
                f"(it receives {listed(keys.columns)})",
                "correct the name, or split in a Pipeline, which passes the column on",
            )
        places, names = pd.factorize(keys[self.column])
        if "train" not in map(str, names):
            raise DataError(
                f"{self.title}: the column {self.column!r} names no training rows "
                f"(it holds {', '.join(map(repr, names[:10].tolist())) or 'only nulls'})",
                "name them 'train', for example with Derive",
            )
        return named(places, [str(name) for name in names], keys.index)

    def folds(self, keys: pd.DataFrame, k: int, /) -> list[pd.Series]:
        """Return ``k`` assignments by hash; groups stay together."""
        return hashed_folds(keys, k, self.seed)
