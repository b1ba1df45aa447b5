"""OfMembers: what Voting and Stacking share, and the model that says what every member says."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import pandas as pd
from pydantic import BeforeValidator

from mlsys.dataset import PREDICTION
from mlsys.models._several import mean_importances
from mlsys.models.ensembles._members import (
    MEMBERS,
    answers_of,
    as_members,
    as_step,
    columns_of_members,
    corrected,
    learned,
    needs_of_members,
    prepare_themselves,
    said_by,
)
from mlsys.steps import Model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np

    from mlsys.dataset import Rows
    from mlsys.models.needs import Needs
    from mlsys.models.train import Train
    from mlsys.steps.shares import Shares


class OfMembers(Model, kind="Model"):
    """A model of several estimators, its members.

    Parameters
    ----------
    members : list or dict
        Estimators, or ``Train`` steps with settings of their own, such as ``features=``; of a dict by name, otherwise
        named by their class.
    """

    members: Annotated[Any, BeforeValidator(as_members)]
    of_one_target: ClassVar[bool] = True

    @cached_property
    def steps(self) -> dict[str, Train]:
        """The members as steps, by name."""
        return {name: as_step(each) for name, each in self.members.items()}

    def alone(self) -> dict[str, Train]:
        """Return each member as a step of its own, by name, to compare the ensemble with.

        Examples
        --------
        >>> from sklearn.linear_model import LogisticRegression
        >>> from sklearn.naive_bayes import GaussianNB
        >>> from mlsys import Voting
        >>> list(Voting([LogisticRegression(), GaussianNB()]).alone())
        ['LogisticRegression', 'GaussianNB']
        """
        return dict(self.steps)

    @property
    def estimators(self) -> tuple[Any, ...]:
        """The estimators of the members."""
        return tuple(step.estimator for step in self.steps.values())

    @property
    def needs(self) -> Needs:
        """What features must be like, so that every member takes them."""
        return needs_of_members(self.steps)

    def distances(self, columns: Sequence[str], /) -> dict[str, tuple[str, ...]]:
        """Return by which features members measure distances between rows, by the class of their estimators."""
        found: dict[str, tuple[str, ...]] = {}
        for step in self.steps.values():
            for name, read in step.distances(columns).items():
                found[name] = tuple(each for each in columns if each in read or each in found.get(name, ()))
        return found

    @property
    def prepares_features(self) -> bool:
        """Whether members prepare features themselves."""
        return prepare_themselves(self.steps)

    @property
    def minimizes(self) -> tuple[str, ...]:
        """Return the metrics that all members minimize."""
        first, *others = [step.minimizes for step in self.steps.values()]
        return first if all(each == first for each in others) else ()

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the features that some member uses."""
        there = tuple(columns)
        used = {name for step in self.steps.values() for name in step.columns_read(there)}
        return tuple(name for name in there if name in used)

    def columns_learned(self, columns: Sequence[str], state: Callable[[], Any], /) -> tuple[str, ...]:
        """Return the features that some member needs to predict."""
        return columns_of_members(self.steps, columns, state)

    def prepare(self, state: dict[str, Any], /) -> dict[str, Any]:
        """Return the state with look-ups of members built once rather than at every request."""
        return state | {MEMBERS: {name: step.prepare(state[MEMBERS][name]) for name, step in self.steps.items()}}

    def importances(self, state: dict[str, Any], /) -> dict[str, float] | None:
        """Return the mean importance of each feature over members, each member's shares of the whole."""
        return mean_importances([step.importances(state[MEMBERS][name]) for name, step in self.steps.items()])

    def curves(self, state: dict[str, Any], /) -> dict[str, list[float]]:
        """Return the losses that members recorded, by member."""
        found = {name: step.curves(state[MEMBERS][name]) for name, step in self.steps.items()}
        return {f"{member}/{name}": curve for member, curves in found.items() for name, curve in curves.items()}


class Members(OfMembers):
    """A model whose predictions are what every member says, by member; the first one's stand for all."""

    def learn(self, train: Rows, rng: np.random.Generator) -> dict[str, Any]:
        """Return what each member learns."""
        return {MEMBERS: learned(self.steps, train, rng)}

    def corrected(self, state: dict[str, Any], shifts: Sequence[Shares], /) -> dict[str, Any]:
        """Return the state with what brings the probabilities of members back to the shares before."""
        return {MEMBERS: corrected(self.steps, state[MEMBERS], shifts)}

    def predict(self, frame: pd.DataFrame, state: dict[str, Any], /) -> pd.DataFrame:
        """Return ``prediction`` of the first member, and what each says by ``<member>: <column>``."""
        answers = answers_of(self.steps, frame, state[MEMBERS])
        first = next(iter(answers.values()))[PREDICTION].to_numpy()
        return pd.DataFrame({PREDICTION: first, **said_by(answers)}, index=frame.index)
