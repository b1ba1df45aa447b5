"""What mistakes cost with the model, beside what they cost with baselines."""

from __future__ import annotations

from collections.abc import Mapping

from mlsys.evaluation.baselines import ZERO_RULE, Guesses
from mlsys.evaluation.cost import Cost
from mlsys.evaluation.intervals import Interval
from mlsys.evaluation.judging import Judge, Judged


def costs_beside(
    value: Cost | None,
    mine: Judged,
    judge: Judge,
    others: Mapping[str, Judged],
    guessed: Mapping[str, Guesses],
) -> tuple[str, dict[str, float]]:
    """Return what mistakes cost, in words and as numbers, beside what they cost with the baselines."""
    if value is None:
        return "", {}
    found = value.per_thousand(mine.sample, judge.level, mine.group)
    with_shares = {name: each for name, each in others.items() if each.sample.probabilities is not None}
    beside = {name: value.mean_per_thousand(each.sample) for name, each in with_shares.items()}
    for name, guesses in guessed.items():
        beside[name] += guesses.shift(value.mean_per_thousand)
    text = f"cost {found.value:,.0f} [{found.lower:,.0f}, {found.upper:,.0f}] per 1,000 rows"
    text += f" at {value.decision()}; " + ", ".join(f"{name} {each:,.0f}" for name, each in beside.items())
    saved = value.saved(mine.sample, others[ZERO_RULE].sample, judge.level, mine.group)
    text += f"; {'saves' if saved.value >= 0 else 'costs'} {abs(saved.value):,.0f} {_apart(saved)} beside {ZERO_RULE}"
    return text, {"cost_per_thousand": found.value, **{f"cost_per_thousand/{n}": v for n, v in beside.items()}}


def _apart(saved: Interval) -> str:
    """Return the interval of what is saved, or of what it costs more."""
    ends = (saved.lower, saved.upper) if saved.value >= 0 else (-saved.upper, -saved.lower)
    return f"[{ends[0]:,.0f}, {ends[1]:,.0f}]"
