"""Query: the rows to label next, by id, and the frame with their answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.errors import DataError
from mlsys.steps import Result
from mlsys.values import with_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

QUERIED_BY, QUERIED_ROUND = "queried_by", "queried_round"
RANDOM = "random"
"""How a row came to be labelled, and when; a row of the random sample may be evaluated on."""


def ids_of(frame: pd.DataFrame, id: str | None) -> pd.Index:
    """Return the id of each row: a column, or the index."""
    if id is not None and id not in frame.columns:
        raise DataError(f"id={id!r} is not a column", "name a column that identifies rows, or leave id= out")
    ids = frame.index if id is None else pd.Index(frame[id])
    if not ids.is_unique or ids.hasnans:
        raise DataError(
            f"ids of rows in {'the index' if id is None else repr(id)} are null or repeat",
            "give each row an id of its own: answers are matched by it",
        )
    return ids


@dataclass(frozen=True, repr=False)
class Query(Result):
    """Rows to label next.

    Parameters
    ----------
    table : DataFrame
        One row each, in the order to ask: ``id``, ``queried_by`` (the strategy, or ``"random"``), ``queried_round``,
        ``score`` (how much the label would tell; of no meaning for random rows) and ``labelled``: a row of the random
        sample may have its label already.
    target, id : str
        Columns of the frame that was asked about.

    Examples
    --------
    >>> from mlsys import ActiveLearning
    >>> from sklearn.linear_model import LogisticRegression
    >>> frame = pd.DataFrame({"x": [0.0, 1.0, 4.4, 8.0, 9.0], "late": [0, None, None, None, 1]}, index=list("pqrst"))
    >>> query = ActiveLearning(LogisticRegression(), batch=2, random_share=0).query(frame, target="late")
    >>> query.table[["id", "queried_by", "labelled"]]
      id queried_by  labelled
    0  r     margin     False
    1  s     margin     False
    >>> query.answered(frame, {"r": 1.0})["late"].tolist()
    [0.0, nan, 1.0, nan, 1.0]
    """

    target: str = ""
    id: str | None = None

    @property
    def ids(self) -> list[Any]:
        """Ids of the rows to label, in order."""
        found: list[Any] = self.table.loc[~self.table["labelled"], "id"].tolist()
        return found

    def answered(self, frame: pd.DataFrame, answers: Mapping[Any, Any] | pd.Series | Sequence[Any]) -> pd.DataFrame:
        """Return the frame with the answers as labels, and how each row came to be labelled.

        Parameters
        ----------
        frame : DataFrame
            The rows that were asked about, in any order; later ones may be among them.
        answers : mapping, Series or sequence
            Label by id, or one for each of ``ids``. Rows without an answer, or with null, stay unlabelled.

        Returns
        -------
        DataFrame
            With the columns ``queried_by`` and ``queried_round``, null for rows that were never queried.

        Raises
        ------
        DataError
            If an answer is for a row that was not queried, or is not in the frame.
        """
        given = self._given(answers)
        ids = ids_of(frame, self.id)
        places = ids.get_indexer(pd.Index(self.table["id"]))
        if (places < 0).any():
            lost = self.table["id"][places < 0].tolist()[0]
            raise DataError(f"the queried row {lost!r} is not in the frame", "give all rows that were asked about")
        target = frame[self.target].copy()
        by, rounds = marks(frame)
        for place, asked in zip(places.tolist(), self.table.to_dict("records"), strict=True):
            if not asked["labelled"]:
                answer = given.get(asked["id"])
                if answer is None or pd.isna(answer):
                    continue
                target.iloc[place] = answer
                rounds.iloc[place] = asked[QUERIED_ROUND]
            by.iloc[place] = asked[QUERIED_BY]  # the random sample has it from now on, whoever asked for it before
        return with_columns(frame, {self.target: target, QUERIED_BY: by, QUERIED_ROUND: rounds})

    def _given(self, answers: Mapping[Any, Any] | pd.Series | Sequence[Any]) -> dict[Any, Any]:
        if isinstance(answers, pd.Series):
            answers = answers.to_dict()
        if isinstance(answers, Mapping):
            strange = [each for each in answers if each not in set(self.ids)]
            if strange:
                raise DataError(f"there is an answer for {strange[0]!r}, which was not asked", "give answers by .ids")
            return dict(answers)
        if len(answers) != len(self.ids):
            raise DataError(
                f"there are {len(answers):,} answers to {len(self.ids):,} questions", "give one for each of .ids"
            )
        return dict(zip(self.ids, answers, strict=True))


def marks(frame: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return how and in which round each row came to be labelled, null where it was not queried."""
    texts = pd.StringDtype(na_value=float("nan"))
    by = frame[QUERIED_BY].astype(texts) if QUERIED_BY in frame else pd.Series(None, frame.index, dtype=texts)
    rounds = frame[QUERIED_ROUND] if QUERIED_ROUND in frame else pd.Series(pd.NA, frame.index)
    return by.copy(), rounds.astype("Int64").copy()
