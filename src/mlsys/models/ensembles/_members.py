"""Members of an ensemble: estimators or Train steps by name, what each learns and what it says of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import PREDICTION, PROBABILITY, SCORE
from mlsys.errors import ConfigurationError
from mlsys.models._estimators import classifies
from mlsys.models._inputs import takes_any
from mlsys.models.needs import Needs
from mlsys.models.train import Train
from mlsys.steps.cloning import has_parameters, unfitted

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mlsys.dataset import Rows
    from mlsys.steps.shares import Shares

    Trains = Mapping[str, Train]
    Values = NDArray[np.float64]

_CERTAIN = 0.01
"""Probabilities nearer to 0 or 1 count as this near: of 0.01, 0.001 and 1e-6 the least log loss on real tables."""
MEMBERS = "members"
"""In a state: what each member learned, by name."""


def as_member(given: Any) -> Any:
    """Return what a member is configured by, as plain data: an estimator, or the fields of a ``Train`` step."""
    if isinstance(given, Train):
        return given.estimator if set(given.chosen()) == {"estimator"} else given.chosen()
    return unfitted(given) if has_parameters(given) else given


def as_step(member: Any) -> Train:
    """Return a member as a step."""
    return Train(**member) if isinstance(member, Mapping) else Train(member)


def as_members(given: Any) -> dict[str, Any]:
    """Return members by name: the names of a mapping, otherwise those of the estimators' classes."""
    if isinstance(given, Mapping):
        named = [(str(name), each) for name, each in given.items()]
    elif isinstance(given, Sequence) and not isinstance(given, str):
        named = [("", each) for each in given]
    else:
        raise ConfigurationError(
            f"members={given!r} is neither a list nor a dict", "give a list of estimators, or a dict of them by name"
        )
    found: dict[str, Any] = {}
    for name, each in named:
        member = as_member(each)
        step = as_step(member)
        wanted = name or step.name or _class_of(step.estimator)
        taken = sum(1 for other in found if other == wanted or other.startswith(f"{wanted}-"))
        found[f"{wanted}-{taken + 1}" if taken else wanted] = member
    return found


def _class_of(estimator: Any) -> str:
    """Return the class of an estimator, of the last step of a scikit-learn pipeline."""
    steps = estimator.get_params(deep=False).get("steps") if has_parameters(estimator) else None
    return _class_of(steps[-1][1]) if steps else type(estimator).__name__


def refuse_unlike(members: Trains, who: str, least: int) -> None:
    """Raise for too few members, and for members that do not predict the same kind of target."""
    if len(members) < least:
        raise ConfigurationError(
            f"{who} has {len(members)} member{'s' * (len(members) != 1)}, and needs at least {least}",
            f"give at least {least} estimators, or use Train(...) for one",
        )
    for name, step in members.items():
        if step.aim != "target":
            raise ConfigurationError(
                f"{who}: the member {name!r} learns {step.aim}, not a target", "give classifiers, or regressors"
            )
    classifying = [name for name, step in members.items() if classifies(step.estimator)]
    if classifying and len(classifying) < len(members):
        other = next(name for name in members if name not in classifying)
        raise ConfigurationError(
            f"{who}: {classifying[0]!r} predicts classes and {other!r} numbers", "give classifiers alone, or regressors"
        )


def refuse_without(members: Trains, methods: Sequence[str], who: str, remedy: str) -> None:
    """Raise for a classifier among members that has none of some methods."""
    for name, step in members.items():
        if classifies(step.estimator) and not any(hasattr(step.estimator, method) for method in methods):
            raise ConfigurationError(
                f"{who}: the member {name!r} ({type(step.estimator).__name__}) has no {' and no '.join(methods)}",
                remedy,
            )


def predict_classes(members: Trains) -> bool:
    """Whether members are classifiers."""
    return any(classifies(step.estimator) for step in members.values())


def learned(members: Trains, train: Rows, rng: np.random.Generator) -> dict[str, Any]:
    """Return what each member learns from the same rows; an error says which of them raised it."""
    found: dict[str, Any] = {}
    for name, step in members.items():
        try:
            found[name] = step.learn(train, rng)
        except Exception as error:
            error.add_note(f"mlsys: in the member {name!r}")
            raise
    return found


def answers_of(members: Trains, frame: Any, states: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Return the predictions of each member."""
    return {name: step.predict(frame, states[name]) for name, step in members.items()}


def said_by(answers: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Return, by member and column, the numbers from which another estimator can learn.

    Log-odds of the probabilities of classes, otherwise scores, otherwise predicted numbers. Of two classes the second
    says all.
    """
    found: dict[str, Any] = {}
    for name, table in answers.items():
        columns = [str(each) for each in table.columns]
        shares = [each for each in columns if each.startswith(PROBABILITY)]
        shares = shares or [each for each in columns if each.startswith(SCORE)]
        kept = shares[1:] if len(shares) == 2 else shares or [PREDICTION]  # noqa: PLR2004
        for each in kept:
            values = table[each].to_numpy()
            found[f"{name}: {each}"] = _log_odds(values) if each.startswith(PROBABILITY) else values
    return found


def _log_odds(shares: Values) -> Values:
    clipped = np.clip(shares, _CERTAIN, 1 - _CERTAIN)
    return np.asarray(np.log(clipped / (1 - clipped)))


def needs_of_members(members: Trains) -> Needs:
    """Return what features must be like so that every member takes them."""
    each = [step.needs for step in members.values()]
    return Needs(
        nulls=all(one.nulls for one in each),
        categories=all(one.categories for one in each),
        scale=any(one.scale for one in each),
    )


def prepare_themselves(members: Trains) -> bool:
    """Whether every member prepares features itself, or one is told its features by name."""
    named = any(step.features is not None for step in members.values())
    return named or all(takes_any(step.estimator) for step in members.values())


def corrected(members: Trains, states: Mapping[str, Any], shifts: Sequence[Shares]) -> dict[str, Any]:
    """Return the states of members whose probabilities are those of the shares before steps changed them."""
    found = {name: step.corrected(states[name], shifts) for name, step in members.items()}
    return {name: states[name] if each is None else each for name, each in found.items()}


def columns_of_members(members: Trains, columns: Sequence[str], state: Callable[[], Any]) -> tuple[str, ...]:
    """Return the features that some member uses, in the order of the columns."""
    used: set[str] = set()
    for name, step in members.items():
        used |= set(step.columns_learned(columns, lambda name=name: state()[MEMBERS][name]))  # type: ignore[misc]
    return tuple(each for each in columns if each in used)
