"""Looks at test rows: who opened them before, and what that does to what is said of them now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlsys.errors import Finding
from mlsys.leakage.remedies import REMEDIES
from mlsys.tracking import Opening


@dataclass(frozen=True)
class Looks:
    """Openings of the same test rows before this one.

    Parameters
    ----------
    model : str
        Digest of the model that looks now; empty where looks are not counted.
    openings : sequence of Opening
        Runs that opened the rows before, by any model.
    """

    model: str = ""
    openings: Sequence[Opening] = ()

    @property
    def before(self) -> int:
        """How often the rows were opened before."""
        return sum(each.times for each in self.openings)

    @property
    def models(self) -> int:
        """How many different models have been judged by these rows, this one included."""
        return len({each.model for each in self.openings} | {self.model})

    def of(self, run: str) -> int:
        """Return how often a run opened them before."""
        return sum(each.times for each in self.openings if each.run == run)

    @property
    def sentence(self) -> str:
        """What a card says; empty for a first look.

        Examples
        --------
        >>> Looks("a").sentence
        ''
        """
        if not self.before:
            return ""
        said = f"{self.before} time{'s' if self.before > 1 else ''} before, by any model: this is not the first look"
        if self.models == 1:
            return f"{said}, but no other model was evaluated on them"
        return (
            f"{said}; intervals hold for {self.models} models together (Bonferroni), if none was changed because of "
            "what an earlier look showed: for that no interval is wide enough, only fresh rows"
        )

    def findings(self) -> list[Finding]:
        """Return a warning when another model was judged by the same rows before."""
        if self.models == 1:
            return []
        return [
            Finding(
                "LK401",
                f"the test rows were opened {self.before} time{'s' if self.before > 1 else ''} before, and "
                f"{self.models} models have been evaluated on them; the best of several looks better than it is, so "
                f"{REMEDIES['opened before']}",
                "warning",
            )
        ]
