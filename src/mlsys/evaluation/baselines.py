"""Baselines: the zero rule, random guesses, and rules of thumb."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.dataset import PREDICTION, PROBABILITY, Rows, known_weights, require_columns
from mlsys.errors import ContractError, DataError, listed
from mlsys.evaluation._metric import Metric
from mlsys.evaluation.class_levels import Levels
from mlsys.evaluation.sample import EVENT, Sample
from mlsys.summaries import hash_ids, uniform
from mlsys.values import with_columns

Rule = Callable[[pd.DataFrame], Any]
GUESSED = 50_000
"""Guesses in all: the mean over draws then moves by a few thousandths, as that of as many rows drawn once."""
MOST_DRAWS = 10


@runtime_checkable
class Predicts(Protocol):
    """A served model, such as one from the registry: it is asked about rows as a request brings them."""

    inputs: Mapping[str, str]

    def predict(self, frame: Any) -> pd.DataFrame:
        """Return ``prediction`` and ``probability_<class>``."""
        ...


ZERO_RULE = "zero_rule"
"""Name of the baseline that predicts the commonest class, or the mean."""


def zero_rule(train: Rows, rows: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Predict the commonest class with the classes' shares, or the mean, by weight, whatever the row."""
    values, weights = _known(train)
    if not classes:
        mean = float(np.average(values.to_numpy(dtype=np.float64), weights=weights))
        return pd.DataFrame({PREDICTION: mean}, index=rows.index)
    totals = _totals(values, weights)
    shares = {str(value): total / weights.sum() for value, total in totals.items()}
    constant = {PROBABILITY + name: np.full(len(rows), shares.get(name, 0.0)) for name in classes}
    return pd.DataFrame({PREDICTION: pd.Series(totals.idxmax(), index=rows.index), **constant}, index=rows.index)


