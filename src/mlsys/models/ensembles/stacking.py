"""Stacking: an estimator that learns from what others say of rows that they did not learn from."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
from pydantic import BeforeValidator

from mlsys.dataset import Rows, beside
from mlsys.errors import ConfigurationError
from mlsys.models.ensembles._members import (
    MEMBERS,
    answers_of,
    as_member,
    as_step,
    corrected,
    learned,
    predict_classes,
    refuse_unlike,
    refuse_without,
    said_by,
)
from mlsys.models.ensembles._of_members import Members, OfMembers
from mlsys.models.train import Train
from mlsys.steps import Field
from mlsys.steps.folds_by_roles import folds_by_roles
from mlsys.steps.splitting import of_known, split_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from mlsys.steps.shares import Shares

FINAL = "final"
"""In a state: what the last estimator learned."""


class Stacking(OfMembers):
    """Train an estimator on what several others say of rows that they did not learn from (Wolpert 1992).

    Parameters
    ----------
    members : list or dict
        Estimators, or ``Train`` steps with settings of their own, such as ``features=``; of a dict by name, otherwise
        named by their class. All classifiers or all regressors.
    final : estimator, optional
        Learns from the log-odds of the members' probabilities (of two classes the second's; at most those of 0.99),
        their scores, or predicted numbers; by default ``LogisticRegression()`` or ``RidgeCV()``.
    folds : int
        How often members are fitted to predict training rows that they did not see. They are fitted once more on all
        training rows for predictions.

    Raises
    ------
    ConfigurationError
        If members predict different kinds of targets, one gives neither probabilities nor scores, ``final`` predicts
        another kind, or there are fewer than 2 folds.
    DataError
        If the training rows have too few groups or times for the folds.

    Notes
    -----
    In a pipeline, each fold fits all steps since the split and the members without the rows that they predict: what a
    step learned from a row is not in its own prediction, and rows that a sampler repeated or made are judged by nobody.
    Rows of one group are in one fold. With a time role each fold is predicted from earlier rows alone, and ``final``
    learns from all but the first block. Otherwise classes are spread evenly over folds that a hash of the ids makes.
    Used alone, the same folds divide the rows that it is given. Where steps before change the shares of the classes,
    members are corrected back, and ``final`` learns the shares as they are. Cost: ``folds + 1`` fits of every member
    and step; a prediction takes the time of all members. State: ``members`` and ``final``, as ``Train`` learns them.

    References
    ----------
    Wolpert, D. H. (1992). Stacked generalization. Neural Networks 5.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.naive_bayes import GaussianNB
    >>> frame = pd.DataFrame({"x": range(40), "late": [False] * 20 + [True] * 20})
    >>> model = Stacking([LogisticRegression(), GaussianNB()], folds=3).fit(frame, target="late")
    >>> model.predict(pd.DataFrame({"x": [3, 37]}))["prediction"].tolist()
    [False, True]
    """

    final: Annotated[Any, BeforeValidator(as_member)] = None
    folds: int = Field(default=5, kw_only=True)

    def __post_init__(self) -> None:
        """Check that the last estimator can learn from the members."""
        refuse_unlike(self.steps, self.title, least=1)
        remedy = "use an estimator that has one of them, or wrap it in CalibratedClassifierCV(...)"
        refuse_without(self.steps, ["predict_proba", "decision_function"], self.title, remedy)
        if self.folds < 2:  # noqa: PLR2004
            raise ConfigurationError(
                f"{self.title}: folds={self.folds}, but each row must be predicted by members that did not see it",
                "use at least 2 folds, such as folds=5",
            )
        refuse_unlike({**self.steps, "final": self._last}, self.title, least=1)

    @cached_property
    def _last(self) -> Train:
        """The last estimator as a step."""
        if self.final is not None:
            return as_step(self.final)
        from sklearn.linear_model import LogisticRegression, RidgeCV

        return Train(LogisticRegression() if predict_classes(self.steps) else RidgeCV())

    @property
    def estimators(self) -> tuple[Any, ...]:
        """The estimators of the members, and the last one."""
        return (*super().estimators, self._last.estimator)

    @property
    def members_only(self) -> Members:
        """The model whose predictions are those of every member."""
        return Members(self.members, name=self.title)

    def learn(self, train: Rows, rng: np.random.Generator) -> dict[str, Any]:
        """Return what members and the last estimator learn; members predict the rows themselves by folds."""
        train = train.counted(self.title, "training rows")
        return self.learn_from(train, rng, judged=self._out_of_fold(train, rng))

    def learn_from(self, train: Rows, rng: np.random.Generator, *, judged: Rows) -> dict[str, Any]:
        """Return what members learn from training rows, and the last estimator from predictions of ``judged`` rows.

        Parameters
        ----------
        train : Rows
            Training rows as steps before changed them.
        rng : Generator
            Source of randomness.
        judged : Rows
            Rows as the split left them; ``predictions`` are those of members that did not see them.
        """
        states = learned(self.steps, train, rng)
        names = list(said_by(answers_of(self.steps, train.X.head(0), states)))
        said = judged.predictions.reindex(columns=names)
        said = said.fillna(said.min())  # a member of a fold without a rare class gives it no chance
        shown = beside(judged[[name for name in judged.columns if name in judged.roles.columns()]], said)
        final = self._last.learn(Rows.of(shown, judged.roles, names), rng)
        return {MEMBERS: states, FINAL: final}

    def _out_of_fold(self, train: Rows, rng: np.random.Generator) -> Rows:
        """Return rows with what members say that learned from the other side of each fold."""
        model, pieces = self.members_only, []
        keys = split_keys(pd.DataFrame(train), train.roles)
        known = keys["target"].notna()
        folds = folds_by_roles(keys, self.folds, int(rng.integers(2**31)), self.title)
        for number, sides in enumerate((of_known(each, known) for each in folds), 1):
            try:
                state = model.learn(train.take_rows((sides == "train").to_numpy()), rng)
            except Exception as error:
                error.add_note(f"mlsys: in fold {number} of {self.folds}")
                raise
            held = train.take_rows((sides == "validation").to_numpy())
            pieces.append((held, model.predict(held.X, state)))
        rows = pd.concat([pd.DataFrame(held) for held, _ in pieces])
        return Rows.of(rows, train.roles, train.feature_names, predictions=pd.concat([said for _, said in pieces]))

    def corrected(self, state: dict[str, Any], shifts: Sequence[Shares], /) -> dict[str, Any]:
        """Return the state with the probabilities of members at the shares that the last estimator learned from."""
        return state | {MEMBERS: corrected(self.steps, state[MEMBERS], shifts)}

    def prepare(self, state: dict[str, Any], /) -> dict[str, Any]:
        """Return the state with look-ups built once rather than at every request."""
        return super().prepare(state) | {FINAL: self._last.prepare(state[FINAL])}

    def predict(self, frame: pd.DataFrame, state: dict[str, Any], /) -> pd.DataFrame:
        """Return what the last estimator makes of what members say."""
        said = said_by(answers_of(self.steps, frame, state[MEMBERS]))
        return self._last.predict(pd.DataFrame(said, index=frame.index), state[FINAL])
