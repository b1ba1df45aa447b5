"""Bin: replace numbers by bins, and measure what that loses about the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.features._cells import Cells, Target
from mlsys.features._columns import blocks_of_numbers, replaced, require
from mlsys.features._edges import places_between
from mlsys.features._numbers import ChangesNumbers, refuse_infinite
from mlsys.steps import ColumnChoice, Field
from mlsys.summaries import Again, Given, Moments, Quantiles, SummaryMap, finish_quantiles
from mlsys.values import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mlsys.dataset import Rows

    Floats = NDArray[np.float64]

_FINE = 256
"""Cells of about equal rows in which a column is known when cuts are chosen and losses are told."""


class Bin(ChangesNumbers):
    """Replace numbers by the bin that contains them.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Columns to change; by default all numeric features except truth values.
    by : {"quantile", "width", "edges", "tree"}
        How bins are formed: with equally many training rows, with equal width, between given edges, or by a decision
        tree that sees the target.
    bins : int
        Maximum number of bins per column; equal quantiles give fewer.
    edges : dict of str to list of float, optional
        Limits of the bins for ``by="edges"``: ``{"age": [18, 65]}`` makes three bins.
    labels : bool
        Whether bins are categories with names such as ``"18 to 65"``; otherwise they are numbered from 0.
    min_count : int
        Minimum number of training rows in a bin of a tree.

    Raises
    ------
    ConfigurationError
        If edges are missing, or given for another ``by``.
    DataError
        If a column holds no numbers, or infinite ones with equal widths; if a tree has no target.

    Notes
    -----
    A bin includes its lower edge. Values outside the range of the training rows belong to the first or last bin; nulls
    stay null. Quantiles are exact and equal ``numpy.quantile``. The tree is grown best first: each cut explains as much
    as possible of the target's variance (for classes, the Gini index), between about 256 cells of equally many rows.

    State: for each column the inner ``edges`` and ``lost``. The latter is the share of the explained variance of the
    target that is lost by replacing the cells by the bins (correlation ratio; for classes Goodman and Kruskal's tau;
    corrected for chance). It is null if nothing is explained, or without a target. :meth:`information_lost` shows it.
    Three passes that do not depend on partitions or order; sample weights are not used.

    References
    ----------
    Goodman and Kruskal (1954), Measures of association for cross classifications.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [15.0, 20.0, 64.0, 65.0, None]})
    >>> Bin(by="edges", edges={"age": [18, 65]}, labels=True).fit(frame).transform(frame)["age"].tolist()
    ['below 18', '18 to 65', '18 to 65', '65 and above', nan]
    >>> Bin(bins=2).fit(frame).transform(frame)["age"].tolist()
    [0.0, 0.0, 1.0, 1.0, nan]
    """

    columns: ColumnChoice = None
    by: Literal["quantile", "width", "edges", "tree"] = "quantile"
    bins: int = Field(default=10, ge=2, le=_FINE)
    edges: dict[str, list[float]] | None = None
    labels: bool = False
    min_count: int = Field(default=20, ge=1)
    serves_columns: ClassVar[bool] = True
    takes_all: ClassVar[str] = "numbers"

    def __post_init__(self) -> None:
        """Refuse edges that are none, or that nobody asked for."""
        if (self.by == "edges") != bool(self.edges):
            raise ConfigurationError(
                f"{self.title}: by={self.by!r} {'needs' if self.by == 'edges' else 'takes no'} edges=",
                'write Bin(by="edges", edges={"age": [18, 65]}), for example',
            )
        given = self.edges or {}
        wrong = [name for name, ends in given.items() if not ends or not np.isfinite(ends).all() or _unsorted(ends)]
        super().__post_init__()
        if wrong or (given and self.columns is not None and set(self.named or ()) != set(given)):
            raise ConfigurationError(
                f"{self.title}: the edges of {wrong[0]!r} are {given[wrong[0]]}"
                if wrong
                else f"{self.title}: edges= and columns= name different columns",
                "give finite, increasing edges for each column, and omit columns=",
            )
        if given and self.columns is None:
            object.__setattr__(self, "columns", tuple(given))

    @property
    def reads_target(self) -> bool:
        """Whether it cannot learn without a target."""
        return self.by == "tree"

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return quantiles and moments of each column, then target sums by cell."""
        if partial is None or "zooms" in partial:
            zooms = (partial or {}).get("zooms", {})
            moments, quantiles = SummaryMap(), SummaryMap()
            for name, values in self.columns_of(part):
                moments[name] = Moments.of(values) if self.by == "width" else None
                quantiles[name] = Quantiles.of(values, zooms.get(name))
            return SummaryMap(moments=Given(moments) if self.by != "width" else moments, quantiles=quantiles,
                              targets=int(part.has_target))  # fmt: skip
        target, found = Target(plain(part.y)), SummaryMap()
        for name, values in self.columns_of(part):
            ends = partial["cells"][name]
            found[name] = target.by_cell(places_between(values, ends), len(ends) + 1)
        return SummaryMap(known=Given(partial), cells=found)

    def finish(self, summary: SummaryMap, /) -> dict[str, Any] | Again:
        """Return edges and losses, or ask for another pass."""
        if "cells" in summary:
            return self._finished(summary["known"], summary["cells"])
        found = finish_quantiles(summary["quantiles"], self._probabilities)
        if isinstance(found, Again):
            return Again({"zooms": found.partial})
        if self.by == "tree" and found and not summary["targets"]:
            raise DataError(f"{self.title}: a tree needs a target", "give target=, or bin by='quantile'")
        edges, cells = {}, {}
        for name, quantiles in found.items():
            inner = self._edges_of(str(name), quantiles, summary["moments"].get(name))
            fine = _increasing(quantiles[: _FINE + 1])
            edges[name] = inner
            cells[name] = fine if self.by == "tree" else sorted({*fine, *inner})
        if summary["targets"] and edges:
            return Again({"edges": edges, "cells": cells})
        return {"columns": list(edges), "edges": list(edges.values()), "lost": [None] * len(edges)}

    def information_lost(self, state: Any) -> pd.DataFrame:
        """Return, for each column, its bins and the share of what it says about the target that they lose."""
        made = {"bins": [len(edges) + 1 for edges in state["edges"]], "lost": state["lost"]}
        return pd.DataFrame(made, index=pd.Index(state["columns"], name="column")).astype({"lost": "float64"})

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with the columns replaced by their bins."""
        require(frame, state["columns"], self.title)
        edges = dict(zip(state["columns"], state["edges"], strict=True))
        changed: dict[str, Any] = {}
        for names, block in blocks_of_numbers(frame, state["columns"], self.title):
            for name, values in zip(names, block, strict=True):
                places = places_between(values, edges[name])
                if self.labels:
                    kind = pd.CategoricalDtype(_labels(edges[name]), ordered=True)
                    changed[name] = pd.Categorical.from_codes(places, dtype=kind)
                else:
                    numbers = changed[name] = places.astype(np.float64)
                    numbers[places < 0] = np.nan
        return replaced(frame, changed)

    @property
    def _probabilities(self) -> Floats:
        """Fine quantiles, then those that divide rows into bins."""
        fine = np.arange(_FINE + 1) / _FINE
        return np.concatenate([fine, np.arange(1, self.bins) / self.bins]) if self.by == "quantile" else fine

    def _edges_of(self, name: str, quantiles: Floats, moments: Moments | None) -> list[float]:
        if self.by == "edges":
            return [float(edge) for edge in (self.edges or {})[name]]
        if self.by == "tree":
            return []
        if self.by == "quantile":
            return _increasing(np.r_[quantiles[:1], quantiles[_FINE + 1 :]])
        assert moments is not None
        refuse_infinite(name, moments, self.title)
        if not moments.n:
            return []
        return _increasing(np.linspace(moments.minimum, moments.maximum, self.bins + 1)[:-1])

    def _finished(self, known: Any, found: SummaryMap) -> dict[str, Any]:
        state: dict[str, Any] = {"columns": [], "edges": [], "lost": []}
        for name, summary in found.items():
            ends = known["cells"][name]
            cells = Cells.of(summary, len(ends) + 1)
            if self.by == "tree":
                edges = [ends[cut - 1] for cut in cells.best_cuts(self.bins, self.min_count)]
            else:
                edges = known["edges"][name]
            places = np.searchsorted(edges, [-np.inf, *ends], side="right")
            kept, all_there = cells.joined(places, len(edges) + 1).explained(), cells.explained()
            lost = min(max(1 - kept / all_there, 0.0), 1.0) if all_there > 0 and not np.isnan(kept) else None
            state["columns"].append(name)
            state["edges"].append(edges)
            state["lost"].append(lost)
        return state


def _unsorted(ends: Sequence[float]) -> bool:
    return bool((np.diff(ends) <= 0).any())


def _increasing(values: Floats) -> list[float]:
    """Return the distinct values above the first: at that one nothing is cut."""
    known = values[np.isfinite(values)]
    return np.unique(known[known > known[0]] + 0.0).tolist() if len(known) else []


def _labels(edges: Sequence[float]) -> list[str]:
    """Return names of bins, in the fewest digits that tell edges apart."""
    if not edges:
        return ["all"]
    told = [f"{edge:g}" for edge in edges]
    if len(set(told)) < len(told):
        told = [f"{edge!r}" for edge in edges]
    between = [f"{lower} to {upper}" for lower, upper in zip(told, told[1:], strict=False)]
    return [f"below {told[0]}", *between, f"{told[-1]} and above"]