@dataclass(frozen=True)
class Guesses:
    """Random guesses: a target drawn as often as training rows have it; for classes, probabilities drawn as well.

    Parameters
    ----------
    draws : tuple of Sample
        The same rows guessed anew each time; scores are means over them.
    frame : DataFrame
        The first draw, as predictions.

    Notes
    -----
    What is drawn for a row depends on its id and on which rows are judged with it, not on their order: each fold has
    guesses of its own, and the same rows the same ones.
    """

    draws: tuple[Sample, ...]
    frame: pd.DataFrame

    @classmethod
    def of(cls, train: Rows, judged: Sample, rows: Rows, evenly: bool = False) -> Guesses:
        """Guess the evaluated rows.

        Parameters
        ----------
        train : Rows
            Rows whose targets are drawn from.
        judged : Sample
            The evaluated rows, as the model's scores read them.
        rows : Rows
            The same rows, with their ids.
        evenly : bool
            Whether each different target is drawn as often as any other.
        """
        ids = hash_ids(rows.ids).view(np.int64)
        together = (int(ids.sum()) + evenly) % 2**32  # another number for each set of rows
        values, chances = _drawn_from(train)
        chances = np.arange(1, len(values) + 1) / len(values) if evenly else chances
        codes = {name: float(code) for code, name in enumerate(judged.classes)}
        coded = np.array([codes.get(str(value), np.nan) for value in values]) if codes else values.astype(np.float64)
        draws, targets = [], []
        for draw in range(min(-(-GUESSED // len(ids)), MOST_DRAWS)):
            streams = range(draw * (1 + len(codes)), (draw + 1) * (1 + len(codes)))
            even, *raw = (uniform(hash_ids(ids, (stream << 32) + together)) for stream in streams)
            chosen = np.minimum(np.searchsorted(chances, even, side="right"), len(values) - 1)
            shares = np.column_stack(raw) / np.sum(raw, axis=0)[:, None] if codes else None
            said = Levels(chosen, tuple(values.tolist()), tuple(map(str, values))) if codes else None
            draws.append(
                replace(judged, prediction=coded[chosen], probabilities=shares, scores=None, said=said, times=None)
            )
            targets.append(values[chosen])
        guessed = {} if draws[0].probabilities is None else dict(enumerate(draws[0].probabilities.T))
        shares_of = {PROBABILITY + name: guessed[place] for place, name in enumerate(judged.classes)}
        return cls(tuple(draws), pd.DataFrame({PREDICTION: targets[0], **shares_of}, index=rows.index))

    def shift(self, score: Metric | Callable[[Sample], float]) -> float:
        """Return how far the mean score over all draws lies from that of the first."""
        if len(self.draws) == 1:
            return 0.0
        values = [score(each) for each in self.draws]
        return float(np.mean(values) - values[0]) if np.isfinite(values).all() else 0.0  # guesses of 0 amounts


def _totals(values: pd.Series, weights: NDArray[np.float64]) -> pd.Series:
    """Return the weight of each different target, in order."""
    levels = Levels.of(values)
    if levels.may_be_null:
        return pd.Series(weights, index=values.index).groupby(values.to_numpy(), observed=True).sum()
    return pd.Series(np.bincount(levels.places, weights, len(levels.values)), index=list(levels.values))


def _known(train: Rows) -> tuple[pd.Series, NDArray[np.float64]]:
    """Return the known targets of a weight above 0, and their weights."""
    target, weight = train.y, train.weight
    known = target.notna().to_numpy()
    if weight is None:
        return target[known], np.ones(int(known.sum()))
    weights = known_weights(weight[known], "the train part")
    return target[known][weights > 0], weights[weights > 0]


def _drawn_from(train: Rows) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return the different targets in order and up to where each is drawn, between 0 and 1."""
    values, weights = _known(train)
    levels = Levels.of(values)
    if levels.may_be_null:
        codes, different = pd.factorize(values, sort=True)
    else:
        codes, different = levels.places, pd.Index(levels.values, dtype=values.dtype)
    totals = np.bincount(codes, weights, len(different))
    return np.asarray(different), np.cumsum(totals) / totals.sum()


def rule_name(baseline: Any) -> str:
    """Return the name of a baseline."""
    if isinstance(baseline, Predicts):
        registered = str(getattr(baseline, "reference", ""))
        return registered.removeprefix("models:/") if registered.startswith("models:/") else "earlier model"
    return baseline if isinstance(baseline, str) else str(getattr(baseline, "__name__", type(baseline).__name__))


def rule_predictions(
    baseline: Any, train: Rows, rows: pd.DataFrame, classes: Sequence[str], asked: Callable[[], pd.DataFrame]
) -> pd.DataFrame:
    """Return the predictions of a user's baseline.

    Parameters
    ----------
    baseline : str, callable, object with ``learn(train)``, or model
        The name of a column that holds them, or a model that was loaded.
        ``rule(frame)`` returns, for each row, a number (the probability of the event,
        or the predicted value), a class, or a frame of prediction columns; of several targets, a frame with a column
        of such values for each. ``learn(train)`` returns such a rule.
    train : Rows
        Training rows.
    rows : DataFrame
        The evaluated rows.
    classes : sequence of str
        Of the target; none for numbers.
    asked : callable
        Returns the evaluated rows as a request brings them.
    """
    if isinstance(baseline, Predicts):
        return _of_model(baseline, asked(), classes)
    if isinstance(baseline, str):
        require_columns(rows.columns, [baseline], "baselines=", "name a column of the rows")
        answer: Any = rows[baseline]
    else:
        rule: Rule = baseline.learn(train) if hasattr(baseline, "learn") else baseline
        answer = rule(rows.copy(deep=False))
    if isinstance(answer, pd.DataFrame) and len(train.roles.targets) > 1 and train.roles.target in answer.columns:
        answer = answer[train.roles.target]
    if isinstance(answer, pd.DataFrame):
        return _own_columns(answer, rule_name(baseline), rows, classes)
    values = np.asarray(answer)
    if values.shape != (len(rows),):
        raise ContractError(
            f"the baseline {rule_name(baseline)} returned shape {values.shape} for {len(rows):,} rows",
            "return one value for each row",
        )
    if not classes:
        return pd.DataFrame({PREDICTION: _as_numbers(values, rule_name(baseline))}, index=rows.index)
    if len(classes) == 2 and values.dtype == bool and "True" not in classes:
        values = values.astype(np.float64)  # a rule answers whether it expects the event
    if len(classes) == 2 and np.issubdtype(values.dtype, np.number) and ((values >= 0) & (values <= 1)).all():
        return _from_probability(_of_event(values, train, classes[EVENT]), train, rows, classes)
    _refuse_other_classes(values, train, rule_name(baseline))
    return pd.DataFrame({PREDICTION: pd.Series(answer, index=rows.index)})


def _of_model(model: Predicts, rows: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Return what a model says of rows; with other classes than those that are judged its decisions alone."""
    missing = [name for name in model.inputs if name not in rows.columns]
    if missing:
        raise DataError(
            f"the baseline {rule_name(model)} needs {', '.join(map(repr, missing))}, which the rows do not have",
            "leave it out of baselines=, or name a model of the same columns",
        )
    said = model.predict(rows)
    shares = [PROBABILITY + name for name in classes]
    return said[[PREDICTION, *(shares if set(shares) <= set(said.columns) else [])]]


def _as_numbers(values: NDArray[Any], who: str) -> NDArray[np.float64]:
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ContractError(
            f"the baseline {who} holds {values[0]!r}, and the target is a number", "return a number for each row"
        ) from error


def _refuse_other_classes(values: NDArray[Any], train: Rows, who: str) -> None:
    """Raise for answers of which most are no classes of the target."""
    known = list(map(str, train.y.dropna().unique()))
    other = [value for value in values.tolist() if not pd.isna(value) and str(value) not in known]
    if 2 * len(other) > len(values):
        raise ContractError(
            f"the baseline {who} holds {other[0]!r}, which is no class of the target ({listed(known)})",
            "return a class for each row, or of two classes the probability of the event, between 0 and 1",
        )


def _of_event(values: Any, train: Rows, event: str) -> Any:
    """Return answers as probabilities of the event; whole numbers that are classes are meant as these."""
    known = train.y.dropna().unique().tolist()
    if values.dtype.kind in "iu" and set(values.tolist()) <= set(known):
        return np.isin(values, [value for value in known if str(value) == event]).astype(np.float64)
    return values.astype(np.float64)


def _own_columns(answer: pd.DataFrame, who: str, rows: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Return the columns of a rule's answer that are predictions: of the classes that are judged, no others."""
    wanted = [PROBABILITY + name for name in classes]
    shares = [name for name in wanted if name in answer.columns]
    if len(answer) != len(rows) or (PREDICTION not in answer.columns and not shares):
        raise ContractError(
            f"the baseline {who} returned {len(answer):,} rows with {', '.join(map(str, answer.columns))} "
            f"for {len(rows):,} rows",
            f"return for each row {PREDICTION!r}" + (f", {', '.join(map(repr, wanted))}" if wanted else ""),
        )
    lacking = [name for name in wanted if name not in shares]
    if shares and lacking:
        raise ContractError(f"the baseline {who} returned no {lacking[0]!r}", f"return {', '.join(map(repr, wanted))}")
    if PREDICTION in answer.columns:
        return answer[[PREDICTION, *shares]]
    likeliest = np.array(classes)[answer[shares].to_numpy(dtype=np.float64).argmax(axis=1)]
    return with_columns(answer[shares], {PREDICTION: likeliest})


def _from_probability(values: Any, train: Rows, rows: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    by_text = {str(value): value for value in train.y.dropna().unique()}
    labels = pd.Series([by_text.get(name, name) for name in classes])
    chosen = labels.array.take((values >= 0.5).astype(int))
    probabilities = {PROBABILITY + classes[0]: 1 - values, PROBABILITY + classes[1]: values}
    return pd.DataFrame({PREDICTION: pd.Series(chosen, index=rows.index), **probabilities}, index=rows.index)
