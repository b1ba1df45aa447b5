"""Mean targets by level, drawn towards the overall mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mlsys.dataset import known_weights
from mlsys.errors import DataError
from mlsys.summaries import CategoryTargets, SummaryMap, Targets
from mlsys.values import Kind, plain, values_of

if TYPE_CHECKING:
    import pandas as pd

    from mlsys.dataset import Rows

_NEXT_TO_NOTHING = 1e-12
"""Codes that differ by less, beside their mean, differ by rounding."""


@dataclass(frozen=True)
class Encodings:
    """Levels with their values (levels x outputs) and weights, and the overall means (outputs)."""

    levels: list[Any]
    values: NDArray[np.float64]
    weights: NDArray[np.float64]
    prior: NDArray[np.float64]

    def standardized(self) -> Encodings:
        """Return values that have mean 0 and standard deviation 1 over rows; what does not vary is 0."""
        apart = self.values - self.prior
        with np.errstate(invalid="ignore", divide="ignore"):
            deviations = np.sqrt(self.weights @ (apart * apart) / self.weights.sum())
        scales = np.where(deviations > _NEXT_TO_NOTHING * np.abs(self.prior), deviations, 1.0)
        return replace(self, values=apart / scales, prior=np.zeros_like(self.prior))


def known_targets(part: Rows, who: str) -> tuple[pd.Series, NDArray[np.float64] | None]:
    """Return target and weights of training rows in plain types, or raise for values that have no mean."""
    target = plain(part.y)
    if values_of(target).kind is Kind.NUMBER:
        odd = np.isinf(target.to_numpy(dtype=np.float64, na_value=np.nan))
        if odd.any():
            raise DataError(
                f"{who}: the target {part.y.name!r} is infinite in {int(odd.sum()):,} rows "
                f"(the first is row {target.index[odd].tolist()[0]!r})",
                "set it to null where it is not known, so that these rows are not used to learn",
            )
    return target, None if part.weight is None else known_weights(part.weight, who)


@dataclass(frozen=True)
class Known:
    """Rows with a known target: the target, weights, the fold of each row where there are folds."""

    rows: NDArray[np.bool_]
    target: pd.Series
    weights: NDArray[np.float64] | None
    fold_of: NDArray[np.int64] | None
    folds: int

    @property
    def numbers(self) -> Targets:
        """The target and its squares."""
        values = self.target.to_numpy(dtype=np.float64, na_value=np.nan)
        return Targets.of([values, values * values], self.weights, self.fold_of, self.folds)

    def of_class(self, inside: NDArray[np.bool_]) -> Targets:
        """No target of some rows: they are counted."""
        weights = None if self.weights is None else self.weights[inside]
        return Targets.of([], weights, None if self.fold_of is None else self.fold_of[inside], self.folds)


def known_rows(part: Rows, fold_of: NDArray[np.int64], folds: int, who: str) -> Known:
    """Return the rows whose target is known, each of one of ``folds`` folds."""
    target, weights = known_targets(part, who)
    known = target.notna().to_numpy()
    own = None if weights is None else weights[known]
    return Known(known, target[known], own, fold_of[known] if folds > 1 else None, folds)


Coded = tuple[NDArray[Any], Sequence[Any]]
"""Codes of the rows with a known target, and the levels that they stand for."""


def number_targets(levels: Mapping[str, Coded], known: Known) -> SummaryMap:
    """Return, for each column, sums of the target and of its squares by level, under the key None."""
    targets = known.numbers
    return SummaryMap(
        {name: SummaryMap({None: CategoryTargets.of_codes(*each, targets)}) for name, each in levels.items()}
    )


def class_targets(levels: Mapping[str, Coded], known: Known) -> SummaryMap:
    """Return, for each column, counts by level for each class of the target."""
    found = SummaryMap({name: SummaryMap() for name in levels})
    for value in known.target.unique().tolist():
        inside = (known.target == value).to_numpy()
        targets = known.of_class(inside)
        for name, (codes, distinct) in levels.items():
            found[name][value] = CategoryTargets.of_codes(codes[inside], distinct, targets)
    return found


def picked(summary: SummaryMap, pick: Callable[[CategoryTargets], CategoryTargets]) -> SummaryMap:
    """Return, for each column, the sums of the folds that are picked; a class that has none there is not in it."""
    found = {column: {name: pick(each) for name, each in sums.items()} for column, sums in summary.items()}
    return SummaryMap(
        {
            column: SummaryMap({name: each for name, each in sums.items() if name is None or len(each.rows)})
            for column, sums in found.items()
        }
    )


def encodings_of_numbers(sums: SummaryMap, smoothing: str | float) -> Encodings:
    """Encode by the mean of a numeric target."""
    whole: CategoryTargets = sums[None]
    mean, mean_square = whole.overall()
    means = whole.means()
    within = np.maximum(means[:, 1] - means[:, 0] ** 2, 0.0)
    weights = whole.weights.floats()
    values = _shrunk(means[:, 0], weights, within, mean, max(mean_square - mean**2, 0.0), smoothing)
    return _without_null(whole.categories, values[:, None], weights, np.array([mean]))


def encodings_of_classes(sums: SummaryMap, classes: Sequence[Any], smoothing: str | float) -> Encodings:
    """Encode by the share of each class."""
    whole: CategoryTargets = reduce(add, (sums[name] for name in sums))
    place = {level: number for number, level in enumerate(whole.categories)}
    weights = whole.weights.floats()
    total = float(weights.sum())
    outputs, prior = [], []
    for name in classes:
        of_class = np.zeros(len(place))
        if name in sums:
            of_class[[place[level] for level in sums[name].categories]] = sums[name].weights.floats()
        with np.errstate(invalid="ignore", divide="ignore"):
            shares, overall = of_class / weights, float(of_class.sum()) / total
        prior.append(overall)
        outputs.append(_shrunk(shares, weights, shares * (1 - shares), overall, overall * (1 - overall), smoothing))
    return _without_null(whole.categories, np.column_stack(outputs), weights, np.array(prior))


def _shrunk(
    means: NDArray[np.float64],
    weights: NDArray[np.float64],
    within: NDArray[np.float64],
    overall: float,
    variance: float,
    smoothing: str | float,
) -> NDArray[np.float64]:
    """Draw level means towards the overall mean; a level without weight or information takes that."""
    with np.errstate(invalid="ignore", divide="ignore"):
        if isinstance(smoothing, str):
            trust = variance * weights / (variance * weights + within)
        else:
            trust = weights / (weights + smoothing)
        values = trust * means + (1 - trust) * overall
    return np.asarray(np.where(np.isnan(values), overall, values), dtype=np.float64)


def _without_null(
    levels: Sequence[Any], values: NDArray[np.float64], weights: NDArray[np.float64], prior: NDArray[np.float64]
) -> Encodings:
    """Leave out the level of nulls: null gets the overall mean, like an unseen level."""
    kept = [place for place, level in enumerate(levels) if level is not None]
    return Encodings([levels[place] for place in kept], values[kept], weights[kept], prior)
