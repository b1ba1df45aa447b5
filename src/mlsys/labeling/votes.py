"""Votes: who labelled what, when and with which version, as a long table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError, listed, meant
from mlsys.labeling.statistics import VoteMatrix
from mlsys.labeling.statistics.vote_matrix import refuse_many
from mlsys.pages import Page, Shown, Table, Text, Title, filled
from mlsys.values import with_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS = ("item", "source", "kind", "version", "label", "time", "gold")
KINDS = ("annotator", "function", "model", "event")


@dataclass(frozen=True, repr=False, eq=False)
class Votes(Shown):
    """Labels given to items by sources: annotators, labeling functions, models, events.

    Parameters
    ----------
    table : DataFrame
        One row a vote: ``item`` (id of the row), ``source``, ``label``; optionally ``kind`` (annotator, function,
        model, event), ``version`` of the source, ``time`` of the vote, and ``gold``, True where the vote is the truth.

    Raises
    ------
    DataError
        If a column is missing, or an item, source or label is null: an abstaining source has no row.

    Notes
    -----
    Of several votes of one source on one item the last counts, by time, else by place; ``repeated`` says how many do
    not. Gold is nobody's vote: it is left out of :meth:`matrix`.

    Examples
    --------
    >>> votes = Votes(pd.DataFrame({"item": [7, 7, 8], "source": ["ann", "ben", "ann"], "label": ["x", "y", "x"]}))
    >>> votes.matrix().frame().to_numpy().tolist()
    [['x', 'y'], ['x', None]]
    """

    table: pd.DataFrame

    def __post_init__(self) -> None:
        """Check the columns, and add those that were left out."""
        given = self.table
        if not isinstance(given, pd.DataFrame):
            raise DataError(f"votes are a {type(given).__name__}, not a frame", "give one row a vote")
        missing = [name for name in ("item", "source", "label") if name not in given.columns]
        if missing:
            raise DataError(
                f"votes have no column {missing[0]!r} (columns: {listed(given.columns)})",
                f"{meant(missing[0], given.columns)}rename the columns to item, source and label; a table with one "
                "column a source is read by Votes.of(frame)",
            )
        for name in ("item", "source", "label"):
            null = given[name].isna().to_numpy()
            if null.any():
                raise DataError(
                    f"{name!r} is null in {int(null.sum()):,} votes, row {given.index[null].tolist()[0]!r} first",
                    "drop these rows: a source that abstains has no vote",
                )
        made: dict[str, Any] = {
            "kind": "annotator", "version": "", "time": pd.Series(pd.NaT, given.index), "gold": False,
        }  # fmt: skip
        full = with_columns(given, {name: each for name, each in made.items() if name not in given.columns})
        full = full[list(COLUMNS)].reset_index(drop=True).assign(
            source=full["source"].astype(str).to_numpy(), version=full["version"].fillna("").astype(str).to_numpy(),
            gold=full["gold"].fillna(False).astype(bool).to_numpy(),
        )  # fmt: skip
        strange = sorted({*full["kind"].dropna().unique()} - {*KINDS})
        if strange:
            raise DataError(f"votes are of kind {strange[0]!r}", f"kinds are {', '.join(KINDS)}")
        object.__setattr__(self, "table", full)

    @classmethod
    def of(
        cls, votes: pd.DataFrame | VoteMatrix, kind: str = "function", version: str | Mapping[str, str] = "",
        time: Any = None,
    ) -> Votes:  # fmt: skip
        """Return the votes of a table with one column a source, null where it abstains.

        Parameters
        ----------
        votes : DataFrame or VoteMatrix
            The votes; the index holds the ids of the items.
        kind : {"annotator", "function", "model", "event"}
            Of all sources.
        version : str or mapping of source to str
            Of all sources, or of each.
        time : Timestamp, optional
            When they voted.
        """
        matrix = VoteMatrix.of(votes)
        rows, places = np.nonzero(matrix.codes >= 0)
        names = np.array(matrix.sources, dtype=object)
        classes = pd.Series(list(matrix.classes), dtype=object if not matrix.classes else None)
        versions = {name: version if isinstance(version, str) else version.get(name, "") for name in matrix.sources}
        table = pd.DataFrame({"item": matrix.items[rows], "source": names[places], "kind": kind})
        table["version"] = [versions[name] for name in table["source"]]
        table["label"] = classes.iloc[matrix.codes[rows, places]].to_numpy() if len(rows) else []
        table["time"] = pd.Timestamp(time) if time is not None else pd.NaT
        return cls(table)

    @property
    def last(self) -> pd.DataFrame:
        """The vote of each source on each item that counts, without gold."""
        votes = self.table[~self.table["gold"]]
        order = votes.sort_values("time", kind="stable", na_position="first")
        return order[~order.duplicated(["item", "source"], keep="last")].sort_index()

    @property
    def repeated(self) -> int:
        """Number of votes that do not count because the same source voted again on the item."""
        return int((~self.table["gold"]).sum()) - len(self.last)

    @property
    def sources(self) -> tuple[str, ...]:
        """Sources in the order of their first vote, without gold."""
        return tuple(dict.fromkeys(self.table.loc[~self.table["gold"], "source"]))

    def matrix(self, classes: Sequence[Any] = (), items: Any = None) -> VoteMatrix:
        """Return the votes that count, one row an item and one column a source.

        Parameters
        ----------
        classes : sequence, optional
            All classes, in order; by default those voted for.
        items : Index, optional
            Ids of the rows; by default all items, in the order of their first vote. One that nobody voted on has an
            empty row.

        Raises
        ------
        DataError
            If there are votes for items that are not among ``items``; :meth:`on` leaves them out, counted.
        """
        last = self.last
        index = pd.Index(self.table["item"].unique()) if items is None else pd.Index(items)
        known = tuple(classes) or tuple(sorted(dict.fromkeys(last["label"].tolist()), key=str))
        rows = index.get_indexer(pd.Index(last["item"]))
        if (rows < 0).any():
            raise DataError(
                f"{int((rows < 0).sum()):,} votes are for unknown items, "
                f"{last['item'].tolist()[int(np.argmax(rows < 0))]!r} first",
                "leave them out with votes.on(items), or correct the ids",
            )
        refuse_many(known)
        place = {value: number for number, value in enumerate(known)}
        strange = [value for value in dict.fromkeys(last["label"].tolist()) if value not in place]
        if strange:
            raise DataError(f"there are votes for {strange[0]!r}, which is not among the classes ({listed(known)})",
                            "add it to classes=, or correct the votes")  # fmt: skip
        codes = np.full((len(index), len(self.sources)), -1, np.int8)
        columns = pd.Index(self.sources).get_indexer(pd.Index(last["source"]))
        codes[rows, columns] = [place[value] for value in last["label"].tolist()]
        return VoteMatrix(codes, known, self.sources, index)

    def on(self, items: Any) -> tuple[Votes, int]:
        """Return the votes on some items, and the number of votes on others."""
        kept = self.table["item"].isin(pd.Index(items))
        return Votes(self.table[kept]), int((~kept).sum())

    def gold(self) -> pd.Series | None:
        """Return the truth by item, ``None`` if no vote is gold.

        Raises
        ------
        DataError
            If gold contradicts itself.
        """
        true = self.table[self.table["gold"]]
        if true.empty:
            return None
        different = true.groupby("item", sort=False)["label"].nunique()
        torn = different[different > 1]
        if len(torn):
            raise DataError(
                f"gold contradicts itself on {len(torn):,} items, {torn.index.tolist()[0]!r} first",
                "keep one true label an item; disagreement of annotators is not gold",
            )
        first = true.drop_duplicates("item")
        return pd.Series(first["label"].to_numpy(), index=pd.Index(first["item"], name=None), name="gold")

    def __add__(self, other: Votes) -> Votes:
        if not isinstance(other, Votes):
            return NotImplemented
        return Votes(pd.concat([self.table, other.table], ignore_index=True))

    def __len__(self) -> int:
        return len(self.table)

    def _page(self) -> Page:
        last = self.last
        table = last.groupby(["source", "kind"], sort=False).agg(votes=("label", "size"), classes=("label", "nunique"))
        said = (
            f"{len(last):,} votes of {len(self.sources)} sources on {self.table['item'].nunique():,} items; "
            f"{self.repeated:,} were voted again, {int(self.table['gold'].sum()):,} are gold."
        )
        return Page([Title("Votes"), Text(said), Table(filled(table.reset_index()))])


def matrix_of(votes: pd.DataFrame | VoteMatrix | Votes) -> VoteMatrix:
    """Return votes as a matrix, in whichever form they came."""
    return votes.matrix() if isinstance(votes, Votes) else VoteMatrix.of(votes)
