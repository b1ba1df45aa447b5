"""WeakSpotSearch: for each row the small damage that moves its prediction most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.evaluation.behaviour.answers import Asked, answers
from mlsys.evaluation.behaviour.behaviour import Behaviour
from mlsys.evaluation.behaviour.behavioural_test import MOST_ROWS, BehaviouralTest, Shown, Slices
from mlsys.evaluation.behaviour.changes import Change, as_names, column_of
from mlsys.evaluation.behaviour.failing import Sampling
from mlsys.evaluation.behaviour.judging import Judging
from mlsys.evaluation.behaviour.rules import Rule
from mlsys.steps import Field
from mlsys.values import mistyped, noisy, takes_damage, with_columns


class WeakSpotSearch(BehaviouralTest):
    """Search for small damage that moves predictions: noise in numbers and typing errors in texts, all columns at once.

    ``PerturbationTest`` damages each column alone and once; this searches for the worst of many: in the first half of
    the tries by chance, then by mixing the worst found so far for a row with new damage.

    Parameters
    ----------
    columns : list of str or str, optional
        By default all numbers and texts that the model reads and that have no role.
    noise : float
        Standard deviation of the noise as a share of the column's; damaged numbers stay within the column's range.
    typos : int
        Typing errors in each text; 0 leaves texts as they are.
    tries : int
        How much damage is tried on each row.
    tolerance : float, optional
        Largest move of the prediction that does not count: by default .05 of a probability, or .05 standard deviations
        of the predicted numbers.
    most : float
        Share of rows for which the search may find a larger move.
    slices : list of str or dict, optional
        As in ``Evaluate``: where the weak spots are.
    event : str, number or bool, optional
        Class whose probability is read; by default that of the pipeline, with more than two classes all of them.
    target : str, optional
        The one of several targets whose prediction is tested; required if there are several.
    most_rows : int
        Maximum number of rows to ask about, chosen by the hash of their id.

    Notes
    -----
    The share is that of rows for which these tries find a move, a lower bound of those that have one. It grows with
    ``tries``: compare models by the same number. ``worst`` lists the rows with what was changed; rows like them, made
    by ``Augment``, are what to train on. Cost: a prediction of the rows for each try.

    References
    ----------
    Alzantot, M. et al. (2018). Generating natural language adversarial examples. EMNLP, 2890-2896.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"area": rng.normal(80, 20, 400), "age": rng.normal(30, 9, 400)})
    >>> model = DecisionTreeClassifier(max_depth=1).fit(frame, frame["area"] > 80)
    >>> found = WeakSpotSearch(noise=0.2).check(model, frame)
    >>> found.verdict, bool(abs(frame.loc[found.worst.index, "area"] - 80).max() < 20)
    ('fail', True)
    """

    columns: tuple[str, ...] | list[str] | str | None = None
    noise: float = Field(default=0.05, gt=0)
    typos: int = Field(default=1, ge=0)
    tries: int = Field(default=20, ge=1)
    tolerance: float | int | None = None
    most: float = Field(default=0.05, ge=0.0, lt=1.0)
    slices: Slices = ()
    event: Any = None
    target: str | None = None
    most_rows: int = Field(default=MOST_ROWS, ge=10)
    called = "weakness"

    def __post_init__(self) -> None:
        """Refuse a tolerance that means nothing."""
        self._refuse([])

    @property
    def rule(self) -> Rule:
        """The prediction must stay."""
        return Rule(tolerance=self.tolerance)

    def _judged(
        self,
        asked: Asked,
        shown: Shown,
        slices: Mapping[str, NDArray[np.bool_]],
        sampling: Sampling,
        rng: np.random.Generator,
        part: str,
        learned: str,
    ) -> Behaviour:
        named = as_names(self.columns) or shown.usual
        kinds = {name: kind for name in named if (kind := self._kind(shown.frame, name))}
        found = [self._worst(asked, shown.frame, kinds, rng)] if kinds else []
        judging = Judging(asked, shown.frame, self.rule, self.most, self.title, self.event)
        return judging.result(self.called, found, slices, sampling, part, learned)

    def _kind(self, frame: pd.DataFrame, name: str) -> str:
        column = column_of(frame, name, self.title)
        if takes_damage(column, "noise"):
            return "noise"
        return "typos" if self.typos and takes_damage(column, "typos") else ""

    def _worst(self, asked: Asked, frame: pd.DataFrame, kinds: Mapping[str, str], rng: np.random.Generator) -> Change:
        """Return for each row the damage, of all that was tried, that moves its prediction most."""
        before = answers(asked, frame, self.event)
        worst = {name: frame[name] for name in kinds}
        farthest = np.full(len(frame), -1.0)
        for number in range(self.tries):
            damage = {name: self._damaged(frame[name], kind, rng) for name, kind in kinds.items()}
            if 2 * number >= self.tries:  # keep about half of the columns of the worst so far
                damage = {name: _mixed(each, worst[name], rng) for name, each in damage.items()}
            try:
                moves = np.abs(before.moves(answers(asked, with_columns(frame, damage), self.event)))
            except Exception:  # whatever the model raises: it refuses such rows, which is the worst that can be found
                worst = damage
                break
            farther = moves > farthest
            farthest = np.where(farther, moves, farthest)
            worst = {name: each.where(farther, worst[name]) for name, each in damage.items()}
        first, *others = kinds
        name = f"the worst of {self.tries:,} tries of small damage"
        return Change(name, first, worst[first], {each: worst[each] for each in others})

    def _damaged(self, column: pd.Series, kind: str, rng: np.random.Generator) -> pd.Series:
        return noisy(column, self.noise, rng) if kind == "noise" else mistyped(column, self.typos, rng)


def _mixed(one: pd.Series, other: pd.Series, rng: np.random.Generator) -> pd.Series:
    return one.where(rng.random(len(one)) < 0.5, other)  # noqa: PLR2004  about half
