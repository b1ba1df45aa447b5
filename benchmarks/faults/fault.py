"""What a kind of fault is made of: functions that yield one outcome for each time harm was done."""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """What became of one harm done.

    Parameters
    ----------
    what : str
        Names the trial, for the one who looks for the cause.

    Attributes
    ----------
    checks : int
        How many things were looked at; a trial that looked at nothing has not been survived.
    problem : str
        What is not as it should be; empty when all is.
    lost : int
        Runs, files or answers that should be there and are not.
    waited : float
        Seconds for which the harm kept somebody waiting, beyond what the same takes without it.
    """

    what: str = ""
    checks: int = 0
    problem: str = ""
    lost: int = 0
    waited: float = 0.0

    def check(self, holds: bool, otherwise: str, lost: int = 0) -> bool:
        """Look at one thing; what does not hold is told, once."""
        self.checks += 1
        if not holds and otherwise not in self.problem:
            self.problem = f"{self.problem}; {otherwise}" if self.problem else otherwise
        if not holds:
            self.lost += lost
        return holds


@dataclass(frozen=True)
class Line:
    """One line of the table, as measured on a day."""

    tried: str
    times: int
    survived: int
    checks: int
    lost: int
    wait: float
    fell_short: tuple[str, ...]
    on: str

    def __add__(self, more: Line) -> Line:
        """Return the line of both, measured in two parts."""
        return Line(
            more.tried,
            self.times + more.times,
            self.survived + more.survived,
            self.checks + more.checks,
            self.lost + more.lost,
            max(self.wait, more.wait),
            (*self.fell_short, *more.fell_short),
            more.on,
        )


@dataclass(frozen=True)
class Fault:
    """One kind of harm: how it is called, how often it is done, and what does it."""

    tried: str
    times: int
    do: Callable[[int], Iterable[Outcome]]

    @property
    def name(self) -> str:
        """Kind and function, as they are asked for at the command line."""
        return f"{self.do.__module__.rpartition('.')[2]}.{self.do.__name__}"

    def measured(self, times: int | None = None, after: int = 0) -> Line:
        """Do it, after so many times that were measured before; what falls short, or ends early, is told."""
        wanted, line = times or self.times, _Sum(self.name)
        _before[0] = after
        try:
            for outcome in self.do(wanted):
                line.add(outcome)
        except Exception as error:  # what the harness cannot go on from is no line that stands
            line.problems.append(f"ended early: {type(error).__name__}: {error}")
        if line.times < wanted:
            line.problems.append(f"{line.times} of {wanted} times only")
        today = f"{datetime.date.today():%Y-%m-%d}"
        return Line(self.tried, line.times, line.survived, line.checks, line.lost, round(line.wait, 1),
                    tuple(line.problems), today)  # fmt: skip


@dataclass
class _Sum:
    name: str
    times: int = 0
    survived: int = 0
    checks: int = 0
    lost: int = 0
    wait: float = 0.0
    problems: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def add(self, outcome: Outcome) -> None:
        problem = outcome.problem or ("" if outcome.checks else "nothing was looked at")
        self.times += 1
        self.survived += not problem
        self.checks += outcome.checks
        self.lost += outcome.lost
        self.wait = max(self.wait, outcome.waited)
        if problem:
            self.problems.append(f"{outcome.what}: {problem}" if outcome.what else problem)
        said = f"FELL SHORT: {problem}" if problem else f"{outcome.checks} checks"
        passed = time.monotonic() - self.began
        print(f"{passed:6.0f} s {self.name} {self.times} {outcome.what}: {said}", file=sys.stderr, flush=True)


FAULTS: dict[str, Fault] = {}
_before = [0]


def seed(of: int) -> int:
    """Return the seed of what is drawn now: another one in each part of a line that is measured in parts.

    Parameters
    ----------
    of : int
        The line's own.
    """
    return of + 1_000_003 * _before[0]


def fault(tried: str, times: int) -> Callable[[Callable[[int], Iterator[Outcome]]], Callable[[int], Iterator[Outcome]]]:
    """Register a function that does harm so many times and yields an outcome each time.

    Parameters
    ----------
    tried : str
        The line's first column.
    times : int
        How often, unless the command says otherwise.
    """

    def registered(do: Callable[[int], Iterator[Outcome]]) -> Callable[[int], Iterator[Outcome]]:
        found = Fault(tried, times, do)
        FAULTS[found.name] = found
        return do

    return registered
