"""Pseudo labels: what training rows without a label are given, and how right that is on labels that were held out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from mlsys.dataset import TRAINING_WEIGHT, weights_before
from mlsys.labeling._classifier import Coded, coded
from mlsys.pages import drawing
from mlsys.steps import Field, Result, TrainOnly
from mlsys.steps.splitting import fold_numbers, split_keys
from mlsys.summaries.wilson import share_interval
from mlsys.values import with_columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from mlsys.dataset import Rows


@dataclass
class Round:
    """One round: rows (places) that got a class, those that would have but for perturbation, and those asked."""

    places: NDArray[np.int64]
    codes: NDArray[np.int64]
    shares: NDArray[np.float64]
    unstable: int
    asked: int


class PseudoLabels(TrainOnly):
    """Give training rows without a label one that a model is sure of; subclasses say which in ``rounds_of``."""

    takes_unlabelled: ClassVar[bool] = True
    features: str | tuple[str, ...] | list[str] | None = Field(default=None, kw_only=True)
    gold_share: float = Field(default=0.2, ge=0, lt=1, kw_only=True)
    weight: Literal["one", "probability"] = Field(default="one", kw_only=True)

    def rounds_of(self, train: Rows, known: NDArray[np.int64], count: int, rng: np.random.Generator) -> list[Round]:
        """Return the rounds; ``known`` are codes of classes, -1 where the label is not shown."""
        raise NotImplementedError

    @property
    def weighs_by(self) -> str:
        """The column of the probabilities."""
        return TRAINING_WEIGHT if self.weight == "probability" else ""

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the features."""
        if self.features is None:
            return tuple(columns)
        return (self.features,) if isinstance(self.features, str) else tuple(self.features)

    def learn(self, train: Rows, rng: np.random.Generator) -> dict[str, Any]:
        """Return the class and its probability by row, and what each round was worth on held-out gold labels."""
        target = coded(train.y, self.title)
        held = held_out(train, target, self.gold_share, int(rng.integers(2**31)))
        rounds = self.rounds_of(train, np.where(held, -1, target.codes), len(target), rng)
        given, shares = target.codes.copy(), np.ones(len(train))
        for each in rounds:
            open_rows = target.codes[each.places] < 0
            given[each.places[open_rows]] = each.codes[open_rows]
            shares[each.places[open_rows]] = each.shares[open_rows]
        return {
            "codes": given,
            "shares": shares,
            "rounds": [_worth(number, each, target.codes, held) for number, each in enumerate(rounds, 1)],
            "unknown": int((target.codes < 0).sum()),
            "held_out": int(held.sum()),
            "step": self.title,
        }

    def change(self, train: Rows, rng: np.random.Generator, state: dict[str, Any]) -> pd.DataFrame:
        """Return the training rows with pseudo labels where the label was unknown; what stays unknown stays null."""
        target, frame = coded(train.y, self.title), pd.DataFrame(train)
        name = str(train.roles.target)
        new = (target.codes < 0) & (state["codes"] >= 0)
        filled = frame[name].copy()
        filled.iloc[np.flatnonzero(new)] = target.classes.take(state["codes"][new])
        changed = {name: filled}
        if self.weighs_by:
            given = weights_before(frame, train.weight, self.title)
            changed[TRAINING_WEIGHT] = pd.Series(given * np.where(new, state["shares"], 1.0), frame.index)
        return with_columns(frame, changed)

    def told(self, state: dict[str, Any]) -> Result:
        """Return how right the pseudo labels are, round by round."""
        return pseudo_report(state)


def held_out(train: Rows, target: Coded, share: float, seed: int) -> NDArray[np.bool_]:
    """Return which labelled rows are hidden to measure by: whole groups, a share of every class, never all of one."""
    known = target.codes >= 0
    if not share:
        return np.zeros(len(known), dtype=bool)
    keys = split_keys(pd.DataFrame(train), train.roles)[known]
    hidden = np.zeros(len(known), dtype=bool)
    hidden[known] = fold_numbers(keys, max(round(1 / share), 2), seed) == 0
    left = np.bincount(target.codes[known & ~hidden], minlength=len(target))
    return hidden & ~np.isin(target.codes, np.flatnonzero(left == 0))


def _worth(number: int, made: Round, truth: NDArray[np.int64], held: NDArray[np.bool_]) -> dict[str, Any]:
    gold = held[made.places]
    right = int((truth[made.places[gold]] == made.codes[gold]).sum())
    share, lower, upper = share_interval(right, int(gold.sum()))
    return {
        "round": number,
        "asked": made.asked,
        "labelled": int((truth[made.places] < 0).sum()),
        "unstable": made.unstable,
        "gold": int(gold.sum()),
        "right": right,
        "accuracy": share,
        "lower": lower,
        "upper": upper,
    }


_COLUMNS = ("round", "asked", "labelled", "unstable", "gold", "right", "accuracy", "lower", "upper")


def pseudo_report(state: dict[str, Any]) -> Result:
    """Return the result of a step that made pseudo labels: one row a round, and all rounds together."""
    table = pd.DataFrame(state["rounds"], columns=list(_COLUMNS))
    labelled, gold, right = (int(table[name].sum()) for name in ("labelled", "gold", "right"))
    share, lower, upper = share_interval(right, gold)
    judged = (
        f"of {gold:,} held-out labels that got one too, {share:.1%} [{lower:.1%}, {upper:.1%}] are right"
        if gold
        else "no held-out label got one, so their accuracy is not known"
    )
    return Result(
        "pseudo labels",
        table,
        scalars={
            "labelled": labelled, "unknown": state["unknown"], "held_out": state["held_out"], "gold": gold,
            "accuracy": share, "accuracy_lower": lower, "accuracy_upper": upper,
        },
        summary=f"{state['step']} labels {labelled:,} of {state['unknown']:,} training rows without a label; {judged}",
        draw=draw_rounds,
    )  # fmt: skip


def draw_rounds(result: Result, ax: Axes) -> None:
    """Draw the accuracy on held-out labels by round, with the number of rows that each round labelled."""
    table = result.table
    ax.errorbar(
        table["round"],
        table["accuracy"],
        yerr=[table["accuracy"] - table["lower"], table["upper"] - table["accuracy"]],
        fmt="o-",
        color=drawing.MINE,
    )
    for _, each in table.iterrows():
        if np.isfinite(each["accuracy"]):
            ax.annotate(f"{int(each['labelled']):,}", (each["round"], each["accuracy"]), (6, -12),
                        textcoords="offset points", fontsize=drawing.SMALL, color=drawing.DIM)  # fmt: skip
    ax.set(xlabel="round (rows labelled beside the point)", ylabel="share right of held-out labels", ylim=(None, 1.02))
    ax.set_xticks(table["round"])
    ax.set_title("How right are pseudo labels?", loc="left")
    drawing.bare(ax)
