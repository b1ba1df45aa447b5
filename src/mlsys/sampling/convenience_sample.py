"""ConvenienceSample and JudgementSample: rows that were at hand, or that somebody chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.dataset import require_columns
from mlsys.errors import DataError
from mlsys.sampling._ids import check_size, kept_in_words
from mlsys.steps import Field, Select
from mlsys.steps.drawn import Drawn
from mlsys.values import Kind, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable


class ConvenienceSample(Select):
    """Say that rows are those that were at hand, and keep the first of them.

    Parameters
    ----------
    rows : int, optional
        Number of rows to keep, the first that came; all by default.
    how : str
        How the rows came, for the card: ``"answered a link in a newsletter"``.

    Notes
    -----
    No row had a known chance, so there are no weights, and no interval tells how far a mean is off. The card and each
    report downstream say so (:doc:`SA101 </findings/SA101>`) until ``Rake`` corrects what is known.

    Examples
    --------
    >>> answers = pd.DataFrame({"age": [25, 31, 22, 64]})
    >>> len(ConvenienceSample(how="answered a link in a newsletter").select(answers))
    4
    """

    rows: int | None = None
    how: str = Field(default="", kw_only=True)

    def __post_init__(self) -> None:
        """Check the size."""
        check_size(self.title, 1 if self.rows is None else self.rows)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return nothing: rows are kept whatever they hold."""
        return ()

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> Drawn:
        """Return the first rows."""
        mask = np.arange(len(frame)) < (len(frame) if self.rows is None else self.rows)
        how = f" ({self.how})" if self.how else ""
        return Drawn(
            mask,
            said=f"{kept_in_words(int(mask.sum()), len(frame), self.rows)}, as they came{how}",
            bias=f"rows that were at hand{how} may differ from the others, and nobody knows how; draw by chance, or "
            "rake to known shares with Rake",
        )


class JudgementSample(Select):
    """Keep the rows that somebody chose.

    Parameters
    ----------
    column : str
        Column of True or False for each row. It is no feature: it says who was thought typical.
    how : str
        Who chose, and by what, for the card.

    Raises
    ------
    DataError
        If the column is missing, holds anything but truth values, or null.

    Notes
    -----
    As ``ConvenienceSample``: no row had a known chance, and the card and each report say so.

    Examples
    --------
    >>> stores = pd.DataFrame({"store": ["a", "b", "c"], "typical": [True, False, True]})
    >>> JudgementSample("typical", how="regional managers").select(stores)["store"].tolist()
    ['a', 'c']
    """

    column: str
    how: str = Field(default="", kw_only=True)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the column of choices."""
        return (self.column,)

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> Drawn:
        """Return the chosen rows."""
        require_columns(frame.columns, [self.column], self.title, "correct column=, or create it with a Derive step")
        held, choices = values_of(frame[self.column]), frame[self.column]
        nulls = " and nulls" if choices.isna().any() else ""
        if held.kind is not Kind.TRUTH or nulls:
            raise DataError(
                f"{self.title}: {self.column!r} holds {held}{nulls}, not True or False for each row",
                "compare it in a Derive step first, such as frame['rank'] <= 10",
            )
        mask = plain(choices).to_numpy(dtype=bool)
        how = f" ({self.how})" if self.how else ""
        return Drawn(
            mask,
            said=f"{kept_in_words(int(mask.sum()), len(frame))}, chosen by judgement{how}",
            bias=f"rows that somebody chose{how} are those thought typical, which the others need not be; draw by "
            "chance, or rake to known shares with Rake",
        )
