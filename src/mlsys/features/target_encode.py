"""TargetEncode: categories as the mean target of training rows, out of fold on those rows themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.features._columns import (
    LEVELS,
    TEXTS_AND_CATEGORIES,
    TakesColumns,
    of_levels,
    refuse_taken,
    replaced,
    require,
    require_kinds,
)
from mlsys.features._levels import by_place, check_levels, looked_up, numbered
from mlsys.features._target_means import (
    class_targets,
    encodings_of_classes,
    encodings_of_numbers,
    known_rows,
    number_targets,
    without_fold,
)
from mlsys.steps import ColumnChoice, Field
from mlsys.summaries import CrossFitted, SummaryMap, coded_values
from mlsys.tables import column_of
from mlsys.values import NUMERIC, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from mlsys.dataset import Rows
    from mlsys.values import NUMERIC, Values


class TargetEncode(TakesColumns):
    """Replace categories by the mean target of their training rows, shrunk towards the overall mean.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Columns to encode in place: text, categories, integers or truth values; by default all text and
        category features.
    smoothing : "auto" or float
        ``"auto"`` weights a level's mean by how much levels differ and how certain it is (empirical Bayes); a number is
        the number of rows that the overall mean counts for.
    classes : list, optional
        Classes of a target coded as numbers; text, categories and truth values need none.
    standardized : bool
        Whether codes are scaled to mean 0 and standard deviation 1 over training rows, as linear models need.
        A subsequent `Standardize` would learn the scale from codes of all folds, and so from a row's own target.

    Raises
    ------
    DataError
        If no training row has a known target, the target is infinite in some row, or it has a class that is not in
        ``classes``; if a column holds lists or mappings, which are not levels.

    Notes
    -----
    Training rows get the code learned from the other folds (Micci-Barreca 2001; cross-fitting as in scikit-learn's
    ``TargetEncoder``, whose "auto" smoothing this is), with folds drawn from row ids and never from the target, so a
    row's own target cannot affect its code. Null and levels absent from the training rows get the overall mean. A
    numeric target, or one with two classes, gives one column with the same name; three or more classes give
    ``<column>_<class>`` for each but the first. Sample weights count. Sums are exact: states do not depend on
    partitions or order. One pass, about 0.1 s of CPU time for 300,000 rows and a column with five folds.

    Examples
    --------
    >>> frame = pd.DataFrame({"city": ["a", "a", "b", "b"], "paid": [1, 1, 1, 0]})
    >>> fitted = TargetEncode(["city"], smoothing=2).fit(frame, target="paid")
    >>> fitted.transform(pd.DataFrame({"city": ["a", "b", "c"]}))["city"].tolist()
    [0.875, 0.625, 0.75]
    """

    columns: ColumnChoice = None
    smoothing: Literal["auto"] | float = "auto"
    classes: tuple[Any, ...] | list[Any] | None = None
    standardized: bool = Field(default=False, kw_only=True)
    serves_columns: ClassVar[bool] = True
    sums_by_fold: ClassVar[bool] = True
    takes_all: ClassVar[str] = TEXTS_AND_CATEGORIES

    def __post_init__(self) -> None:
        """Refuse what cannot be encoded with."""
        super().__post_init__()
        if not isinstance(self.smoothing, str) and not self.smoothing >= 0:
            raise ConfigurationError(
                f"TargetEncode got smoothing={self.smoothing}", 'use "auto" or a number of at least 0'
            )

    @property
    def reads_target(self) -> bool:
        """Whether it cannot learn without a target."""
        return True

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return sums of the target by level and fold, for each column."""
        known = known_rows(part, self.cross_fit_folds, self.title)
        sums = number_targets if self._is_number(known.target) else class_targets
        names = self.taken(part)
        require_kinds(part, names, LEVELS, self.title)
        levels = {name: coded_values(part[name]) for name in names}
        if not known.rows.all():
            levels = {name: (codes[known.rows], distinct) for name, (codes, distinct) in levels.items()}
        return sums(levels, known)

    def finish(self, summary: SummaryMap, /) -> CrossFitted:
        """Return the code of each level, from all rows and from the other folds."""
        state = self._codes(_without_fold(summary))
        if state is None:
            raise self._without_target()
        folds = max((each.folds for sums in summary.values() for each in sums.values()), default=self.cross_fit_folds)
        others = [self._codes(_without_fold(summary, fold)) for fold in range(folds)] if folds > 1 else []
        return CrossFitted(state, tuple(others))

    def _codes(self, summary: SummaryMap) -> dict[str, Any] | None:
        """Return the code of each level; None where no row has a known target."""
        if not summary:  # no feature fits: there is nothing to encode
            return {"classes": None, "prior": np.zeros(0), "columns": []}
        if not any(each.rows.sum() for each in next(iter(summary.values())).values()):
            return None
        classes = self._classes(summary)
        columns, prior = [], np.zeros(0)
        for name, sums in summary.items():
            found = (
                encodings_of_numbers(sums, self.smoothing)
                if classes is None
                else encodings_of_classes(sums, classes, self.smoothing)
            )
            check_levels(found.levels, str(name), self.title)
            found = found.standardized() if self.standardized else found
            prior = found.prior
            columns.append({"column": name, "levels": found.levels, "values": found.values})
        return {"classes": classes, "prior": prior, "columns": columns}

    def _without_target(self) -> DataError:
        return DataError(
            f"{self.title}: no training row has a known target, or the few that have are all in one fold",
            "check target= and the preceding Label step; with only a few rows use OneHot",
        )

    def prepare(self, state: Any, /) -> dict[str, Any]:
        """Return the state with the code of each level, and the values it returns."""
        return _prepared(state, state["classes"])

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with the columns encoded from all training rows."""
        known = state if "shown" in state else self.prepare(state)
        require(frame, [each["column"] for each in known["columns"]], self.title)
        found = {
            each["column"]: looked_up(column_of(frame, each["column"]), each["codes"], each["table"])
            for each in known["columns"]
        }
        return self._with_codes(frame, found, known["shown"])

    def apply_cross_fitted(self, part: Rows, fold_states: Sequence[Any], /) -> pd.DataFrame:
        """Return training rows, each encoded from the other folds."""
        assert part.folds is not None
        if any(state is None for state in fold_states):
            raise self._without_target()
        classes = None
        if fold_states[0]["classes"] is not None:  # a rare class may be missing where its fold was left out
            classes = self.classes or _ordered(dict.fromkeys(name for each in fold_states for name in each["classes"]))
        states = [_prepared(state, classes) for state in fold_states]
        found: dict[str, NDArray[np.float64]] = {}
        for position, name in enumerate(self.columns_taken(fold_states[0])):
            places, distinct = coded_values(part[name])
            tables = []
            for state in states:
                known = state["columns"][position]
                codes = [*(known["codes"].get(value, -1) for value in distinct), -1]
                tables.append(known["table"][codes])
            # All folds one behind the other: null, whose place is -1, lies last in each.
            size = len(distinct) + 1
            rows = places.astype(np.int64)
            rows[rows < 0] += size
            rows += part.folds * size
            found[name] = by_place(np.concatenate(tables), rows)
        return self._with_codes(pd.DataFrame(part), found, states[0]["shown"])

    def takes(self, values: Values, /) -> bool:
        """Whether these are text or categories."""
        return of_levels(values)

    def columns_taken(self, state: Any, /) -> tuple[str, ...]:
        """Return the encoded columns."""
        return tuple(each["column"] for each in state["columns"])

    def _is_number(self, target: pd.Series) -> bool:
        return self.classes is None and values_of(target).kind in NUMERIC

    def _classes(self, summary: SummaryMap) -> list[Any] | None:
        found = dict.fromkeys(name for sums in summary.values() for name in sums)
        if None in found:
            return None
        if self.classes is None:
            check_levels(list(found), "the target", self.title)
            return _ordered(found)
        strange = [name for name in found if name not in self.classes]
        if strange:
            raise DataError(
                f"{self.title}: the target holds {strange[0]!r}, which is not in classes={list(self.classes)!r}",
                "name all classes, or none if the target is text",
            )
        return list(self.classes)

    def _with_codes(self, frame: pd.DataFrame, found: dict[str, NDArray[np.float64]], shown: Any) -> pd.DataFrame:
        if len(shown) == 1:
            return replaced(frame, {name: codes[:, 0] for name, codes in found.items()})
        added = {f"{name}_{each}": codes[:, place] for name, codes in found.items() for place, each in enumerate(shown)}
        refuse_taken(frame, list(added), list(found), self.title)
        return replaced(frame, {}, added, list(found))


def _without_fold(summary: SummaryMap, fold: int | None = None) -> SummaryMap:
    return SummaryMap({name: without_fold(sums, fold) for name, sums in summary.items()})


def _ordered(classes: Iterable[Any]) -> list[Any]:
    return sorted(classes, key=lambda value: (isinstance(value, str), value))


def _prepared(state: Any, classes: Sequence[Any] | None) -> dict[str, Any]:
    """Pick the outputs that are shown, and put the overall mean behind each table, for null and unseen levels."""
    shown = [""] if classes is None else list(classes[1:] or classes)
    own = [""] if state["classes"] is None else list(state["classes"])
    places = [own.index(name) if name in own else -1 for name in shown]
    prior = np.append(state["prior"], 0.0)[places]
    columns = []
    for each in state["columns"]:
        values = np.column_stack([each["values"], np.zeros(len(each["levels"]))])[:, places]
        columns.append(
            {
                "column": each["column"],
                "codes": numbered(each["levels"]),
                "table": np.vstack([values, prior, prior]),
            }
        )
    return {"columns": columns, "shown": shown}
