"""Statistics of rows that a held number or mapping may equal, computed on demand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.leakage.digits import EXACT, RELATIVE, digits_of
from mlsys.values import TIMES, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from numpy.typing import NDArray

LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
OF_TARGETS = ("lift", "excess", "log odds", "log odds, smoothed", "weight of evidence", "weight of evidence, smoothed")
"""What scorecards make of a target by group."""
BY_GROUP = ("mean", "count", "share", "sum", "median", "std", "min", "max", *OF_TARGETS)
FENCES = (1.5, 3.0)
"""Ranges between quartiles, beyond which Tukey (1977) calls a value outside, and far out."""
DEVIATIONS = (2.0, 2.5, 3.0)
"""Standard deviations from the mean at which values are cut off."""
MOST_GROUPS = 10_000
"""Columns with more values than this are not taken for groups."""
MOST_CLASSES = 20
FEWEST_EDGES = 3
"""Inner bounds of bins that are told from numbers somebody chose."""
OF_MOMENTS = ("max", "min", "mean", "median")
"""What is asked of times in groups."""
_WORDS = {
    "lift": "relative mean",
    "excess": "centred mean",
    "count": "number of rows",
    "share": "share of rows",
    "std": "standard deviation",
}


_QUARTILES = (0.25, 0.75)
LEVELS_OF: Mapping[str, tuple[float, ...]] = {
    "median": (0.5,),
    "minimum": (0.0,),
    "maximum": (1.0,),
    "range": (0.0, 1.0),
    "range between quartiles": _QUARTILES,
    **{f"quantile {level:g}": (level,) for level in LEVELS},
    **{f"{side} fence of {many:g} ranges": _QUARTILES for side in ("upper", "lower") for many in FENCES},
}
"""The quantiles from which statistics of order are computed."""


@dataclass(frozen=True)
class Match:
    """The statistic that a held number or mapping equals.

    Parameters
    ----------
    statistic : str
        Such as ``"mean"`` or ``"quantile .99"``.
    column : str
        The column from which it is computed.
    by : tuple of str
        The columns that define groups.
    """

    statistic: str
    column: str
    by: tuple[str, ...] = ()

    def __str__(self) -> str:
        groups = f" by {', '.join(map(repr, self.by))}" if self.by else ""
        return f"the {self.statistic} of {self.column!r}{groups}" if self.column else f"the {self.statistic}{groups}"


@dataclass
class Population:
    """Rows over which statistics may have been taken.

    Parameters
    ----------
    name : str
        Name for messages, such as ``"all rows"``.
    frame : DataFrame
        The rows.
    targets : tuple of str
        The target, or several; their classes count as columns of 0 and 1.
    made : collection of str or None
        Columns that steps may have made or changed: the only ones that are looked at; ``None`` where rows are as they
        were read and all columns are.
    """

    name: str
    frame: pd.DataFrame
    targets: tuple[str, ...] = ()
    made: Collection[str] | None = None
    _simple: dict[str, dict[str, float]] = field(default_factory=dict)
    _quantiles: dict[str, dict[str, float]] = field(default_factory=dict)
    _grouped: dict[tuple[tuple[str, ...], str, bool], pd.DataFrame] = field(default_factory=dict)
    _numbers: pd.DataFrame | None = None
    _moments: pd.DataFrame | None = None

    def of(self, number: float, tolerance: float, without: Collection[str] = ()) -> Iterator[Match]:
        """Yield the statistics of single columns that a number is; made ones may be left out."""
        for name in self._looked_at(without):
            simple = self.simple(name)
            yield from (Match(word, _plain(name)) for word, each in simple.items() if abs(each - number) <= tolerance)
            wide = simple.get("range", 0.0) * (1 + max(FENCES))  # fences lie outside
            if simple.get("minimum", np.inf) - wide <= number <= simple.get("maximum", -np.inf) + wide:
                for word, each in self.quantiles(name).items():
                    if abs(each - number) <= tolerance:
                        yield Match(word, _plain(name))

    def of_moments(self, days: float, tolerance: float, without: Collection[str] = ()) -> Iterator[Match]:
        """Yield the statistics of single columns of times that a time, in days, is."""
        for name, column in self.moments().items():
            if self.is_looked_at(str(name), without):
                found = {word: getattr(column, word)() for word in OF_MOMENTS}
                yield from (Match(word, str(name)) for word, each in found.items() if abs(each - days) <= tolerance)

    def by_group(self, mapping: pd.Series, without: Collection[str] = (), moments: bool = False) -> Iterator[Match]:
        """Yield the statistics in groups that a mapping from groups to numbers is; made columns may be left out."""
        of = self.moments() if moments else self.numbers()
        looked_at = {"", *(str(name) for name in of.columns if self.is_looked_at(str(name), without))}
        for by in self.groupings(mapping.index):
            for statistic in OF_MOMENTS if moments else BY_GROUP:
                table = self.grouped(by, statistic, moments).reindex(mapping.index)
                equal = _all_equal(table, mapping)
                yield from (Match(_WORDS.get(statistic, statistic), _plain(n), by) for n in equal if n in looked_at)
            smoothed = [] if moments else self._smoothed(by, mapping)
            yield from (Match("smoothed mean", _plain(name), by) for name in smoothed if name in looked_at)

    def same_by_group(self, match: Match, mapping: pd.Series, moments: bool = False) -> bool:
        """Whether a statistic in groups of these rows is the mapping as well, in all groups that there are here."""
        if any(name not in self.frame.columns for name in match.by):
            return False
        if match.statistic == "smoothed mean":
            return match.column in map(_plain, self._smoothed(match.by, mapping))
        statistic = next(each for each in BY_GROUP if _WORDS.get(each, each) == match.statistic)
        table = self.grouped(match.by, statistic, moments)
        here = mapping[mapping.index.isin(table.index)]
        return here.empty or match.column in map(_plain, _all_equal(table.reindex(here.index), here))

    def varied_groups(self, match: Match, moments: bool = False) -> pd.Index:
        """Return the groups in which a column varies, so that a statistic of it has to be worked out from their rows.

        All groups if the column is the target: its statistics cannot be known without its values.
        """
        low, high = (self.grouped(match.by, word, moments) for word in ("min", "max"))
        names = [name for name in low.columns if _plain(str(name)) == match.column]
        if match.column in self.targets or not names:
            return low.index if names else low.index[:0]
        return low.index[(low[names] < high[names]).any(axis=1)]

    def _looked_at(self, without: Collection[str]) -> list[str]:
        return [str(name) for name in self.numbers().columns if self.is_looked_at(str(name), without)]

    def is_looked_at(self, name: str, without: Collection[str]) -> bool:
        """Whether a column is asked: one that steps may have made, and not with the data in question."""
        return self.made is None or (name in self.made and name not in without)

    def moments(self) -> pd.DataFrame:
        """Return the columns of times and dates, in days."""
        if self._moments is None:
            found = {name: days_of(column) for name, column in self.frame.items()}
            columns = {name: days for name, days in found.items() if days is not None}
            self._moments = pd.DataFrame(columns, index=self.frame.index)
        return self._moments

    def numbers(self) -> pd.DataFrame:
        """Return the numeric columns, and one of 0 and 1 for each class of a target of classes."""
        if self._numbers is None:
            kinds = {n: c for n, c in self.frame.items() if pd.api.types.is_numeric_dtype(c)}
            columns = {n: c.to_numpy(dtype=np.float64, na_value=np.nan) for n, c in kinds.items()}
            for target in (name for name in self.targets if name in self.frame.columns and name not in columns):
                classes = self.frame[target]
                for level in classes.value_counts().index[:MOST_CLASSES]:
                    columns[f"{target}\0{level}"] = (classes == level).to_numpy(dtype=np.float64, na_value=np.nan)
            self._numbers = pd.DataFrame(columns, index=self.frame.index)
        return self._numbers

    def simple(self, name: str) -> dict[str, float]:
        """Return count, sum, mean, extremes and spread of a column."""
        if name not in self._simple:
            values = self.numbers()[name].to_numpy()
            values = values[np.isfinite(values)]
            found = {"count": float(len(values))}
            if len(values) > 1:
                mean, spread = float(values.mean()), float(values.var())
                ddof = len(values) / (len(values) - 1)
                found |= {"mean": mean, "sum": float(values.sum()), "minimum": float(values.min())}
                found |= {"maximum": float(values.max()), "variance": spread * ddof, "variance (ddof 0)": spread}
                found |= {"standard deviation": (spread * ddof) ** 0.5, "standard deviation (ddof 0)": spread**0.5}
                found["range"] = found["maximum"] - found["minimum"]
                for word in ("standard deviation", "standard deviation (ddof 0)"):
                    for many in DEVIATIONS:
                        said = f"{many:g} {word.replace('deviation', 'deviations')}"
                        found |= {f"mean {sign} {said}": mean + float(f"{sign}{many}") * found[word] for sign in "+-"}
            self._simple[name] = found
        return self._simple[name]

    def quantiles(self, name: str) -> dict[str, float]:
        """Return the median and the usual quantiles of a column."""
        if name not in self._quantiles:
            values = self.numbers()[name].to_numpy()
            values = values[np.isfinite(values)]
            found = np.quantile(values, LEVELS) if len(values) else []
            words = ["median" if level == 0.5 else f"quantile {level:g}" for level in LEVELS]
            self._quantiles[name] = dict(zip(words, map(float, found), strict=False))
            if len(values):
                low, high = float(found[3]), float(found[5])
                wide = high - low
                self._quantiles[name]["range between quartiles"] = wide
                for many in FENCES:
                    self._quantiles[name] |= {
                        f"upper fence of {many:g} ranges": high + many * wide,
                        f"lower fence of {many:g} ranges": low - many * wide,
                    }
        return self._quantiles[name]

    def bins(self, edges: NDArray[np.float64], without: Collection[str] = ()) -> Iterator[tuple[Match, list[float]]]:
        """Yield columns whose quantiles at equal steps, ends aside, are some bounds of bins as they are rounded."""
        tolerance = np.array([_half_of_last_place(each) for each in edges.tolist()])
        for name in self._looked_at(without):
            values = self.numbers()[name].to_numpy()
            values = values[np.isfinite(values)]
            if len(values) <= len(edges):
                continue
            for ends in (0, 1):  # with the ends, of which pandas moves the first, and without
                levels = np.linspace(0, 1, len(edges) + 2 * ends)[1:-1]
                wanted = np.quantile(values, levels)
                inner = slice(1 - ends, len(edges) - 1 + ends)
                if (np.abs(wanted - edges[inner]) <= tolerance[inner]).all() and len(np.unique(wanted)) >= FEWEST_EDGES:
                    yield Match(f"{len(wanted) + 1} bins of equal size", _plain(name)), levels.tolist()

    def grouped(self, by: tuple[str, ...], statistic: str, moments: bool = False) -> pd.DataFrame:
        """Return a statistic of all numeric columns, or all columns of times, in each group."""
        if (by, statistic, moments) not in self._grouped:
            keys = [self.frame[name] for name in by]
            columns = self.moments() if moments else self.numbers()
            groups = columns.groupby(keys if len(keys) > 1 else keys[0], observed=True)
            if statistic in OF_TARGETS:
                table = self._of_targets(by, statistic)
            elif statistic in {"count", "share"}:
                sizes = groups.size().to_frame("")  # of no column
                table = sizes / len(self.frame) if statistic == "share" else sizes.join(groups.count())
            else:
                table = groups.agg(statistic)
            self._grouped[by, statistic, moments] = table
        return self._grouped[by, statistic, moments]

    def _of_targets(self, by: tuple[str, ...], statistic: str) -> pd.DataFrame:
        """Return what scorecards make of the targets in each group: ratios to the mean, differences, log odds."""
        names = [name for name in self.numbers().columns if _plain(str(name)) in self.targets]
        sums, counts = (self.grouped(by, each)[names] for each in ("sum", "count"))
        total, rows = sums.sum(), counts.sum()
        added = 0.5 * statistic.endswith("smoothed")
        with np.errstate(divide="ignore", invalid="ignore"):
            if statistic == "lift":
                return sums / counts / (total / rows)
            if statistic == "excess":
                return sums / counts - total / rows
            ratios = (sums + added) / (counts - sums + added)
            odds = ratios / (total / (rows - total)) if statistic.startswith("weight") else ratios
            logs = pd.DataFrame(np.log(odds.to_numpy(dtype=np.float64)), odds.index, odds.columns)
        known = logs.where(np.isfinite(logs))  # groups of one class have none
        return known.join((-known).add_suffix("\0the other class"))

    def groupings(self, keys: pd.Index) -> Iterator[tuple[str, ...]]:
        """Yield the columns that the keys of a mapping are groups of."""
        names = tuple(str(name) for name in keys.names if name is not None)
        if names and len(names) == keys.nlevels and all(name in self.frame.columns for name in names):
            yield names
            return
        if keys.nlevels > 1:
            return
        for name, column in self.frame.items():
            if pd.api.types.is_float_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
                continue
            if _kind(column.head(50)) == _kind(pd.Series(keys)) and keys[:50].isin(column.unique()).all():
                if column.nunique() <= MOST_GROUPS and keys.isin(column.unique()).all():
                    yield (str(name),)

    def _smoothed(self, by: tuple[str, ...], mapping: pd.Series) -> list[str]:
        """Return columns whose group means, drawn to the overall mean by one number of rows, are the mapping."""
        if len(mapping) < 3:
            return []
        means, counts = (self.grouped(by, each).reindex(mapping.index) for each in ("mean", "count"))
        found = []
        for name in means.columns:
            with np.errstate(divide="ignore", invalid="ignore"):
                prior = self.simple(name).get("mean", np.nan)
                weight = (counts[name] * (means[name] - mapping) / (mapping - prior)).to_numpy()
            sure = weight[np.isfinite(weight) & (np.abs(means[name] - prior).to_numpy() > 1e-6 * abs(prior))]
            if len(sure) >= 3 and np.median(sure) > 0 and np.allclose(sure, np.median(sure), rtol=1e-6):
                found.append(str(name))
        return found


def days_of(column: pd.Series) -> pd.Series | None:
    """Return times or dates as days since 1970, null where not known; ``None`` for other columns.

    Examples
    --------
    >>> days_of(pd.Series(pd.to_datetime(["1970-01-02 12:00", None]))).tolist()
    [1.5, nan]
    """
    if values_of(column).means not in TIMES:
        return None
    try:
        times = pd.to_datetime(plain(column), utc=True)
        days = (times - pd.Timestamp(0, tz="UTC")) / pd.Timedelta("1D")
    except (ValueError, TypeError, OverflowError):  # times that pandas does not hold
        return None
    return days.astype("float64").set_axis(column.index)


def _half_of_last_place(number: float) -> float:
    """Return how far a number may be from what it was rounded from."""
    if digits_of(number) >= EXACT:
        return RELATIVE * abs(number)
    decimals = len(f"{number:.15f}".rstrip("0").partition(".")[2])
    return 0.5 * 10.0**-decimals * (1 + RELATIVE)


def _plain(name: str) -> str:
    """Return the column that a class belongs to."""
    return name.partition("\0")[0]


def _kind(column: pd.Series) -> str:
    return pd.api.types.infer_dtype(column, skipna=True)


def _all_equal(table: pd.DataFrame, mapping: pd.Series) -> list[str]:
    """Return the columns of a table that equal a mapping in every row."""
    if table.empty:
        return []
    wanted = mapping.to_numpy(dtype=np.float64)[:, None]
    values = table.to_numpy(dtype=np.float64)
    near = np.abs(values - wanted) <= RELATIVE * np.maximum(np.abs(wanted), np.abs(values))
    return [
        str(name)
        for name, same in zip(table.columns, (near | (np.isnan(values) & np.isnan(wanted))).all(axis=0), strict=True)
        if same
    ]
