"""Several targets: one estimator that takes them all, or one a target, each on the rows where its target is known."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import PREDICTION, PROBABILITY, SCORE, alone, of_each
from mlsys.errors import ConfigurationError, DataError
from mlsys.models._estimators import BOOSTERS, classifies, learner_of, library_of
from mlsys.models._matrix import plain_target
from mlsys.values import Kind, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mlsys.dataset import Rows

TARGETS = "targets"
"""In a state: what was learned for each target alone."""
TOGETHER = "together"
"""In a state: the targets that one estimator predicts, with the classes of each."""
_ONE_EACH = {"MultiOutputClassifier", "MultiOutputRegressor"}
"""Estimators of scikit-learn that fit a clone for each target and do nothing else."""
_TWO = 2


def inside(estimator: Any) -> Any:
    """Return what is fitted for each target: the estimator in scikit-learn's that fit one each, else itself."""
    one_each = type(estimator).__name__ in _ONE_EACH and library_of(estimator) == "sklearn"
    return estimator.estimator if one_each else estimator


def takes_together(estimator: Any, targets: pd.DataFrame, who: str) -> bool:
    """Whether one estimator is given all targets, by its own word; boosters and unknown targets ask for one each.

    Parameters
    ----------
    estimator : estimator
        With scikit-learn's tags.
    targets : DataFrame
        Of the training rows.
    who : str
        For messages.
    """
    from sklearn.utils import get_tags

    if not hasattr(estimator, "__sklearn_tags__") or library_of(learner_of(estimator)) in BOOSTERS:
        return False
    tags, unknown = get_tags(estimator), bool(targets.isna().any(axis=None))
    if not tags.target_tags.single_output:
        if unknown:
            raise DataError(
                f"{who} learns all targets from the same rows, but "
                f"{int(targets.isna().any(axis=1).sum()):,} of {len(targets):,} training rows lack one",
                "drop these rows with Filter before the split, or give the estimator itself, which learns each target "
                "from the rows where it is known",
            )
        return True
    labels = tags.classifier_tags is not None and tags.classifier_tags.multi_label
    binary = all(targets[name].nunique() <= _TWO for name in targets.columns)
    return not unknown and (tags.target_tags.multi_output or (labels and binary))


def refuse_mixed(train: Rows, who: str) -> None:
    """Raise where some targets can only be numbers and others only classes: no estimator predicts both."""
    numbers, classes = [], []
    for name in train.roles.targets:
        values = plain(train[name].dropna())
        kind = values_of(values).kind
        if kind is Kind.NUMBER and bool((np.asarray(values, dtype=np.float64) % 1 != 0).any()):
            numbers.append(name)
        elif kind is not Kind.NUMBER:
            classes.append(name)
    if numbers and classes:
        raise DataError(
            f"{who}: the targets are of mixed kinds, numbers ({', '.join(map(repr, numbers))}) and classes "
            f"({', '.join(map(repr, classes))}), and an estimator predicts one of the two",
            f"make a pipeline for each kind: target={numbers} with a regressor, and target={classes} with a "
            "classifier; exclude= the targets of the other",
        )


def coded(train: Rows) -> tuple[NDArray[Any], dict[str, list[Any]]]:
    """Return all targets of training rows as the numbers of their classes, and the classes of each."""
    values = {name: plain_target(train[name]) for name in train.roles.targets}
    classes = {name: np.unique(each).tolist() for name, each in values.items()}
    codes = [np.unique(each, return_inverse=True)[1] for each in values.values()]
    return np.column_stack(codes), classes


def of_answers(
    answers: Any, said: Any, together: Mapping[str, list[Any] | None], orders: Mapping[str, list[Any]], prefix: str
) -> dict[str, NDArray[Any]]:
    """Return the prediction columns of what one estimator answers for all targets.

    Parameters
    ----------
    answers : array of shape (rows, targets)
        From ``predict``: numbers, or codes of classes.
    said : array of shape (rows, targets), list of arrays of shape (rows, classes), or None
        From ``predict_proba`` or ``decision_function``: of the second of two classes, or of every class.
    together : mapping of str to list or None
        The targets with their classes, ``None`` for numbers.
    orders : mapping of str to list
        The classes in the order in which they are shown.
    prefix : str
        Of a column of what is said.
    """
    found: dict[str, NDArray[Any]] = {}
    table = np.asarray(answers).reshape(len(answers), -1)
    for place, (target, classes) in enumerate(together.items()):
        if classes is None:
            found[of_each(PREDICTION, target)] = table[:, place]
            continue
        found[of_each(PREDICTION, target)] = np.array(classes)[table[:, place].astype(np.int64)]
        shares = None if said is None else _of_classes(said, place, len(classes), prefix)
        if shares is not None:
            for value in orders.get(target, classes):
                found[of_each(f"{prefix}{value}", target)] = shares[:, classes.index(value)]
    return found


def _of_classes(said: Any, place: int, classes: int, prefix: str) -> NDArray[np.float64] | None:
    """Return what is said of each class of one target."""
    mine = np.asarray(said[place] if isinstance(said, list) else said[:, place], dtype=np.float64)
    if mine.ndim == 1:
        mine = np.column_stack([1 - mine if prefix == PROBABILITY else -mine, mine])
    return mine if mine.shape[1] == classes else None


def refuse_ambiguous(columns: Iterable[str], counts: Mapping[str, int], who: str) -> None:
    """Raise when the names of prediction columns do not tell whose they are."""
    names = list(columns)
    for target, count in counts.items():
        if len(alone(names, target, list(counts))) != count:
            others = [
                each for each in counts if each != target and (each.startswith(target) or target.startswith(each))
            ]
            beside = others[0] if others else target
            raise DataError(
                f"{who}: the prediction columns of the targets {target!r} and {beside!r} would have the same names, "
                "because a class of one reads like the name of the other",
                f"rename a target before the split: Rename({{{target!r}: ...}})",
            )


def refuse_parts(who: str) -> None:
    """Raise for several targets beyond memory, which are learned from gathered rows."""
    raise ConfigurationError(
        f"{who} learns partition by partition, which is not supported for several targets",
        "use an estimator without partial_fit, or one pipeline a target",
    )


def mean_importances(found: Sequence[dict[str, float] | None]) -> dict[str, float] | None:
    """Return the mean importance of each feature over targets, each target's shares of the whole."""
    known = [each for each in found if each]
    if not known or len(known) < len(found):
        return None
    shares = [{name: value / (sum(map(abs, each.values())) or 1.0) for name, value in each.items()} for each in known]
    return {name: float(np.mean([each.get(name, 0.0) for each in shares])) for name in shares[0]}


@contextmanager
def naming(target: str) -> Iterator[None]:
    """Name the target with an error of what learns it."""
    try:
        yield
    except Exception as error:
        if repr(target) not in str(error):
            error.add_note(f"mlsys: for the target {target!r}")
        raise


def says(estimator: Any) -> str:
    """Return the prefix of what a classifier says of each class: probabilities, else scores, else nothing."""
    if not classifies(estimator):
        return ""
    return (
        PROBABILITY if hasattr(estimator, "predict_proba") else SCORE if hasattr(estimator, "decision_function") else ""
    )
