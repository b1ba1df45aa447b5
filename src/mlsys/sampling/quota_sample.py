"""QuotaSample: the first rows of each kind, until its quota is full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import require_columns
from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.sampling._ids import kept_in_words
from mlsys.steps import Select
from mlsys.steps.drawn import Drawn
from mlsys.values import told_apart

if TYPE_CHECKING:
    from collections.abc import Iterable


class QuotaSample(Select):
    """Keep the first rows of each value until its quota is full.

    Parameters
    ----------
    by : str or list of str
        Columns whose values have quotas.
    quotas : dict
        Number of rows for each value of ``by``; of several columns, for each tuple of values. Rows of other values are
        not kept.

    Raises
    ------
    ConfigurationError
        If a quota is less than one row.
    DataError
        If a column is missing, or no row has any of the values.

    Notes
    -----
    The mix of ``by`` is as wished, but within each value the rows are those that came first: as ``ConvenienceSample``,
    no row had a known chance, and the card and each report say so. A quota that is not filled is named on the card.

    Examples
    --------
    >>> people = pd.DataFrame({"sex": ["m", "m", "m", "f", "m", "f"], "wage": [9, 8, 7, 6, 5, 4]})
    >>> QuotaSample("sex", {"f": 2, "m": 2}).select(people)["wage"].tolist()
    [9, 8, 6, 4]
    """

    by: str | tuple[str, ...] | list[str]
    quotas: dict[Any, int]

    def __post_init__(self) -> None:
        """Check the quotas."""
        if not self.quotas or any(quota < 1 for quota in self.quotas.values()):
            raise ConfigurationError(
                f"{self.title}: quotas={self.quotas} are no numbers of rows", 'write quotas={"f": 200, "m": 200}'
            )

    @property
    def _columns(self) -> tuple[str, ...]:
        return (self.by,) if isinstance(self.by, str) else tuple(self.by)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns with quotas."""
        return self._columns

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> Drawn:
        """Return the first rows of each value."""
        require_columns(frame.columns, self._columns, self.title, "correct by=, or create it with a Derive step")
        named = [told_apart(frame[name], f"{self.title}: {name!r}") for name in self._columns]
        values = named[0] if len(named) == 1 else pd.Series(list(zip(*named, strict=True)), index=frame.index)
        quota = values.map(self.quotas).fillna(0).to_numpy(dtype=np.int64)
        mask = values.groupby(values, dropna=False, observed=True).cumcount().to_numpy() < quota
        if not mask.any():
            raise DataError(
                f"{self.title}: no row has one of the values {listed(map(repr, self.quotas))} of "
                f"{', '.join(map(repr, self._columns))}",
                "correct the keys of quotas=",
            )
        filled = values[mask].value_counts()
        short = [f"{key!r} {filled.get(key, 0):,} of {asked:,}" for key, asked in self.quotas.items()
                 if filled.get(key, 0) < asked]  # fmt: skip
        columns = " and ".join(map(repr, self._columns))
        said = f"{kept_in_words(int(mask.sum()), len(frame))}, the first of each quota of {columns}"
        return Drawn(
            mask,
            said=said + (f"; not filled: {listed(short)}" if short else ""),
            bias=f"within the quotas of {columns} the rows are those that came first, which may differ from the "
            "others, and nobody knows how; draw by chance, or rake to known shares with Rake",
        )
