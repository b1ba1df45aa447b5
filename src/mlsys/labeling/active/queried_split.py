"""QueriedSplit: rows that a strategy chose are trained on, and only rows drawn at random are evaluated on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.labeling.active.query import QUERIED_BY, QUERIED_ROUND, RANDOM
from mlsys.steps import Field, Split, Step
from mlsys.steps.questions import divides
from mlsys.steps.splitting import ranks_by_hash

if TYPE_CHECKING:
    from mlsys.steps.facts import Dealing


class QueriedSplit(Split):
    """Split rows of which some were chosen to be labelled: evaluate only on rows of the random sample.

    Parameters
    ----------
    inner : Split, optional
        Another split to follow; it is refused where a part to evaluate on has rows that a strategy chose. By default
        the random sample is divided evenly into validation and test, and all other rows are trained on.
    test : float
        Share of the random sample for the test part, without ``inner``; the rest is for validation.
    queried : sequence, optional
        Ids of rows that a strategy chose, if the data has no column ``queried_by``.

    Raises
    ------
    DataError
        If a queried row would be evaluated on, the message names the part, the count and an id; or if there is no
        random sample.

    Notes
    -----
    Rows that a strategy chose are harder than others, and a part without them easier, so an accuracy on either is that
    of no population. The marks of queries are never features. See :class:`ActiveLearning`.

    Examples
    --------
    >>> rows = pd.DataFrame({"x": range(6), "queried_by": [None, "margin", "random", "margin", "random", None]})
    >>> {name: part["x"].tolist() for name, part in QueriedSplit().split(rows).items()}
    {'train': [0, 1, 3, 5], 'validation': [2], 'test': [4]}
    """

    judges_every_row: ClassVar[bool] = False
    inner: Any = None
    test: float = Field(default=0.5, ge=0, le=1, kw_only=True)
    queried: tuple[Any, ...] | list[Any] | None = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse what is no split, and ids without one."""
        if self.inner is not None and not (isinstance(self.inner, Step) and divides(self.inner)):
            raise ConfigurationError(f"{self.title} got {self.inner!r}, which is no split", "give StratifiedSplit()")
        if self.queried is not None and self.inner is None:
            raise ConfigurationError(
                f"{self.title} got the ids of queried rows and no split",
                "give one too, such as QueriedSplit(RandomSplit(), queried=ids)",
            )

    @property
    def deals(self) -> Dealing:
        """Rows are dealt as the other split says."""
        return "as given" if self.inner is None else self.inner.deals

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The mark of queries, and what the other split reads."""
        own = (QUERIED_BY,) if self.queried is None else ()
        return own if self.inner is None else tuple(dict.fromkeys([*own, *self.inner.key_columns]))

    @property
    def parts_named(self) -> tuple[str, ...]:
        """Parts of the other split."""
        return () if self.inner is None else self.inner.parts_named

    def keeps_repeats(self, grouped: bool, /) -> bool:
        """Whether the other split keeps copies of a row together."""
        return self.inner is not None and bool(self.inner.keeps_repeats(grouped))

    def withholds(self) -> tuple[str, ...]:
        """The marks of queries, and what the other split withholds."""
        own = (QUERIED_BY, QUERIED_ROUND)
        return own if self.inner is None else tuple(dict.fromkeys([*own, *self.inner.withholds()]))

    def assign(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return the part of each row."""
        by = self._marks(keys)
        if self.inner is None:
            return self._by_sample(keys, by == RANDOM)
        assigned: pd.Series = self.inner.assign(keys)
        wrong = by.notna() & (by != RANDOM) & assigned.notna() & (assigned != "train")
        if wrong.any():
            part = assigned[wrong].iloc[0]
            there, count = int((assigned == part).sum()), int((wrong & (assigned == part)).sum())
            first = keys["id"][wrong & (assigned == part)].iloc[0] if "id" in keys else keys.index[wrong][0]
            raise DataError(
                f"{count:,} of {there:,} {part} rows were chosen to be labelled by {by[wrong].iloc[0]!r} (the first "
                f"has the id {first!r}), so what they say of a model is not true of other rows",
                "evaluate on the random sample: QueriedSplit() without another split, with random_share above 0; or on "
                "rows that were set apart before the first query",
            )
        return assigned

    def folds(self, keys: pd.DataFrame, k: int, /) -> list[pd.Series]:
        """Return ``k`` assignments in which each row of the random sample is judged once, and no other."""
        judged = (self._marks(keys) == RANDOM).to_numpy(dtype=bool, na_value=False)
        numbers = np.full(len(keys), -1)
        numbers[judged] = ranks_by_hash(keys[judged]) % k
        return [_without_kin(keys, pd.Series(np.where(numbers == fold, "validation", "train"), keys.index), "train")
                for fold in range(k)]  # fmt: skip

    def explain(self, keys: pd.DataFrame, /) -> tuple[str, ...]:
        """Say what is evaluated on."""
        sample = int((self._marks(keys) == RANDOM).sum())
        return (f"evaluated on rows of a random sample of {sample:,}, none of them chosen by a strategy",)

    def _marks(self, keys: pd.DataFrame) -> pd.Series:
        """Return how each row came to be labelled, null where it was not queried."""
        if self.queried is not None:
            ids = keys["id"] if "id" in keys else keys.index.to_series()
            return pd.Series("a query", keys.index).where(ids.isin(list(self.queried)))
        if QUERIED_BY not in keys.columns:
            raise DataError(
                f"{self.title} needs the column {QUERIED_BY!r}, which says how rows came to be labelled",
                "keep the frame that Query.answered() returns, or give the ids of queried rows in queried=",
            )
        return keys[QUERIED_BY]

    def _by_sample(self, keys: pd.DataFrame, sampled: pd.Series) -> pd.Series:
        """Return parts where the random sample alone is evaluated on."""
        judged = sampled.to_numpy(dtype=bool, na_value=False).copy()
        if "target" in keys:
            judged &= keys["target"].notna().to_numpy()
        if not judged.any():
            raise DataError(
                f"{self.title} found no labelled row of a random sample to evaluate on",
                "query with random_share above 0, or give a split of rows that were set apart: QueriedSplit(split)",
            )
        places = ranks_by_hash(keys[judged].drop(columns="target", errors="ignore"))
        part = np.full(len(keys), "train", dtype=object)
        part[np.flatnonzero(judged)] = np.where(places < round(self.test * judged.sum()), "test", "validation")
        return _without_kin(keys, pd.Series(part, index=keys.index, dtype="str"), "train")


def _without_kin(keys: pd.DataFrame, part: pd.Series, learned: str) -> pd.Series:
    """Return the parts without training rows that share a group with an evaluated row."""
    if "group" not in keys.columns:
        return part
    evaluated = keys["group"][part != learned]
    return part.where((part != learned) | ~keys["group"].isin(evaluated))
