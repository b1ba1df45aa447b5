"""Probes of a step that writes the target: one value of one source row is changed, and the row's features must stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.audit.moved import moved
from mlsys.audit.own_target import influenced
from mlsys.audit.protected import protected_columns
from mlsys.audit.recipe import Recipe, Stage, made_again
from mlsys.audit.replacing import Way, extremes, mirrored, new_categories, replaced
from mlsys.audit.result import NOT_OBSERVED, VIOLATED, Trace
from mlsys.steps import Label
from mlsys.values import with_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

PROBE = "own source row"
WAYS = (mirrored, extremes, new_categories)
LABELS = 3
"""Rows whose label is followed back to the values that move it."""
SOURCES = 3
"""Source rows of one row that are changed, one at a time."""
RUNS = 150
"""At most this many times the steps before the split run again; then what was found so far counts."""


def probes_of_own_label(recipe: Recipe) -> Iterator[Trace]:
    """Ask the step that writes the target whether it hands a row its own label in another column.

    Notes
    -----
    A label may be made of many values, and a feature may rightly share some of them (a return is made of the price
    before it). A feature is at fault where every value that was found to move the label moves it too: then all that
    the label is made of stands in the feature.
    """
    for target in recipe.parts.roles.targets:
        yield from _probes_of(recipe, target)


def _probes_of(recipe: Recipe, target: str) -> Iterator[Trace]:
    """Ask the step that writes one target."""
    stage = _writer(recipe, target)
    if stage is None:
        return
    catalog = recipe.parts.catalog
    found = _Search(recipe, target, set(catalog.features(recipe.at_split.columns))).columns_at_fault()
    if found is None:
        return
    row, columns, source = found
    makers = {name: catalog.made_by.get(name, stage.planned.name) for name in columns}
    for step in dict.fromkeys(makers.values()):
        mine = tuple(name for name in columns if makers[name] == step)
        said = (
            f"row {row}: its own label and these columns change together, with each value of {source} changing either"
        )
        yield Trace(step, PROBE, VIOLATED, mine, said, "itself", "own row")
    if not columns:
        yield Trace(stage.planned.name, PROBE, NOT_OBSERVED, concerns="itself")


def _writer(recipe: Recipe, target: str) -> Stage | None:
    """Return the last step that writes a target; no label of the library's own, which withholds what it reads."""
    for stage in reversed(recipe.stages):
        if target not in stage.made.columns:
            continue
        ids = recipe.ids(stage.made)
        was = recipe.rows_of(stage.given, ids)
        if (
            target in was.columns
            and was.index.is_unique
            and not moved(was[[target]], recipe.rows_of(stage.made, ids)[[target]])
        ):
            continue
        step = stage.planned.step
        return None if step.is_ours and step.kind == Label.kind else stage
    return None


