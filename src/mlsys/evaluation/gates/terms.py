"""Term: a quantity compared with a bound; the verdict comes from one end of its interval."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from mlsys.errors import ConfigurationError
from mlsys.evaluation.gates.candidate import Candidate
from mlsys.evaluation.verdicts import FAIL, NOT_ENOUGH, PASS, Checked

Side = Literal["value", "lower", "upper"]
_SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


class Quantity:
    """Something of a candidate that can be compared with a bound."""

    def read(self, candidate: Candidate) -> Mapping[str, float] | None:
        """Return ``value``, ``lower`` and ``upper``; ``None`` if it is not known."""
        raise NotImplementedError

    def unknown(self, candidate: Candidate) -> str:
        """Return why it is not known."""
        raise NotImplementedError

    def bound(self, given: Any) -> float:
        """Return a bound as a number; raise if it cannot be one."""
        raise NotImplementedError

    def said(self, value: float) -> str:
        """Return a value in words."""
        raise NotImplementedError

    def said_of_bound(self, value: float) -> str:
        """Return a bound in words."""
        return self.said(value)


@dataclass(frozen=True)
class Term:
    """A quantity compared with a bound: ``metric("roc_auc").lower >= 0.65``."""

    quantity: Quantity
    side: Side
    sign: str
    bound: float

    def __str__(self) -> str:
        end = "" if self.side == "value" else f" {self.side} end"
        return f"{self.quantity}{end} {self.sign} {self.quantity.said_of_bound(self.bound)}"

    def __bool__(self) -> bool:
        raise ConfigurationError(
            f"the gate term ({self}) was used as a truth value, as in `a <= term <= b` or `term and term`",
            "pass each comparison to Gate as a separate argument",
        )

    def check(self, candidate: Candidate) -> Checked:
        """Return term, value and verdict."""
        found = self.quantity.read(candidate)
        if found is None:
            return str(self), self.quantity.unknown(candidate), FAIL
        value = found[self.side]
        if math.isnan(value):
            return str(self), NOT_ENOUGH, NOT_ENOUGH
        return str(self), self.quantity.said(value), PASS if _SIGNS[self.sign](value, self.bound) else FAIL


class Comparable:
    """Compared with a bound, it makes a term."""

    def _compared(self, sign: str, bound: Any) -> Term:
        raise NotImplementedError

    def __ge__(self, bound: Any) -> Term:
        return self._compared(">=", bound)

    def __le__(self, bound: Any) -> Term:
        return self._compared("<=", bound)

    def __gt__(self, bound: Any) -> Term:
        return self._compared(">", bound)

    def __lt__(self, bound: Any) -> Term:
        return self._compared("<", bound)


@dataclass(frozen=True)
class Ended(Comparable):
    """One end of a quantity's interval, waiting for a comparison."""

    quantity: Quantity
    side: Side

    def _compared(self, sign: str, bound: Any) -> Term:
        return Term(self.quantity, self.side, sign, self.quantity.bound(bound))


def no_end(quantity: object, sign: str, bound: object) -> NoReturn:
    """Raise for an interval that is compared as if it were a number."""
    end = "lower" if sign in {">", ">="} else "upper"
    raise ConfigurationError(
        f"{quantity} {sign} {bound}: an interval has two ends",
        f"name one, such as {quantity!r}.{end} {sign} {bound}, or .value for the estimate",
    )
