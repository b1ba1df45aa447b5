"""Judging: ask about rows before and after each change, and put a result together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.evaluation.behaviour.answers import Answers, Asked, answers
from mlsys.evaluation.behaviour.behaviour import ALL, Behaviour, draw_failing
from mlsys.evaluation.behaviour.changes import Change
from mlsys.evaluation.behaviour.failing import Failing, Sampling, failing
from mlsys.evaluation.behaviour.rules import Rule
from mlsys.evaluation.intervals import at_once
from mlsys.evaluation.verdicts import verdict_of
from mlsys.secrets import hidden

LEVEL = 0.95
MOST_WORST = 20
_COLUMNS = ["change", "slice", "n", "failing", "lower", "upper", "typical", "largest", "flipped", "verdict", "note"]


@dataclass(frozen=True)
class Moved:
    """What a change came to: which rows it changed, by how much they moved, and which of them fail."""

    change: Change
    changed: NDArray[np.bool_]
    moves: NDArray[np.float64]
    fails: NDArray[np.bool_]
    flipped: NDArray[np.bool_] | None
    after: Answers | None
    note: str = ""


@dataclass(frozen=True)
class Judging:
    """Asks a model about rows before and after changes.

    Parameters
    ----------
    asked : Asked
        The model.
    frame : DataFrame
        Rows as a request brings them.
    rule : Rule
        What each row must do.
    most : float
        The share of failing rows that is admitted.
    who : str
        Of the step, for messages.
    event : object
        The class that is asked about.
    """

    asked: Asked
    frame: pd.DataFrame
    rule: Rule
    most: float
    who: str
    event: Any = None

    def result(
        self,
        name: str,
        changes: Sequence[Change],
        slices: Mapping[str, NDArray[np.bool_]],
        sampling: Sampling,
        part: str,
        learned: str,
    ) -> Behaviour:
        """Return the result of a test."""
        if not changes:
            return Behaviour(name, pd.DataFrame(), verdict="not assessed", summary="no column can be changed so")
        before = answers(self.asked, self.frame, self.event)
        self.rule.refuse(before, self.who)
        different = [change for change in changes if change.of(self.frame).any()]
        found = [self._moved(change, before) for change in different or changes[:1]]
        level = at_once(LEVEL, len(found))
        overall = [failing(each.fails[each.changed], self.most, level, sampling.taken(each.changed)) for each in found]
        rows = [_row(each, ALL, each.changed, share) for each, share in zip(found, overall, strict=True)]
        within = at_once(LEVEL, len(found) * max(len(slices), 1))
        for each in found:
            for slice_, mask in slices.items():
                inside = each.changed & mask
                if not inside.any():
                    continue
                share = failing(each.fails[inside], self.most, within, sampling.taken(inside))
                rows.append(_row(each, slice_, inside, share))
        worst = _worst_of(overall)
        must = self.rule.said(before.unit)
        return Behaviour(
            name,
            pd.DataFrame(rows, columns=_COLUMNS),
            scalars={"failing": overall[worst].share, "failing_upper": overall[worst].upper},
            verdict=verdict_of(share.verdict for share in overall),
            summary=self._sentence(found, overall, worst, must, learned),
            draw=draw_failing,
            unit=before.unit,
            must=must,
            tolerance=self.rule.tolerated(before),
            most=self.most,
            part=part,
            worst=_worst(self.frame, before, found),
        )

    def _moved(self, change: Change, before: Answers) -> Moved:
        """Ask about the changed rows; a model that refuses them fails on all."""
        changed = change.of(self.frame)
        moves = np.zeros(len(self.frame))
        read = any(name in self.asked.inputs for name in change.by_column)
        if not changed.any() or not read:
            note = "" if read else f"the model does not read {change.column!r}"
            return Moved(change, changed, moves, self.rule.fails(moves, before) & changed, None, None, note)
        try:
            after = answers(self.asked, change.applied(self.frame), self.event)
            moves = before.moves(after)
        except Exception as error:  # whatever the model raises: the rows as they were have been answered
            said = hidden(f"{type(error).__name__}: {error}".splitlines()[0])
            moves = np.full(len(self.frame), np.nan)
            return Moved(change, changed, moves, changed, None, None, f"the model refuses the rows: {said}")
        return Moved(change, changed, moves, self.rule.fails(moves, before) & changed, before.flipped(after), after)

    def _sentence(self, found: Sequence[Moved], overall: Sequence[Failing], worst: int, must: str, learned: str) -> str:
        share, each = overall[worst], found[worst]
        if not share.n:
            return f"no row is different with {each.change.name}"
        of_several = f", the worst of {len(found)} changes" if len(found) > 1 else ""
        note = f"; {each.note}" if each.note else ""
        return (
            f"{share.share:.1%} of {share.n:,} rows fail [{share.lower:.1%}, {share.upper:.1%}], "
            f"{self.most:.0%} admitted: with {each.change.name}, {must}{of_several}{note}{learned}"
        )


def _worst_of(overall: Sequence[Failing]) -> int:
    """Return the place of the change that fails most surely."""
    places = [place for place, each in enumerate(overall) if each.n] or [0]
    return max(places, key=lambda place: (overall[place].lower, overall[place].share, -place))


def _row(moved: Moved, slice_: str, inside: NDArray[np.bool_], share: Failing) -> dict[str, Any]:
    moves = moved.moves[inside]
    known = moves[np.isfinite(moves)]
    flipped = None if moved.flipped is None else moved.flipped[inside]
    return {
        "change": moved.change.name,
        "slice": slice_,
        "n": share.n,
        "failing": share.share,
        "lower": share.lower,
        "upper": share.upper,
        "typical": float(np.median(known)) if len(known) else np.nan,
        "largest": float(known[np.abs(known).argmax()]) if len(known) else np.nan,
        "flipped": float(flipped.mean()) if flipped is not None and len(flipped) else np.nan,
        "verdict": share.verdict,
        "note": moved.note,
    }


def _worst(frame: pd.DataFrame, before: Answers, found: Sequence[Moved]) -> pd.DataFrame:
    """Return the failing rows that moved farthest, over all changes."""
    pieces = []
    was = np.array(before.shown(), dtype=object)
    for each in found:
        places = np.flatnonzero(each.fails & each.changed)
        size = np.abs(np.nan_to_num(each.moves[places], nan=np.inf, posinf=np.inf, neginf=-np.inf))
        places = places[np.argsort(-size, kind="stable")][:MOST_WORST]
        told_before, told_after = each.change.told(frame, places)
        became = None if each.after is None else np.array(each.after.shown(), dtype=object)[places]
        pieces.append(
            pd.DataFrame(
                {
                    "change": each.change.name,
                    "before": pd.Series(told_before, index=frame.index[places], dtype=object),
                    "after": pd.Series(told_after, index=frame.index[places], dtype=object),
                    "was": pd.Series(was[places], index=frame.index[places]).map(str),
                    "became": None if became is None else pd.Series(became, index=frame.index[places]).map(str),
                    "move": each.moves[places],
                },
                index=frame.index[places],
            )
        )
    joined = pd.concat(pieces)
    order = np.argsort(-np.abs(joined["move"].fillna(np.inf).to_numpy()), kind="stable")
    return joined.iloc[order[:MOST_WORST]]