@dataclass
class _Search:
    """Finds the values of the source that move labels, and what else moves with them."""

    recipe: Recipe
    target: str
    features: set[str]
    runs: int = 0
    base: pd.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        self.base = self._keyed(self.recipe.at_split)

    def columns_at_fault(self) -> tuple[object, tuple[str, ...], str] | None:
        """Return a row, the features that hold its own label, and the source columns; nothing if no label moves."""
        ways = dict(self._telling())
        if not ways:
            return None
        suspects: set[str] | None = None
        example: object = None
        for row in self._rows(ways):
            together = self._moved_with_label(row, ways)
            if together is None:
                continue
            example = row if example is None else example
            suspects = together if suspects is None else suspects & together
            if not suspects:
                break
        if suspects is None:
            return None
        return example, tuple(name for name in self.base.columns if name in suspects), ", ".join(map(repr, ways))

    def _telling(self) -> Iterator[tuple[str, Way]]:
        """Yield the columns of the source that labels move with, and a way to change them."""
        everything = np.ones(len(self.recipe.source), dtype=bool)
        protected = set(protected_columns(self.recipe))
        for name in map(str, self.recipe.source.columns):
            for way in WAYS if name not in protected else ():
                if way(self.recipe.source[name]) is None:
                    continue
                after = self._run(name, way, everything)
                if after is not None and self._labels_moved(after).any():
                    yield name, way
                    break

    def _rows(self, ways: dict[str, Way]) -> list[object]:
        """Return a few rows whose label moves, spread over all of them."""
        everything = np.ones(len(self.recipe.source), dtype=bool)
        rows: list[object] = []
        for name, way in ways.items():
            after = self._run(name, way, everything)
            if after is not None:
                rows += self.base.index[self._labels_moved(after)].tolist()
        rows = list(dict.fromkeys(rows))
        places = np.linspace(0, len(rows) - 1, min(LABELS, len(rows)), dtype=np.int64)
        return [rows[place] for place in dict.fromkeys(places.tolist())]

    def _moved_with_label(self, row: object, ways: dict[str, Way]) -> set[str] | None:
        """Return the features that move with every value found to move a row's label; nothing if none was found."""
        own = np.flatnonzero(self.recipe.is_of(self.recipe.source, pd.Index([row])))
        together: set[str] | None = None
        for name, way in ways.items():
            cells = [self._only(place) for place in own[:SOURCES]]
            others = np.ones(len(self.recipe.source), dtype=bool)
            others[own[:SOURCES]] = False
            for cell in (*cells, self._narrowed(row, name, way, others)):
                moved_with = None if cell is None else self._features_moved(row, name, way, cell)
                if moved_with is not None:
                    together = moved_with if together is None else together & moved_with
        return together

    def _features_moved(self, row: object, name: str, way: Way, rows: NDArray[np.bool_]) -> set[str] | None:
        """Return which features of a row move with some values; nothing if its label does not, or rows are others."""
        after = self._run(name, way, rows)
        if after is None or not self._moves_label(after, row):
            return None
        return set(influenced(self.base, after, row, self.target)) & self.features - {name}

    def _narrowed(self, row: object, name: str, way: Way, rows: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
        """Return one source row out of many of which the label of a row is made, by halving."""
        after = self._run(name, way, rows)
        if after is None or not self._moves_label(after, row):
            return None
        places = np.flatnonzero(rows)
        while len(places) > 1:
            for half in (places[: len(places) // 2], places[len(places) // 2 :]):
                after = self._run(name, way, self._only(half))
                if after is not None and self._moves_label(after, row):
                    places = half
                    break
            else:
                break  # the label moves with several values together
        return self._only(places)

    def _only(self, places: Any) -> NDArray[np.bool_]:
        rows = np.zeros(len(self.recipe.source), dtype=bool)
        rows[places] = True
        return rows

    def _run(self, name: str, way: Way, rows: NDArray[np.bool_]) -> pd.DataFrame | None:
        """Return all rows at the split, made of a source with some values of one column changed; nothing if it fails.

        What becomes of a value is told by the whole column, so that it is the same however many are changed.
        """
        if self.runs >= RUNS:
            return None
        self.runs += 1
        source = self.recipe.source
        whole = replaced(source, np.ones(len(source), dtype=bool), way, set(map(str, source.columns)) - {name})
        frame = with_columns(source, {name: source[name].where(~rows, whole[name])})
        try:
            for stage in self.recipe.stages:
                frame = made_again(stage, frame, self.recipe)
        except Exception:  # a step may refuse what it never meant to see
            return None
        return self._keyed(frame) if self.target in frame.columns else None

    def _keyed(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame if self.recipe.key is None else frame.set_index(self.recipe.ids(frame))

    def _labels_moved(self, after: pd.DataFrame) -> NDArray[np.bool_]:
        now = after[self.target].reindex(self.base.index)
        was = self.base[self.target]
        same = (now == was).fillna(False).to_numpy(dtype=bool) | (now.isna() & was.isna()).to_numpy()
        return np.asarray(~same & self.base.index.isin(after.index))

    def _moves_label(self, after: pd.DataFrame, row: object) -> bool:
        return bool(self._labels_moved(after)[self.base.index.get_loc(row)])
