"""What a check is, how it can end, and the report over all checks of a step."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from mlsys.errors import MlsysError
from mlsys.pages import Lines, Page, Shown, Title, Tone
from mlsys.steps import Step
from mlsys.testing.trial import Data, NotAssessed, Trial, Unsure

Ending = Literal["passed", "failed", "warning", "not assessed"]
_ORDER: tuple[Ending, ...] = ("failed", "warning", "not assessed", "passed")


class StepCheckWarning(UserWarning):
    """A step does something that may be right for its data, but often is not."""


class StepCheckFailed(MlsysError, AssertionError):
    """A step broke what its kind promises; the message lists every failed check.

    Parameters
    ----------
    problem : str
        The failures, check by check.
    remedy : str, optional
        What to do.
    report : CheckReport, optional
        All checks, those that passed too.
    """

    def __init__(self, problem: str, remedy: str = "", report: CheckReport | None = None) -> None:
        super().__init__(problem, remedy)
        self.report = report


@dataclass(frozen=True)
class Outcome:
    """How one check ended.

    Parameters
    ----------
    check : str
        Name of the check.
    ending : {"passed", "failed", "warning", "not assessed"}
        A check is not assessed where the data has nothing to try it on.
    message : str
        What was seen; empty when it passed.
    error : Exception, optional
        What the step raised, if that is why it failed.
    """

    check: str
    ending: Ending
    message: str = ""
    error: Exception | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Check:
    """One named promise of a step, ready to be tried on data.

    Parameters
    ----------
    name : str
        For messages and for pytest: ``pytest.mark.parametrize("check", checks(step), ids=str)``.
    promise : str
        One sentence: what must hold.
    step : Step
        The step to be tried.
    function : callable
        Takes a trial and raises AssertionError when the promise is broken.
    """

    name: str
    promise: str
    step: Step
    function: Callable[[Trial], None]

    def __call__(
        self, data: Data = None, /, *, features: Sequence[str] | None = None, seed: int = 0, **roles: Any
    ) -> None:
        """Try the promise on ``data``; raise StepCheckFailed if it is broken, warn where that is not certain."""
        outcome = self.outcome(Trial.of(self.step, data, features, seed, roles))
        if outcome.ending == "failed":
            raise StepCheckFailed(f"{self.step.title}, {self.name}: {outcome.message}", self.promise) from outcome.error
        if outcome.ending == "warning":
            warnings.warn(f"{self.step.title}, {self.name}: {outcome.message}", StepCheckWarning, stacklevel=2)

    def outcome(self, trial: Trial) -> Outcome:
        """Test the promise and return the outcome."""
        try:
            self.function(trial)
        except NotAssessed as why:
            return Outcome(self.name, "not assessed", str(why))
        except Unsure as remark:
            return Outcome(self.name, "warning", str(remark))
        except AssertionError as broken:
            return Outcome(self.name, "failed", str(broken) or "an assertion of the step failed", broken)
        except MlsysError as broken:
            return Outcome(self.name, "failed", broken.problem, broken)
        except Exception as error:
            return Outcome(self.name, "failed", f"{type(error).__name__}: {error}", error)
        return Outcome(self.name, "passed")

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, repr=False)
class CheckReport(Shown):
    """How a step did in every check of its kind.

    Parameters
    ----------
    step : Step
        The step.
    outcomes : tuple of Outcome
        One for each check, in the order they ran.
    promises : mapping of str to str
        The promise of each check.

    Examples
    --------
    >>> from mlsys.features import CyclicEncode
    >>> from mlsys.testing import check_step
    >>> report = check_step(CyclicEncode({"hour": 24}), pd.DataFrame({"hour": [1, 5, 23]}))
    >>> report.ok, report["row_local"]
    (True, 'passed')
    """

    step: Step
    outcomes: tuple[Outcome, ...]
    promises: Mapping[str, str]

    @property
    def ok(self) -> bool:
        """Whether no check failed."""
        return not self.failed

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the checks that failed."""
        return self._named("failed")

    @property
    def warned(self) -> tuple[str, ...]:
        """Names of the checks that ended with a warning."""
        return self._named("warning")

    @property
    def table(self) -> pd.DataFrame:
        """One row a check: ``check``, ``outcome``, ``message``, ``promise``."""
        rows = [(each.check, each.ending, each.message, self.promises[each.check]) for each in self.outcomes]
        return pd.DataFrame(rows, columns=["check", "outcome", "message", "promise"])

    def __getitem__(self, check: str) -> Ending:
        return next(each.ending for each in self.outcomes if each.check == check)

    def _named(self, ending: Ending) -> tuple[str, ...]:
        return tuple(each.check for each in self.outcomes if each.ending == ending)

    def _page(self) -> Page:
        counts = [f"{len(self._named(ending))} {ending}" for ending in _ORDER if self._named(ending)]
        rows = [
            (ending, f"{each.check}: {each.message}")
            for ending in _ORDER[:-1]
            for each in self.outcomes
            if each.ending == ending
        ]
        tone: Tone = "bad" if self.failed else "watch" if rows else "good"
        return Page([
            Title(f"CheckReport of {self.step!r}: {', '.join(counts)}", tone=tone),
            Lines([*rows, ("passed", ", ".join(self._named("passed")) or "none")]),
        ])  # fmt: skip
