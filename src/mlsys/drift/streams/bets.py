"""Bets: evidence that a loss has risen, as the capital of gamblers who bet on it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STAKES = 0.8 / 2.0 ** np.arange(7)
"""Shares of the capital that gamblers stake. The best share for errors that rise from 20 to 30 % is .1; a stake of all
would be ruined by the first loss of nothing."""
LARGEST = 1e100
"""Losses, in multiples of the mean, and capital count as at most this, so that nothing overflows; a gambler who is paid
less than was won stays honest."""
FIRST_PIECE, PIECE = 64, 4_096
"""Losses that are taken at once after an alarm, and later: what comes after an alarm in a piece is reckoned again."""


def _nothing() -> Floats:
    return np.zeros(len(STAKES))


def every_start(first: int, many: int) -> Floats:
    """Return the logarithm of the capital that enters with each loss: 1, as in the sum of Shiryaev and Roberts."""
    return np.zeros(many)


def spread_starts(first: int, many: int) -> Floats:
    """Return the logarithm of the capital that enters with each loss, of which there is 1 in all.

    Notes
    -----
    ``1 / log2(t + 1) - 1 / log2(t + 2)`` enters with loss ``t``: the terms cancel in a sum, and they shrink so slowly
    that a change after 2,500 losses costs a delay of 12 natural logarithms over the evidence of one sample.

    Examples
    --------
    >>> float(np.exp(spread_starts(1, 3)).sum()).__round__(3)  # 1 - 1 / log2(5)
    0.569
    """
    t = np.arange(first, first + many, dtype=np.float64)
    # Differences of nearly equal numbers would lose their digits.
    entering: Floats = np.log(np.log1p(1 / (t + 1)) * np.log(2) / (np.log(t + 1) * np.log(t + 2)))
    return entering


@dataclass
class Gamblers:
    """Capital of each gambler, and since which loss each of them has been winning; arrays with one value for each.

    Parameters
    ----------
    capital : array
        Sum of what entered with each loss, times what it has won since.
    walk : array
        Logarithm of what was won since ``since``: Page's cumulated sum.
    since : array
        Number of the first loss of the present run of wins: the likeliest beginning of a change.
    total, count : array
        Sum and number of the losses of that run.
    """

    capital: Floats = field(default_factory=_nothing)
    walk: Floats = field(default_factory=_nothing)
    since: Floats = field(default_factory=_nothing)
    total: Floats = field(default_factory=_nothing)
    count: Floats = field(default_factory=_nothing)

    @property
    def evidence(self) -> float:
        """Mean capital of the gamblers: a mixture of bets is a bet as well."""
        return float(self.capital.mean())

    def run(self) -> tuple[int, float]:
        """Return where the run of the gambler who has most began, and the mean loss since."""
        best = int(self.capital.argmax())
        return int(self.since[best]), float(self.total[best] / self.count[best])

    def bet(self, losses: Floats, numbers: Floats, highest: float, starts: Floats, threshold: float) -> int:
        """Bet on losses until the evidence reaches a threshold, and return how many were taken.

        Parameters
        ----------
        losses : array of shape (n,)
            At least 0.
        numbers : array of shape (n,)
            What these losses are called by in ``since``.
        highest : float
            The mean that losses have at most while nothing has changed, above 0.
        starts : array of shape (n,)
            Logarithm of the capital that enters with each loss.
        threshold : float
            Evidence at which to stop.

        Notes
        -----
        A gambler who stakes a share ``f`` of the capital has ``1 + f (loss / highest - 1)`` times as much after a loss.
        On average that is at most 1 as long as the mean of a loss, given all before, is at most ``highest``; it is
        never negative, whatever the loss. So no upper bound of losses is needed.
        """
        losses = np.minimum(losses, LARGEST * highest)
        wins = np.log1p(STAKES * (losses[:, None] / highest - 1))
        sums = np.cumsum(wins, axis=0)
        # capital(t) = (capital(t - 1) + entering(t)) * win(t), for all t at once.
        with np.errstate(divide="ignore"):
            entered = np.logaddexp.accumulate(np.vstack([np.log(self.capital), starts[:, None] - (sums - wins)]))[1:]
        capital = np.exp(np.minimum(entered + sums, np.log(LARGEST)))
        reached = np.flatnonzero(capital.mean(axis=1) >= threshold)
        taken = int(reached[0]) + 1 if len(reached) else len(losses)
        self.capital = capital[taken - 1]
        self._follow(losses[:taken], numbers[:taken], sums[:taken])
        return taken

    def _follow(self, losses: Floats, numbers: Floats, sums: Floats) -> None:
        """Let the run of each gambler begin after the last loss but one at which the capital was lowest."""
        before = self.walk + np.vstack([np.zeros_like(self.walk), sums[:-1]])
        lowest = len(before) - 1 - np.argmin(before[::-1], axis=0)
        least = before[lowest, np.arange(before.shape[1])]
        anew, totals = least <= 0, np.concatenate([[0.0], np.cumsum(losses)])
        self.total = totals[-1] + np.where(anew, -totals[lowest], self.total)
        self.count = len(losses) + np.where(anew, -lowest, self.count)
        self.since = np.where(anew, numbers[lowest], self.since)
        self.walk = self.walk + sums[-1] - np.minimum(least, 0)
