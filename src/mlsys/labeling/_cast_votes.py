"""CastVotes: votes of functions, models and annotators as columns beside the rows, never features."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from mlsys.errors import ConfigurationError
from mlsys.labeling._labeling_function import LabelingFunction, as_labeling_function
from mlsys.labeling.builders import lookup
from mlsys.labeling.casting import MOST_FAILED, cast_votes
from mlsys.labeling.votes import Votes
from mlsys.steps import Field, Label, Labels

if TYPE_CHECKING:
    from collections.abc import Iterable


class CastVotes(Label):
    """Let labeling functions, models and annotators vote on each row; :class:`LabelModel` learns from their votes.

    Parameters
    ----------
    sources : list of LabelingFunction, callable or Votes
        Functions of columns; ``Votes`` of annotators are found by the id of the row.
    id : str
        Column with the ids that ``Votes`` name as items; needed for these alone.
    most_failed : float
        Share of rows on which a function may fail; such rows abstain and are counted in a warning.
    column : str
        Beginning of the names of the columns that it writes: ``vote_<source>``.

    Raises
    ------
    ConfigurationError
        If there are no sources, two have the same name, or ``Votes`` come without ``id``.
    DataError
        If a function fails on too many rows; the message names the first.

    Notes
    -----
    Each row is voted on by itself, so votes are cast before the split. The columns are null where a source abstains,
    and are never features. The cache of a pipeline keeps the votes of each source by its code and the columns that it
    reads: after one was edited, that one runs again, also in another process. A function that failed on some rows is
    a finding (``LB106``). A model trained on columns that functions read may merely learn the functions: judge it by
    rows whose truth is known. Cost: functions x rows.

    Examples
    --------
    >>> from mlsys.labeling import keyword
    >>> mail = pd.DataFrame({"text": ["a free prize", "see you"]})
    >>> CastVotes([keyword("text", "free", "spam"), keyword("text", "see", "ham")]).votes(mail).columns.tolist()
    ['vote_has_free', 'vote_has_see']
    """

    runs_user_code: ClassVar[bool] = True
    sources: tuple[Any, ...] | list[Any]
    id: str = ""
    most_failed: float = Field(default=MOST_FAILED, ge=0, le=1)
    column: str = Field(default="vote", kw_only=True)

    def __post_init__(self) -> None:
        """Check the sources."""
        wrong = next((each for each in self.sources if not isinstance(each, Votes) and not callable(each)), None)
        if wrong is not None or not self.sources:
            raise ConfigurationError(
                f"CastVotes got {'no sources' if wrong is None else f'{wrong!r}, which is no function'}",
                "give labeling functions, keyword(...), regex(...), from_model(...), or Votes",
            )
        if not self.id and any(isinstance(each, Votes) for each in self.sources):
            raise ConfigurationError(
                "CastVotes got Votes and no id=", "name the column that holds the ids of their items"
            )
        names = [each.name for each in self.functions]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ConfigurationError(f"CastVotes: two sources are named {twice!r}", "give one of them another name")

    @property
    def functions(self) -> tuple[LabelingFunction, ...]:
        """All sources as functions; annotators look up the row's id."""
        found: list[LabelingFunction] = []
        for each in self.sources:
            found += _annotators(each, self.id) if isinstance(each, Votes) else [as_labeling_function(each)]
        return tuple(found)

    @property
    def columns_written(self) -> tuple[str, ...]:
        """The columns of votes."""
        return tuple(f"{self.column}_{each.name}" for each in self.functions)

    @property
    def rule_columns(self) -> tuple[str, ...]:
        """Columns that the functions declare to read."""
        return tuple(dict.fromkeys(name for function in self.functions for name in function.columns))

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns that the functions declare to read, or all columns if one declares none."""
        silent = any(function.on is None for function in self.functions)
        return tuple(columns) if silent else self.rule_columns

    def label_parts(self) -> dict[str, CastVotes]:
        """Return each source as a step of its own: the cache of a pipeline keeps its votes apart."""
        return {_called(each): self.with_(sources=(each,), name=None) for each in self.sources if _voting(each)}

    def label(self, frame: pd.DataFrame, /) -> Labels:
        """Return the vote of each source on each row, and which functions failed."""
        cast = cast_votes(self.functions, frame, self.most_failed)
        return Labels(cast.votes.set_axis(list(self.columns_written), axis=1), cast.findings)

    def votes(self, frame: pd.DataFrame, /) -> pd.DataFrame:
        """Return the columns of votes for a frame, without a pipeline; a function that failed is warned of."""
        answer = self.label(frame)
        for finding in answer.findings:
            if finding.severity == "warning":
                warnings.warn(f"{finding.code}: {finding.message}", UserWarning, stacklevel=2)
        votes: pd.DataFrame = answer.values
        return votes


def _voting(source: Any) -> bool:
    """Whether a source has anything to say: a table of votes may be empty."""
    return not isinstance(source, Votes) or len(source.last) > 0


def _called(source: Any) -> str:
    """Return a name of a source: of a table of votes its first source's."""
    if not isinstance(source, Votes):
        return as_labeling_function(source).name
    names = list(dict.fromkeys(map(str, source.last["source"])))
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _annotators(votes: Votes, on: str) -> list[LabelingFunction]:
    """Return each source of a table of votes as a look-up of the row's id."""
    last = votes.last
    return [
        lookup(on, dict(zip(each["item"].tolist(), each["label"].tolist(), strict=True)), name=str(source))
        for source, each in last.groupby("source", sort=False)
    ]
