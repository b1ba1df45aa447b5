"""SelectFeatures: keep the features that matter to training rows, and say why the others go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.features._columns import TakesColumns, replaced, require, there
from mlsys.features._importance import importances, supported
from mlsys.features._worth import CELLS, Rule, edges_of, first_look, powers, second_look
from mlsys.steps import ColumnChoice, Field
from mlsys.summaries import Again, BottomK, Given, SummaryMap, finish_quantiles, related_pairs, sample_by_hash
from mlsys.values import Kind, plain_frame, values_by_column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlsys.dataset import Rows
    from mlsys.values import Values

_SAMPLE = 10_000
"""Rows that tell which columns go together: a rank correlation of .9 is then known to .004."""
_UNCOMPARED = frozenset({Kind.NESTED, Kind.BLOCK, Kind.OTHER, Kind.MIXED})


class SelectFeatures(TakesColumns):
    """Drop features that are weak, mostly null or redundant, judged on training rows only.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Features that may be dropped; by default all.
    by : {"power", "importance"} or estimator
        Score of a feature: the share of the target's variance that it explains alone, or its importance in a forest
        or a given estimator trained on all features. A scikit-learn selector (``SelectKBest``, ``RFECV``) makes its
        own choice.
    top : int, optional
        Maximum number of features to keep.
    least : float, optional
        Minimum score of a feature to keep.
    coverage : float
        Minimum share of training rows in which a feature has a value.
    related : float, optional
        Of two features whose rank correlation (for levels: Cramer's V) is at least this, the one with the lower score
        is dropped.

    Raises
    ------
    ConfigurationError
        If none of ``top``, ``least``, ``coverage`` and ``related`` is given.
    DataError
        If scores need a target and there is none; if no feature would remain.

    Notes
    -----
    Features chosen with the targets of held-out rows inflate all later scores (Ambroise and McLachlan 2002). Like every
    step that learns, this step is refused before the split, and learns anew in each fold.

    *Power* is the correlation ratio (for classes Goodman and Kruskal's tau) over 64 cells of equally many rows, or over
    levels including null, corrected for their number: a column of ids explains nothing. It is defined for numbers,
    truth values, times, text and categories; features of other kinds are kept. It ignores interactions: two columns
    that predict the target only together have none. Of several targets the one counts that a feature predicts best,
    each over the rows where it is known. It is exact, takes up to five passes, and does not depend on
    partitions or order. Redundancy is estimated on 10,000 rows sampled by their ids. An *importance* is learned from
    all rows in memory (a forest of 100 trees: from 20,000 sampled rows), with levels as numbers in the order of their
    frequency and nulls as medians; ``coef_`` is multiplied by the standard deviation of the column. Sample weights are
    not used.

    State: ``columns``, their ``scores`` and ``coverage``, and ``dropped`` with ``column`` and ``why``, which
    ``run.features`` repeats; :meth:`scores` shows it as a table.

    References
    ----------
    Ambroise, C. and McLachlan, G. (2002). Selection bias in gene extraction on the basis of microarray gene-expression
    data. PNAS 99(10).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"used": rng.normal(size=400), "noise": rng.normal(size=400)})
    >>> frame["again"] = frame["used"] * 2 + 1
    >>> frame["y"] = frame["used"] + rng.normal(size=400)
    >>> fitted = SelectFeatures(least=0.02, related=0.95).fit(frame, target="y")
    >>> fitted.transform(frame).columns.tolist()
    ['used', 'y']
    >>> fitted.step.left_out(fitted.state)["again"]
    "goes with 'used', which stands before it"
    """

    columns: ColumnChoice = None
    by: Literal["power", "importance"] | Any = "power"
    top: int | None = Field(default=None, ge=1)
    least: float | None = Field(default=None, ge=0)
    coverage: float = Field(default=0.0, ge=0, le=1)
    related: float | None = Field(default=None, gt=0, le=1)
    takes_all: ClassVar[str] = "any kind"
    of_each_target: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse a selection that selects nothing, and what cannot rank."""
        super().__post_init__()
        chooses_itself = hasattr(self.by, "get_support")
        if isinstance(self.by, type) or not (
            self.by in ("power", "importance") if isinstance(self.by, str) else hasattr(self.by, "fit")
        ):
            raise ConfigurationError(
                f'{self.title}: by={self.by!r} is neither "power", "importance" nor an estimator',
                "give by=RandomForestClassifier(), for example, or leave it out",
            )
        if self.top is None and self.least is None and not self.coverage and self.related is None:
            if not chooses_itself:
                raise ConfigurationError(
                    f"{self.title} was not told what to keep",
                    f"give top=, least=, coverage= or related=: {self.title}(top=20), {self.title}(coverage=0.5)",
                )
        elif chooses_itself and (self.top is not None or self.least is not None):
            raise ConfigurationError(
                f"{self.title}: {type(self.by).__name__} chooses how many features to keep by itself",
                "leave top= and least= out, or give its estimator in by=",
            )

    @property
    def scales(self) -> bool:
        """Whether it learns from summaries: an estimator needs all rows."""
        return isinstance(self.by, str) and self.by == "power"

    @property
    def reads_target(self) -> bool:
        """Whether it cannot learn without a target."""
        return self.top is not None or self.least is not None or not self.scales

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return what each column holds, then target sums by cell."""
        if partial is not None and "edges" in partial:
            cells = SummaryMap((name, second_look(each, partial, self.title)) for name, each in _by_target(part))
            return SummaryMap(known=Given(partial), cells=cells)
        names = self._usable(part)
        found = first_look(part, names, (partial or {}).get("zooms", {}), self.title)
        found["target"] = int(part.has_target or part.roles.has_several_targets)
        sample = BottomK.of(pd.DataFrame(part)[names], part.index, _SAMPLE) if self.related is not None else None
        return SummaryMap(looked=found, order=Given({"names": names}), **({} if sample is None else {"sample": sample}))

    def finish(self, summary: SummaryMap, /) -> dict[str, Any] | Again:
        """Return what is dropped and why, or request another pass."""
        if "cells" in summary:
            known = summary["known"]
            found = [powers(each, known) for each in summary["cells"].values()]
            return self._state(known["covered"], _highest(found), known["pairs"])
        looked, names = summary["looked"], summary["order"]["names"]
        quantiles = finish_quantiles(looked["numbers"], np.arange(CELLS + 1) / CELLS)
        if isinstance(quantiles, Again):
            return Again({"zooms": quantiles.partial})
        covered = {name: 1 - looked["nulls"][name] / max(looked["rows"], 1) for name in names}
        pairs = self._pairs(summary["sample"].rows, names) if "sample" in summary else []
        if not looked["target"]:
            if self.reads_target:
                raise DataError(f"{self.title} ranks features by the target, and there is none", "give target=")
            return self._state(covered, {}, pairs)
        levels = {name: [level for level, _ in counts.ordered()] for name, counts in looked["levels"].items()}
        edges = {name: edges_of(each) for name, each in quantiles.items() if name not in levels}
        return Again({"edges": edges, "levels": levels, "covered": covered, "pairs": pairs})

    def learn(self, train: Rows, rng: np.random.Generator) -> dict[str, Any]:
        """Return what is dropped and why, by the importances of an estimator."""
        names = self._usable(train)
        frame = plain_frame(pd.DataFrame(train)[names])
        covered = {name: float(frame[name].notna().mean()) for name in names}
        pairs = [] if self.related is None else self._pairs(sample_by_hash(pd.DataFrame(train)[names], _SAMPLE), names)
        each = [(frame[train[name].notna().to_numpy()] if name else frame, rows) for name, rows in _by_target(train)]
        if hasattr(self.by, "get_support"):
            kept = {name for own, rows in each for name in supported(self.by, own, rows, rng, self.title)}
            chosen = {name: f"{type(self.by).__name__} does not choose it" for name in names if name not in kept}
            return self._state(covered, {}, pairs, chosen)
        found = [importances(self.by, own, rows, rng, self.title) for own, rows in each]
        return self._state(covered, _highest(found), pairs)

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame without the dropped columns."""
        return replaced(frame, {}, None, there(frame, self.columns_taken(state)))

    def takes(self, values: Values, /) -> bool:
        """Whether features of such values may be dropped."""
        return True

    def columns_taken(self, state: Any, /) -> tuple[str, ...]:
        """Return the dropped columns."""
        return tuple(each["column"] for each in state["dropped"])

    def left_out(self, state: Any) -> dict[str, str]:
        """Return the dropped columns, each with the reason."""
        return {each["column"]: each["why"] for each in state["dropped"]}

    def scores(self, state: Any) -> pd.DataFrame:
        """Return each feature with its score, coverage, and why it was dropped; the highest score first."""
        made = {"score": state["scores"], "coverage": state["coverage"]}
        table = pd.DataFrame(made, index=pd.Index(state["columns"], name="column")).astype("float64")
        why = self.left_out(state)
        table["dropped"] = [why.get(name, "") for name in table.index]
        return table.sort_values("score", ascending=False, kind="stable")

    def _usable(self, part: Rows) -> list[str]:
        names = self.taken(part)
        require(part, names, self.title)
        return names

    def _pairs(self, rows: pd.DataFrame, names: list[str]) -> list[tuple[str, str]]:
        assert self.related is not None
        kinds = values_by_column(rows, names)
        return related_pairs(rows, [name for name in names if kinds[name].kind not in _UNCOMPARED], self.related)

    def _state(
        self, covered: dict[str, float], scores: dict[str, float], pairs: Any, chosen: dict[str, str] | None = None
    ) -> dict[str, Any]:
        word = "explains" if self.scales else "has the importance"
        rule = Rule(self.coverage, self.least, self.top, word)
        left = {name: share for name, share in covered.items() if name not in (chosen or {})}
        dropped = {**(chosen or {}), **rule.dropped(left, scores, pairs)}
        if covered and len(dropped) == len(covered):
            best = max(covered, key=lambda name: scores.get(name, 0.0))
            raise DataError(
                f"{self.title} would drop all {len(covered)} features; the best is {best!r}, dropped because it "
                f"{dropped[best]}",
                "lower least= or coverage=, or name the features that may be dropped in columns=",
            )
        return {
            "columns": list(covered),
            "scores": [scores.get(name) for name in covered],
            "coverage": list(covered.values()),
            "dropped": [{"column": name, "why": dropped[name]} for name in covered if name in dropped],
        }


def _by_target(rows: Rows) -> list[tuple[str, Rows]]:
    """Return the rows of each target; all where there is one or none."""
    if not rows.roles.has_several_targets:
        return [("", rows)]
    return [(name, rows.of_target(name)) for name in rows.roles.targets]


def _highest(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the highest score of each feature over targets."""
    names = dict.fromkeys(name for each in scores for name in each)
    return {name: max(each[name] for each in scores if name in each) for name in names}
