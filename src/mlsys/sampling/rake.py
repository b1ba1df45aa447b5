"""Rake: weights by which a sample agrees with known shares of all rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pandas as pd
from pydantic import BeforeValidator

from mlsys.dataset import SAMPLING_WEIGHT, require_columns
from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.sampling._ids import sizes_of
from mlsys.sampling._raking import Margin, raked
from mlsys.steps import Field, Select
from mlsys.steps.drawn import Drawn
from mlsys.values import told_apart

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlsys.dataset import Roles

_APART = 1e-3
"""By which the totals of two margins may differ, relatively: those of published tables are rounded."""


def _plain(given: Any) -> Any:
    """Take Series and mappings as dictionaries."""
    if not hasattr(given, "items"):
        return given
    return {name: dict(each.items()) if hasattr(each, "items") else each for name, each in given.items()}


class Rake(Select):
    """Weigh rows so that they agree with known shares of all rows in some columns.

    Parameters
    ----------
    margins : dict of str to dict
        For each column its values with their shares of all rows, or their numbers: ``{"sex": {"f": 0.51, "m": 0.49}}``.
        Shares need not add up to exactly 1; a Series will do.
    trim : float, optional
        Largest weight, in mean weights: fewer effective rows are lost, and the margins are met less exactly.
    weight : str, optional
        Column of weights to begin with; by default those of samples before, if there are any.

    Raises
    ------
    ConfigurationError
        If there are no margins, a share is negative or null, or the totals of two margins differ.
    DataError
        If a column is missing or null, a value with a share has no rows or a row's value no share, or the weights do
        not converge.

    Notes
    -----
    Iterative proportional fitting (Deming and Stephan 1940): the weights are multiplied by what each margin lacks, one
    after the other, until all agree within one in a million. They are the nearest to those of the beginning that do so.
    It corrects what is known of the named columns. Within them a sample that was not drawn by chance is biased as
    before, and :doc:`SA102 </findings/SA102>` says that nobody knows by how much. Weights stand in ``weight``, else in
    ``sampling_weight``, and take the weight role. All rows are kept. Cost: a pass over the rows for each margin and
    round.

    Examples
    --------
    >>> answers = pd.DataFrame({"sex": ["f", "m", "m", "m"], "age": ["old", "old", "young", "young"]})
    >>> shares = {"sex": {"f": 0.5, "m": 0.5}, "age": {"old": 0.6, "young": 0.4}}
    >>> Rake(shares).select(answers)["sampling_weight"].round(3).tolist()
    [2.0, 0.4, 0.8, 0.8]
    """

    margins: Annotated[dict[str, dict[Any, float]], BeforeValidator(_plain)]
    trim: float | None = Field(default=None, kw_only=True)
    weight: str | None = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Check that the margins are shares, and of the same rows."""
        if not self.margins or not all(self.margins.values()):
            raise ConfigurationError(f"{self.title} got no margins", 'write margins={"sex": {"f": 0.51, "m": 0.49}}')
        for name, margin in self.margins.items():
            wrong = [value for value, share in margin.items() if not (np.isfinite(share) and share >= 0)]
            if wrong or not sum(margin.values()):
                raise ConfigurationError(
                    f"{self.title}: the margin of {name!r} is negative, null or infinite for {wrong[0]!r}" if wrong
                    else f"{self.title}: the margin of {name!r} is 0 for all its values",
                    "give each value its share of all rows, or their number",
                )  # fmt: skip
        totals = {name: sum(margin.values()) for name, margin in self.margins.items()}
        low, high = min(totals, key=lambda name: totals[name]), max(totals, key=lambda name: totals[name])
        if totals[high] > (1 + _APART) * totals[low]:
            raise ConfigurationError(
                f"{self.title}: the margin of {low!r} adds up to {totals[low]:.6g}, that of {high!r} to "
                f"{totals[high]:.6g}, so they are not of the same rows",
                "write shares that add up to 1 everywhere, or numbers of the same rows",
            )
        if self.trim is not None and self.trim <= 1:
            raise ConfigurationError(
                f"{self.title}: trim={self.trim} leaves no weight above the mean", "write trim=5.0, for example"
            )

    def roles_given(self, roles: Roles) -> Roles:
        """Return the roles with that of the weights; raise where the pipeline's own are not those it begins with."""
        if roles.weight is None:
            return replace(roles, weight=self.weight or SAMPLING_WEIGHT)
        if roles.weight not in {self.weight, SAMPLING_WEIGHT}:
            raise ConfigurationError(
                f"{self.title} does not begin with the weights {roles.weight!r} of the pipeline, so that with them the "
                "margins would not be met",
                f"write Rake(..., weight={roles.weight!r})",
            )
        return roles

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns with margins, and that of the weights to begin with."""
        begin = self.weight or (SAMPLING_WEIGHT if SAMPLING_WEIGHT in set(columns) else None)
        return tuple(self.margins) if begin is None else (*self.margins, begin)

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> Drawn:
        """Return all rows with the factors of their weights."""
        require_columns(frame.columns, list(self.margins), self.title, "correct margins=, or create it with Derive")
        begin = self.weight or (SAMPLING_WEIGHT if SAMPLING_WEIGHT in frame.columns else None)
        given = np.ones(len(frame)) if begin is None else sizes_of(frame, begin, self.title, "weight")
        margins = [self._margin(frame, name, margin, float(given.sum())) for name, margin in self.margins.items()]
        found = raked(given, margins, self.trim, self.title)
        factors = np.divide(found.weights, given, out=np.ones(len(given)), where=given > 0)
        columns = " and ".join(map(repr, self.margins))
        said = f"weights raked to known shares of {columns} in {found.rounds:,} round{'s' if found.rounds > 1 else ''}"
        if found.trimmed:
            said += f"; {found.trimmed:,} trimmed, so shares are met within {found.gap:.2%}"
        left = f"raked to known shares of {columns}; how far rows within them differ from the others is not known"
        return Drawn(np.ones(len(frame), dtype=bool), factors, said, corrects=left)

    def _margin(self, frame: pd.DataFrame, name: str, margin: Mapping[Any, float], total: float) -> Margin:
        """Return a margin in the scale of the weights; raise where it and the rows do not fit."""
        values = told_apart(frame[name], f"{self.title}: {name!r}")
        if values.isna().any():
            raise DataError(
                f"{self.title}: {name!r} is null in {int(values.isna().sum()):,} rows, of which no share is known",
                "fill them, or drop such rows in a Filter step",
            )
        codes, found = pd.factorize(values)
        there = list(found)
        without = [value for value in there if not margin.get(value)]
        if without:
            raise DataError(
                f"{self.title}: rows have {listed(map(repr, without))} in {name!r}, of which margins= gives no share",
                "give every value a share above 0, merge values in a Derive step, or drop such rows in a Filter step",
            )
        absent = [value for value, share in margin.items() if share > 0 and value not in there]
        if absent:
            raise DataError(
                f"{self.title}: no row has {listed(map(repr, absent))} in {name!r}, to which margins= gives "
                f"{sum(margin[value] for value in absent) / sum(margin.values()):.2%} of all rows",
                "no weight can stand for them: merge such values with others in a Derive step and in margins=",
            )
        sums = sum(margin.values())
        scale = total / sums if sums <= 1 + _APART * 10 else 1.0  # shares keep the scale of the weights, numbers set it
        shares = np.array([margin[value] for value in there], dtype=np.float64)
        return Margin(name, codes.astype(np.int64), tuple(there), shares * scale)
