"""DiagnoseMissing: test whether other columns explain missing values, and suggest what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import Roles, Rows
from mlsys.features._columns import require, taken
from mlsys.features._missingness import LEAST, comparisons, little
from mlsys.steps import ColumnChoice, Field, Report, Result
from mlsys.steps.column_choice import names_or
from mlsys.values import Kind, values_by_column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlsys.dataset import Dataset

DEPENDS, NOT_SEEN, TOO_FEW = "depends on other columns", "no dependence seen", "cannot be told"
_NEARLY_ALL = 0.95
"""A column with fewer values than the rest says little beyond its indicator."""
_TOGETHER = 0.8
"""Share of nulls that two columns have in common from where they are said to be missing together."""
_LITTLE = "little/p_value"


class DiagnoseMissing(Report):
    """Report for each column with nulls whether other columns explain them, and what to do.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Columns to diagnose; by default all features with nulls.
    level : float
        Probability of reporting any dependence if nulls are completely at random.
    most_rows : int
        Maximum number of training rows to examine; of more, a sample is drawn by the hash of their ids.

    Notes
    -----
    Rubin (1976) distinguishes nulls that are completely at random (MCAR), at random given other columns (MAR), and not
    at random (MNAR: they depend on the missing value itself). Data can show that nulls are *not* completely at random,
    if they depend on other columns. No data can show whether they also depend on the missing value. The verdicts are:

    - *depends on other columns*: not MCAR. Some columns, possibly the target, differ between rows with and without
      nulls: by rank (Wilcoxon's test), by distance from their median, or by level (chi-squared), beyond chance after
      Bonferroni's correction over all tests.
    - *no dependence seen*: MCAR, or MNAR by the value alone; the two cannot be distinguished.
    - *cannot be told*: fewer than 20 rows with, or without, a value.

    The scalar ``little/p_value`` is Little's (1988) test of MCAR over all numeric columns together; it assumes normal
    columns. MNAR can never be excluded, which is why `Impute` adds indicators. Only training rows are read.

    References
    ----------
    Rubin (1976), Inference and missing data. Little (1988), A test of missing completely at random for multivariate
    data with missing values.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"age": rng.normal(40, 9, 500), "income": rng.normal(3000, 500, 500)})
    >>> frame["income"] = frame["income"].mask((frame["age"] > 45) & (rng.random(500) < 0.7))
    >>> DiagnoseMissing().of(train=frame).table[["column", "verdict", "told_by"]]
       column                   verdict told_by
    0  income  depends on other columns     age
    """

    columns: ColumnChoice = None
    level: float = Field(default=0.01, gt=0, lt=1)
    most_rows: int = Field(default=20_000, ge=100)

    @property
    def gathers(self) -> None:
        """Nothing that grows with the rows."""
        return

    def report(self, dataset: Dataset, /) -> Result:
        """Return the diagnosis of training rows."""
        features = list(dataset.features)
        target = dataset.roles.target if isinstance(dataset.roles.target, str) else None
        beside = [target] if target is not None and target not in features else []
        rows = dataset.sample("train", self.most_rows, [*features, *beside])
        require(rows, names_or(self.columns, ()), self.title)
        usable = [name for name, each in values_by_column(rows, rows.columns.tolist()).items() if _usable(each.means)]
        found = [self._diagnosed(name, rows, usable) for name in self._asked(rows, features)]
        tests = max(sum(each["tests"] for each in found), 1)
        table = pd.DataFrame([self._said(each, tests) for each in found], columns=_COLUMNS)
        p_value = little(rows[[name for name in usable if name not in beside]])
        return Result(
            "missing values",
            table,
            scalars={} if np.isnan(p_value) else {_LITTLE: p_value},
            verdict=_verdict(table),
            summary=_summary(table),
        )

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return all there are: any may tell where nulls are."""
        return tuple(columns)

    def _asked(self, rows: pd.DataFrame, features: list[str]) -> list[str]:
        names = taken(Rows.of(rows, Roles(), tuple(features)), self.columns, self.title)
        return [name for name in names if name in rows.columns and rows[name].isna().any()]

    def _diagnosed(self, name: str, rows: pd.DataFrame, usable: list[str]) -> dict[str, Any]:
        missing = rows[name].isna().to_numpy()
        enough = min(missing.sum(), (~missing).sum()) >= LEAST
        others = [other for other in usable if other != name]
        told = list(comparisons(missing, rows[others])) if enough else []
        together = [other for other in rows.columns if other != name and _alike(missing, rows[other])]
        best = min(told, key=lambda each: (each.p_value, -each.effect), default=None)
        return {"column": name, "missing": float(missing.mean()), "best": best, "tests": len(told), "with": together}

    def _said(self, found: Mapping[str, Any], tests: int) -> tuple[Any, ...]:
        best, missing = found["best"], found["missing"]
        if best is None:
            verdict, told_by, effect, p_value = TOO_FEW, "", np.nan, np.nan
        else:
            p_value = min(best.p_value * tests, 1.0)
            verdict = DEPENDS if p_value < self.level else NOT_SEEN
            told_by, effect = (best.by, best.effect) if verdict == DEPENDS else ("", np.nan)
        advice = _advice(verdict, missing, told_by)
        return found["column"], missing, verdict, told_by, effect, p_value, ", ".join(map(str, found["with"])), advice


_COLUMNS = ["column", "missing", "verdict", "told_by", "effect", "p_value", "missing_with", "recommendation"]


def _usable(kind: Kind | None) -> bool:
    return kind in {Kind.NUMBER, Kind.TRUTH, Kind.TEXT, Kind.MOMENT, Kind.DATE}


def _alike(missing: Any, other: pd.Series) -> bool:
    theirs = other.isna().to_numpy()
    either = int((missing | theirs).sum())
    return bool(theirs.any()) and int((missing & theirs).sum()) >= _TOGETHER * either


def _advice(verdict: str, missing: float, told_by: str) -> str:
    if missing > _NEARLY_ALL:
        return "drop it with DropMissing(), or keep only its indicator"
    if verdict == DEPENDS:
        return f"Impute(numeric='model') with its indicator, and keep {told_by!r} among the features"
    if verdict == NOT_SEEN:
        return "Impute() with its indicator, which helps if nulls depend on the value itself"
    return "Impute() with its indicator; diagnose again with more rows"


def _verdict(table: pd.DataFrame) -> str:
    if table.empty:
        return "none missing"
    verdicts = set(table["verdict"])
    return next(each for each in (DEPENDS, NOT_SEEN, TOO_FEW) if each in verdicts)


def _summary(table: pd.DataFrame) -> str:
    if table.empty:
        return "no training row has a null in a feature"
    counted = table["verdict"].value_counts()
    said = ", ".join(f"{counted[each]} {each}" for each in (DEPENDS, NOT_SEEN, TOO_FEW) if each in counted)
    beyond = "dependence on the missing value itself cannot be excluded"
    return f"of {len(table)} column{'s' * (len(table) > 1)} with nulls: {said}; {beyond}"
