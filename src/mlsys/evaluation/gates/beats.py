"""beats: better than a baseline or a registered model, paired on the same rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mlsys.errors import ConfigurationError, MlsysError
from mlsys.evaluation.comparison import paired_difference
from mlsys.evaluation.evaluation import Evaluation, events_of
from mlsys.evaluation.gates.candidate import Candidate, Rival
from mlsys.evaluation.side_by_side import scored_alone
from mlsys.evaluation.verdicts import FAIL, NOT_ENOUGH, PASS, Checked

CHAMPION = "champion"


@dataclass(frozen=True)
class beats:  # noqa: N801  reads as a verb: Gate(beats("zero_rule"))
    """Require that the model beats another in the headline metric, by a paired interval that excludes zero.

    Parameters
    ----------
    baseline : str
        ``"zero_rule"``, ``"random"``, or the name of a rule given to ``Evaluate(baselines=[...])``; or a registered
        model by its alias: ``"champion"``, or any other with a sign before it, such as ``"@staging"``.
    target : str, optional
        One of several targets; without it, all of them together.

    Notes
    -----
    A registered model is the one of the name that is registered or promoted, and is compared on the rows that evaluated
    the candidate: by its stored predictions where it was evaluated on the same rows, else it is loaded and predicts
    them. It may have learned from these rows, which makes it harder to beat. If the alias names no version yet,
    the term passes. If the model does not load, the verdict is "not enough data", with the reason.

    Examples
    --------
    >>> from mlsys import Gate
    >>> Gate(beats("zero_rule"), beats("champion"))
    Gate(beats zero_rule, beats champion)
    """

    baseline: str
    target: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is not a name."""
        if not isinstance(self.baseline, str) or not self.baseline.removeprefix("@"):
            raise ConfigurationError(
                f"beats() got {self.baseline!r}", 'name a baseline or an alias: beats("zero_rule"), beats("champion")'
            )

    def __str__(self) -> str:
        return f"beats {self.baseline}" + (f" on {self.target}" if self.target else "")

    def check(self, candidate: Candidate) -> Checked:
        """Return term, difference with interval and verdict."""
        evaluation = candidate.evaluation_of(self.target)
        if evaluation is None:
            return str(self), candidate.without(self.target), FAIL
        found = evaluation.beats.get(self.baseline)
        if found is not None:
            return (str(self), *_judged(found))
        if self.baseline != CHAMPION and not self.baseline.startswith("@"):
            known = ", ".join(evaluation.beats) or "none"
            return str(self), f"no such baseline (there are: {known})", FAIL
        return (str(self), *self._of_alias(candidate, evaluation))

    def _of_alias(self, candidate: Candidate, evaluation: Evaluation) -> tuple[str, str]:
        """Return the difference from a registered model, and the verdict."""
        alias = self.baseline.removeprefix("@")
        if candidate.rival is None:
            return f"@{alias} is known only to register() and promote()", NOT_ENOUGH
        rival = candidate.rival(alias)
        if rival is None:
            return f"no version is @{alias} yet", PASS
        if rival.is_candidate:
            return f"it is @{alias} ({rival.who}) itself", PASS
        if rival.problem:
            return f"@{alias} ({rival.who}) {rival.problem}", NOT_ENOUGH
        try:
            gap = _better_by(evaluation, rival, self.target)
        except MlsysError as error:
            return f"@{alias} ({rival.who}) cannot be compared: {error.problem}", NOT_ENOUGH
        said, verdict = _judged(gap)
        return f"{said} than {rival.who}{rival.how}", verdict


def _better_by(evaluation: Evaluation, rival: Rival, target: str | None) -> dict[str, float]:
    """Return by how much the headline metric is better than that of a rival on the same rows, with its interval."""
    metric = evaluation.metric(evaluation.headline)
    mine, theirs = (each if target is None else scored_alone(each, target) for each in (rival.mine, rival.theirs))
    found = paired_difference(metric, mine, theirs, event=events_of(evaluation.event))
    if metric.greater_is_better:
        return {"value": found.value, "lower": found.lower, "upper": found.upper}
    return {"value": -found.value, "lower": -found.upper, "upper": -found.lower}


def _judged(found: Mapping[str, float]) -> tuple[str, str]:
    """Return a difference in words, and the verdict."""
    if math.isnan(found["lower"]):
        return NOT_ENOUGH, NOT_ENOUGH
    shown = f"better by {found['value']:.4g} [{found['lower']:.4g}, {found['upper']:.4g}]"
    return shown, PASS if found["lower"] > 0 else FAIL
