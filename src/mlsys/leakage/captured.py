"""Find statistics and tables held by steps that all rows explain, but training rows do not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.captured_rows import rows_held
from mlsys.leakage.captured_values import COUNTS_ROWS, Holding
from mlsys.leakage.coincidence import ASKS, PROVES, by_accident
from mlsys.leakage.explaining import Explained, Explainer
from mlsys.leakage.fitted_on import columns_of, is_fitted, was_fitted_on
from mlsys.leakage.inside import Opaque
from mlsys.leakage.remedies import REMEDIES
from mlsys.leakage.statistics import MOST_GROUPS, Match, Population
from mlsys.leakage.walking import is_number
from mlsys.leakage.words import Words
from mlsys.leakage.worked_out import WEIGHTS, WorkedOut

MOST_TOLD = 3


@dataclass(frozen=True)
class _Judged:
    """What was found of one piece of data: the kind of finding, empty where there is none, and its sentence.

    ``coincidences`` are the statistics of which other rows may have the same, with their chance; ``asked`` counts the
    numbers that were compared.
    """

    kind: str = ""
    sentence: str = ""
    columns: Sequence[str] = ()
    coincidences: Mapping[tuple[Match, str], float] = field(default_factory=dict)
    asked: int = 0


@dataclass
class _Told:
    """Sentences and columns found against one step."""

    statistics: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    weights: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    columns: dict[str, list[str]] = field(default_factory=dict)
    coincidences: dict[tuple[Match, str], float] = field(default_factory=dict)
    asked: int = 0

    def add(self, judged: _Judged, columns: Sequence[str]) -> None:
        """Keep a sentence and the columns it is about."""
        getattr(self, judged.kind).append(judged.sentence)
        self.columns.setdefault(judged.kind, []).extend(columns)
        self.coincidences |= judged.coincidences

    def settle(self) -> None:
        """Decide on coincidences: together with a proof, or with one another, they are none."""
        chance = by_accident(list(self.coincidences.values()), self.asked)
        if self.questions and (self.statistics or chance <= PROVES):
            self.statistics += self.questions
            self.columns.setdefault("statistics", []).extend(self.columns["questions"])
        if self.statistics or chance > ASKS:
            self.questions = []


def captured_findings(
    held: Sequence[Holding],
    everywhere: Sequence[Population],
    training: Sequence[Population],
    train_ids: pd.Index,
    written: Mapping[str, Collection[str]],
) -> list[Finding]:
    """Return findings about data that steps hold.

    Parameters
    ----------
    held : sequence of Holding
        From :func:`mlsys.leakage.captured_values.captured_values`.
    everywhere : sequence of Population
        Rows that reach beyond the training rows; the first are all rows of the source.
    training : sequence of Population
        Training rows, with the columns of ``everywhere``.
    train_ids : Index
        Row ids of the training rows.
    written : mapping of str to collection of str
        Columns that each step writes.

    Notes
    -----
    A number is accused if it has enough digits and is a statistic over all rows but not over training rows. A mapping
    is accused if all of its groups are a statistic by group over all rows but not over training rows. A value that
    training rows also explain proves nothing. Quantiles and extremes of a column with ties may be those of other rows
    as well (:mod:`mlsys.leakage.coincidence`): they are asked about, and accused if several are beyond chance.
    """
    told: dict[str, _Told] = {}
    worked_out, words = WorkedOut(everywhere, training), Words(everywhere[0], training[0])
    estimators: dict[tuple[str, str], str] = {}
    for each in held:
        inside = next((said for (step, name), said in estimators.items()
                       if step == each.step and each.name.startswith(f"{name}.")), "")  # fmt: skip
        if inside == "explained":
            continue
        if is_fitted(each.value) and any(was_fitted_on(each.value, rows.frame, rows.targets) for rows in training):
            estimators[each.step, each.name] = "explained"
            continue
        step = told.setdefault(each.step, _Told())
        makes = [each.makes] if each.makes else sorted(written.get(each.step, ()))
        own = {each.makes, *written.get(each.step, ())}  # what was made with the data equals it everywhere
        beside = [other.value for other in held if other.step == each.step and _beside(other.name, each.name)]
        judged = _judged(each, own, everywhere, training, train_ids, beside, worked_out, words)
        step.asked += judged.asked
        if judged.kind and is_fitted(each.value):
            estimators[each.step, each.name] = "accused"
        if judged.kind and not (judged.kind == "unexplained" and inside == "accused"):
            step.add(judged, [*judged.columns, *makes])
    return [finding for name, step in told.items() for finding in _findings(name, step)]


def _beside(one: str, other: str) -> bool:
    """Whether two names are of the same object."""
    return one != other and one.rpartition(".")[0] == other.rpartition(".")[0]


def _judged(
    held: Holding,
    own: Collection[str],
    everywhere: Sequence[Population],
    training: Sequence[Population],
    train_ids: pd.Index,
    siblings: Sequence[Any],
    worked_out: WorkedOut,
    words: Words,
) -> _Judged:
    """Return what is found of one piece of data."""
    value, name = held.value, held.name
    if isinstance(value, Opaque):
        return _Judged() if held.declared else _Judged("unexplained", f"{name!r}, {value.what}, not inspected")
    if is_fitted(value):
        return _of_estimator(held, everywhere)
    if isinstance(value, pd.Index):
        value = value if len(value) <= MOST_GROUPS else value[:0]
    rows = rows_held(value, everywhere[0].frame)
    if rows is not None:
        out = int((rows & ~everywhere[0].frame.index.isin(train_ids)).sum())
        if out and not held.declared:
            said = f"{name!r} has {int(rows.sum()):,} rows of the data, {out:,} of them held out"
            return _Judged("tables", said, _shared(value, everywhere[0].frame))
        return _Judged() if held.declared else _Judged("unexplained", f"{name!r}, training rows themselves")
    explainer = Explainer(everywhere, training, own)
    if name.endswith(COUNTS_ROWS):
        found = explainer.goes_with(value, siblings)
        answers = [Explained(True, found)]
    else:
        answers = explainer.of(value)
        if not any(answer.found for answer in answers):
            further = worked_out.of(value, own)
            answers = answers if further is None else [further]
        if not any(answer.found for answer in answers):
            answers = words.of(value) or answers
    if any(answer.found for answer in answers):
        return _of_matches(held, answers)
    unexplained = not held.declared and not all(answer.by_training for answer in answers)
    return _Judged("unexplained" if unexplained else "", repr(name), asked=len(answers))


def _of_matches(held: Holding, answers: Sequence[Explained]) -> _Judged:
    """Return the finding about data that is a statistic of held-out rows, in part or as a whole."""
    chances = {answer.found: answer.chance for answer in answers if answer.found is not None}
    named = "; ".join(dict.fromkeys(_said(match, who) for match, who in [*chances][:MOST_TOLD]))
    more = f" and {len(chances) - MOST_TOLD} more" if len(chances) > MOST_TOLD else ""
    columns = [column for match, _ in chances for column in (match.column, *match.by) if column]
    said = f"{held.name!r}{_shown(held.value)} is {named}{more}"
    if all(match.statistic in WEIGHTS for match, _ in chances):
        return _Judged("weights", said, columns, asked=len(answers))
    chance = by_accident(list(chances.values()), len(answers))
    if chance > ASKS:
        return _Judged(asked=len(answers))
    kind = "statistics" if chance <= PROVES else "questions"
    return _Judged(kind, said, columns, chances if kind == "questions" else {}, len(answers))


def _shared(value: Any, data: pd.DataFrame) -> list[str]:
    """Return the columns of the data that a held table has, its row ids among them; none where they are many."""
    names = [value.name] if isinstance(value, pd.Series) else list(getattr(value, "columns", ()))
    names += list(getattr(getattr(value, "index", None), "names", ()))
    found = [str(name) for name in names if name in data.columns]
    return found if len(found) <= MOST_TOLD else []


def _of_estimator(held: Holding, everywhere: Sequence[Population]) -> _Judged:
    """Return the finding about a fitted estimator whose state equals one learned from held-out rows."""
    who = next((e.name for e in everywhere if was_fitted_on(held.value, e.frame, e.targets)), None)
    if who is None:  # what it has learned is looked at piece by piece
        return _Judged()
    said = f"{held.name!r} is a {type(held.value).__name__} fitted on {who}"
    return _Judged("statistics", said, columns_of(held.value))


def _said(match: Match, who: str) -> str:
    return f"the number of {who}" if match == Match("number of rows", "") else f"{match} over {who}"


def _shown(value: Any) -> str:
    if isinstance(value, pd.Timestamp):
        return f" ({value})"
    if np.size(value) > 1 or isinstance(value, dict):
        return f" ({np.size(list(value) if isinstance(value, dict) else value):,} values)"
    return f" ({float(value):.6g})" if is_number(value) else ""


def _findings(step: str, told: _Told) -> Iterator[Finding]:
    told.settle()
    for kind, code, severity, before, cause in (
        ("statistics", "LK220", "error", f"{step} holds values computed from held-out rows: ", "held"),
        ("weights", "LK220", "error", f"{step} holds values computed from held-out rows: ", "class weights"),
        (
            "questions",
            "LK220",
            "information",
            f"{step} may hold values computed from held-out rows: ",
            "held by chance",
        ),
        ("tables", "LK221", "error", f"{step} holds rows of the data: ", "held rows"),
        ("unexplained", "LK222", "information", f"{step} holds data not explained by the rows: ", "unexplained"),
    ):
        sentences = list(dict.fromkeys(getattr(told, kind)))
        if sentences:
            shown = "; ".join(sentences[:MOST_TOLD])
            more = f" and {len(sentences) - MOST_TOLD} more" if len(sentences) > MOST_TOLD else ""
            columns = tuple(dict.fromkeys(told.columns[kind]))
            yield Finding(code, f"{before}{shown}{more}; {REMEDIES[cause]}", severity, columns, step)
