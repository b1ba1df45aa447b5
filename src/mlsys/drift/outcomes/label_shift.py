"""Shares of classes today, from predictions alone: black-box shift estimation, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.drift.outcomes.outcomes import AMOUNT, Outcomes

Floats = NDArray[np.float64]
DRAWS = 200
ROUNDS = 1_000
"""Rounds of EM at most."""
HALVINGS = 30
"""Of the interval that a share lies in."""
LEAST_TOLD_APART = 0.1
"""Smallest singular value of the predictions' shares by class: below, predictions hardly tell classes apart."""


@dataclass(frozen=True)
class LabelShift:
    """Shares of classes: in the reference, and today as estimated from predictions.

    Parameters
    ----------
    table : DataFrame
        ``class``, ``before``, ``now``, ``lower``, ``upper``; empty if not assessed.
    moved : bool
        Whether the interval of a class excludes its share in the reference.
    why_not : str
        Why nothing is estimated; empty otherwise.
    fits : float
        p of the hypothesis that only the shares of classes changed; small if something else did.
    """

    table: pd.DataFrame
    moved: bool = False
    why_not: str = ""
    fits: float = 1.0

    def said(self) -> str:
        """Say it in a few words."""
        if self.why_not:
            return self.why_not
        row = self.table.iloc[int((self.table["now"] - self.table["before"]).abs().to_numpy().argmax())]
        return (
            f"share of {row['class']} {row['before']:.1%} to {row['now']:.1%} "
            f"[{row['lower']:.1%}, {row['upper']:.1%}], estimated from predictions"
        )


def label_shift(reference: Outcomes, by_bin: Floats, seed: int = 0) -> LabelShift:
    """Estimate the shares of classes among rows without labels.

    Parameters
    ----------
    reference : Outcomes
        Labelled, of classes.
    by_bin : ndarray of shape (bins,)
        Today's rows by bin of the prediction.
    seed : int
        Of the bootstrap.

    Returns
    -------
    LabelShift
        Not assessed where predictions hardly tell the classes apart, or for numbers.

    Notes
    -----
    Black-box shift estimation (Lipton, Wang and Smola, ICML 2018) over bins of the prediction rather than the confusion
    matrix: if only the shares of classes changed, predictions are distributed within a class as before, so that today's
    are a mixture. Its shares by maximum likelihood; 95 % intervals for all classes together (Bonferroni), with the
    spread of estimates over draws of reference and today (multinomial).
    """
    from scipy.special import ndtri

    table = pd.DataFrame(columns=["class", "before", "now", "lower", "upper"])
    held = reference.counts.sum(axis=0) >= 5
    if reference.kind == AMOUNT:
        return LabelShift(table, why_not="the target is a number")
    if held.sum() < 2 or not by_bin.sum():
        return LabelShift(table, why_not="the reference has fewer than two classes with five rows")
    counts = reference.counts[:, held]
    within = counts / counts.sum(axis=0)
    told_apart = float(np.linalg.svd(within * np.sqrt(1 / np.maximum(within.mean(axis=1), 1e-12))[:, None] /
                                     np.sqrt(within.shape[1]), compute_uv=False)[-1])  # fmt: skip
    if told_apart < LEAST_TOLD_APART:
        return LabelShift(table, why_not="predictions hardly tell the classes apart, so that their shares are not seen")
    before = counts.sum(axis=0) / counts.sum()
    now = _mixture(within, by_bin)
    rng = np.random.default_rng(seed)
    tail = 0.025 / len(before)
    half = -float(ndtri(tail)) * np.std(_drawn_again(rng, counts, by_bin), axis=0, ddof=1)
    lower, upper = np.clip(now - half, 0, 1), np.clip(now + half, 0, 1)
    names = [name for name, has in zip(reference.classes, held, strict=True) if has]
    table = pd.DataFrame({"class": names, "before": before, "now": now, "lower": lower, "upper": upper})
    moved = bool(((lower > before) | (upper < before)).any())
    return LabelShift(table, moved, fits=_fits(counts, within @ now, by_bin, now))


def _drawn_again(rng: np.random.Generator, counts: Floats, by_bin: Floats) -> Floats:
    """Return the shares of classes for draws of both sides, shape (draws, classes).

    Today's rows are drawn with one more that is like the reference: few rows in one bin do not make the others
    impossible, and an interval without width.
    """
    again = rng.multinomial(int(counts.sum()), counts.ravel() / counts.sum(), DRAWS).reshape(DRAWS, *counts.shape)
    possible = (by_bin + counts.sum(axis=1) / counts.sum()) / (by_bin.sum() + 1)
    today = rng.multinomial(int(by_bin.sum()), possible, DRAWS)
    return _mixture(again / np.maximum(again.sum(axis=1, keepdims=True), 1), today.astype(np.float64))


def _mixture(within: Floats, by_bin: Floats) -> Floats:
    """Return the shares of classes whose mixture is nearest to today's predictions: maximum likelihood.

    The likelihood of a multinomial mixture is concave in the shares: of two classes its slope is halved in on, of more
    EM ends in the same place from anywhere (Saerens, Latinne and Decaestecker, Neural Computation 2002). Leading axes
    are problems of their own.
    """
    safe = within + 1e-9
    weights = (by_bin / by_bin.sum(axis=-1, keepdims=True))[..., None]
    if safe.shape[-1] == 2:  # noqa: PLR2004
        return _mixture_of_two(safe, weights[..., 0])
    shares = np.full((*within.shape[:-2], 1, within.shape[-1]), 1 / within.shape[-1])
    for _ in range(ROUNDS):
        joint = safe * shares
        moved = (weights * joint / joint.sum(axis=-1, keepdims=True)).sum(axis=-2, keepdims=True)
        done = np.abs(moved - shares).max() < 1e-7
        shares = moved
        if done:
            break
    return np.asarray(shares[..., 0, :])


def _mixture_of_two(within: Floats, weights: Floats) -> Floats:
    first, gap = within[..., 0], within[..., 1] - within[..., 0]
    low = np.zeros(np.broadcast_shapes(first.shape, weights.shape)[:-1])
    high = np.ones_like(low)
    for _ in range(HALVINGS):
        share = (low + high) / 2
        rises = (weights * gap / (first + share[..., None] * gap)).sum(axis=-1) > 0
        low, high = np.where(rises, share, low), np.where(rises, high, share)
    return np.stack([1 - share, share], axis=-1)


def _fits(counts: Floats, mixed: Floats, by_bin: Floats, now: Floats) -> float:
    """Return p of chi-square between today's predictions and the mixture, which the reference knows with error too."""
    from scipy.special import chdtrc

    m, n = by_bin.sum(), counts.sum(axis=0)
    within = counts / n
    variance = mixed / m + (now**2 * within / n).sum(axis=1)
    used = mixed * m >= 5
    freedom = int(used.sum()) - len(now)
    if freedom < 1:
        return 1.0
    gap = (by_bin / m - mixed)[used]
    return float(chdtrc(freedom, float((gap**2 / variance[used]).sum())))
