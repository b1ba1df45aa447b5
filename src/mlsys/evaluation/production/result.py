"""Results with an interval, and p-values in words."""

from __future__ import annotations

from dataclasses import dataclass

from mlsys.pages import p_value
from mlsys.steps import Result


@dataclass(frozen=True, repr=False)
class IntervalResult(Result):
    """A result whose scalars hold the ends of an interval."""

    @property
    def lower(self) -> float:
        """Lower end of the interval."""
        return self.scalars["lower"]

    @property
    def upper(self) -> float:
        """Upper end of the interval."""
        return self.scalars["upper"]


def p_in_words(p: float) -> str:
    """Return a p-value as it stands in a sentence.

    Examples
    --------
    >>> p_in_words(0.0312), p_in_words(0.00001)
    ('p = .031', 'p < .001')
    """
    shown = p_value(p)
    return f"p {shown}" if shown.startswith("<") else f"p = {shown}"
