"""Sample ratio mismatch: arms that are not as large as they should be have not been compared by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlsys.evaluation.production.result import p_in_words
from mlsys.evaluation.production.sequences import share_evidence

Values = NDArray[np.float64]
LEAST_P = 0.001
"""The chance of a false refusal; a mismatch that is a defect shows far smaller ones (Fabijan et al. 2019)."""


@dataclass(frozen=True)
class Mismatch:
    """Whether the arms are as large as they should be.

    Parameters
    ----------
    expected, found : float
        Share of the challenger.
    p : float
        Of the chi-square test on all rows; at all looks together where there are several.
    what : str
        The rows that were counted, in words.
    """

    expected: float
    found: float
    p: float
    what: str = "rows"

    @property
    def is_one(self) -> bool:
        """Whether nothing that the rows say may be believed."""
        return self.p < LEAST_P

    def __str__(self) -> str:
        said = "are not as large as they should be" if self.is_one else "are as large as they should be"
        shares = f"{self.found:.1%} of {self.what} are the challenger's, {self.expected:.1%} expected"
        return f"arms {said}: {shares} ({p_in_words(self.p)})"


def chi_square(champion: float, challenger: float, share: float) -> float:
    """Return the p-value of the chi-square test that a share of rows is the challenger's.

    Examples
    --------
    >>> round(chi_square(5_000, 5_200, 0.5), 3)
    0.048
    """
    from scipy.special import chdtrc

    rows = champion + challenger
    expected = rows * (1 - share), rows * share
    return float(chdtrc(1, (champion - expected[0]) ** 2 / expected[0] + (challenger - expected[1]) ** 2 / expected[1]))


def mismatch_of(
    champion: Sequence[float] | Values, challenger: Sequence[float] | Values, share: float, what: str = "rows"
) -> Mismatch:
    """Compare the rows of both arms, up to each look, with the share that the challenger should have.

    Notes
    -----
    One look: the chi-square test. Several: the sequential test of Lindon and Malek (2022), whose p-value holds at all
    of them together.
    """
    ones, others = np.asarray(champion, dtype=np.float64), np.asarray(challenger, dtype=np.float64)
    p = chi_square(ones[-1], others[-1], share)
    if len(ones) > 1:
        p = min(1.0, 1 / float(share_evidence(others, ones + others, share)[-1]))
    return Mismatch(share, float(others[-1] / (ones[-1] + others[-1])), p, what)
