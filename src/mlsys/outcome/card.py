"""Card: the honest summary of a run, as text and as HTML."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from mlsys.errors import Finding
from mlsys.evaluation import Evaluation
from mlsys.outcome.facts import RunFacts
from mlsys.outcome.findings import leakage_verdict
from mlsys.secrets import hidden

WIDTH = 120
"""Columns of the card as text."""
MOST_FINDINGS = 6
LEAKAGE, NOT_OBSERVED = "leakage", "not observed"
_VALUES = ("value", "lower", "upper")


@dataclass(frozen=True)
class Score:
    """A value with its interval, as one line of a card."""

    who: str
    value: float
    lower: float
    upper: float
    note: str = ""

    def __str__(self) -> str:
        if _unknown(self.value):
            return f"{self.who}: not defined{f' ({self.note})' if self.note else ''}"
        between = "" if _unknown(self.lower) else f" [{_number(self.lower)}, {_number(self.upper)}]"
        return f"{self.who}: {_number(self.value)}{between}{f' ({self.note})' if self.note else ''}"


@dataclass(frozen=True, repr=False)
class Card:
    """Summary of a run.

    Parameters
    ----------
    title : str
        Pipeline and what it was judged on.
    metric : str
        The headline metric.
    scores : sequence of Score
        The model first, then baselines.
    others : sequence of Score
        Further metrics of the model.
    lines : sequence of (str, str)
        Label and sentence: worst slice, verdicts, rows, features. A leak is shown above the scores.
    findings : sequence of Finding
        Remarks, worst first.
    defaults : sequence of str
        What was supplied and why.
    tracking, withheld : callable
        Give the line about MLflow, and why the model is withheld, when the card is shown: both may be found out later.
    """

    title: str
    metric: str
    scores: Sequence[Score]
    others: Sequence[Score]
    lines: Sequence[tuple[str, str]]
    findings: Sequence[Finding] = ()
    defaults: Sequence[str] = ()
    tracking: Callable[[], str] = field(default=str, compare=False)
    withheld: Callable[[], str] = field(default=str, compare=False)

    @property
    def headline(self) -> str:
        """The result in one line."""
        if not self.scores:
            return hidden(self.title)
        leak = f"; leakage {self.leak}" if self.leak else ""
        first = self.scores[0]
        baselines = ", ".join(f"{each.who} {_number(each.value)}" for each in self.scores[1:])
        beside = f"; {baselines}" if baselines else ""
        between = f"[{_number(first.lower)}, {_number(first.upper)}]"
        return hidden(f"{self.title}{leak}: {self.metric} {_number(first.value)} {between}{beside}")

    @property
    def leak(self) -> str:
        """What leaks, in one sentence; empty where nothing was seen to."""
        return next((said for label, said in self.lines if label == LEAKAGE and said != NOT_OBSERVED), "")

    @property
    def footer(self) -> str:
        """The line about MLflow."""
        return self.tracking()

    @property
    def shown_lines(self) -> Sequence[tuple[str, str]]:
        """The lines below the scores, and why the model is withheld."""
        why = self.withheld()
        below = [(label, said) for label, said in self.lines if label != LEAKAGE or not self.leak]
        return [*below, *([("model withheld", f"not portable: {why}")] if why else [])]

    def text(self) -> str:
        """Return the card as plain text."""
        out = [self.title, *(_wrapped(LEAKAGE, self.leak) if self.leak else [])]
        if self.scores:
            out += [f"  {self.metric:<14} {score}" for score in self.scores[:1]]
            out += [f"  {'':<14} {score}" for score in self.scores[1:]]
        if self.others:
            out += _wrapped("also", "; ".join(str(score) for score in self.others))
        for label, sentence in self.shown_lines:
            out += _wrapped(label, sentence)
        for label, sentences in (("finding", self._shown()), ("supplied", self.defaults)):
            for i, sentence in enumerate(sentences):
                out += _wrapped("" if i else label, sentence)
        if self.footer:
            out.append(f"  {self.footer}")
        return hidden("\n".join(out))

    def html(self) -> str:
        """Return the card as HTML, with the scores drawn on one axis."""
        rows = "".join(
            "<tr><td style='padding:2px 10px 2px 0;color:#666;text-align:left;vertical-align:top;white-space:nowrap'>"
            f"{html.escape(label)}</td><td style='padding:2px 0;text-align:left'>{html.escape(sentence)}</td></tr>"
            for label, sentence in [
                *([("also", "; ".join(map(str, self.others)))] if self.others else []),
                *self.shown_lines,
                *[("finding" if i == 0 else "", str(finding)) for i, finding in enumerate(self._shown())],
                *[("supplied" if i == 0 else "", default) for i, default in enumerate(self.defaults)],
                *([("tracking", self.footer)] if self.footer else []),
            ]
        )
        return hidden(
            "<div style='font-family:system-ui,sans-serif;font-size:13px;max-width:860px;border:1px solid #d5d5d5;"
            "border-radius:8px;padding:12px 16px;background:#fff;color:#222'>"
            f"<div style='font-size:15px;font-weight:600'>{html.escape(self.title)}</div>"
            # Size and colour are said again: pages without a doctype do not hand them down to tables.
            f"{self._leak()}{self._picture()}<table style='border-collapse:collapse;margin:6px 0 0;font-size:13px;color:#222'>{rows}"
            "</table></div>"
        )

    def _shown(self) -> list[str]:
        shown = [str(finding) for finding in self.findings[:MOST_FINDINGS]]
        more = len(self.findings) - MOST_FINDINGS
        return [*shown, *([f"and {more} more in run.findings"] if more > 0 else [])]

    def _leak(self) -> str:
        """Return the leak as a line above the picture: scores below it are no estimate."""
        if not self.leak:
            return ""
        return (
            "<div style='margin:4px 0 6px;color:#b3405b;font-weight:600'>"
            f"{LEAKAGE} {html.escape(self.leak)}</div>"
        )

    def _picture(self) -> str:
        """Draw the headline metric of model and baselines as dots with intervals on one axis."""
        known = [score for score in self.scores if not _unknown(score.value)]
        if not known:
            return ""
        low = min(score.value if _unknown(score.lower) else score.lower for score in known)
        high = max(score.value if _unknown(score.upper) else score.upper for score in known)
        pad = (high - low) * 0.08 or abs(high) * 0.05 or 0.05
        low, high = low - pad, high + pad

        def x(value: float) -> float:
            return 170 + 430 * (value - low) / (high - low)

        marks = []
        for i, score in enumerate(known):
            y, colour = 22 + 24 * i, "#0b6e99" if i == 0 else "#8a8a8a"
            weight = "600" if i == 0 else "400"
            if not _unknown(score.lower):
                marks.append(
                    f"<line x1='{x(score.lower):.1f}' x2='{x(score.upper):.1f}' y1='{y}' y2='{y}' stroke='{colour}' "
                    "stroke-width='3' stroke-linecap='round'/>"
                )
            marks.append(f"<circle cx='{x(score.value):.1f}' cy='{y}' r='5' fill='{colour}'/>")
            marks.append(
                f"<text x='160' y='{y + 4}' text-anchor='end' font-size='12' font-weight='{weight}' fill='#222'>"
                f"{html.escape(score.who)}</text>"
            )
            interval = "" if _unknown(score.lower) else f" [{_number(score.lower)}, {_number(score.upper)}]"
            marks.append(
                f"<text x='616' y='{y + 4}' font-size='12' font-weight='{weight}' fill='#222'>"
                f"{_number(score.value)}{interval}</text>"
            )
        height = 24 * len(known) + 14
        caption = f"<text x='170' y='10' font-size='11' fill='#666'>{html.escape(self.metric)}</text>"
        size = f"viewBox='0 0 800 {height}' style='width:100%;max-width:800px;height:auto'"
        return f"<svg {size}>{caption}{''.join(marks)}</svg>"

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()


def make_card(run: RunFacts) -> Card:
    """Put a card together out of what is known of a run."""
    evaluation = run.evaluation
    scores, others = _scores(evaluation) if evaluation else ([], [])
    lines = _judged(evaluation) if evaluation else []
    lines.append((LEAKAGE, leakage_verdict(run.findings)))
    for name, result in run.reports.items():
        if result is not evaluation and result.verdict:
            lines.append((name, f"{result.verdict}; {result.summary}".strip("; ")))
    lines += _about_rows_and_steps(run)
    supplied = [
        f"{each.name}, because {each.supplied}" + (f": {each.chose}" if each.chose else "")
        for each in run.steps
        if each.supplied and not (run.given and each.kind == "Split")
    ]
    folds, part = (evaluation.folds, evaluation.part) if evaluation else (0, run.stage)
    if folds:
        supplied.append(
            f"{folds} folds judge it, and the model is then trained on all of them: there is no validation part"
        )
    judged = {"validation": "validation rows", "test": "the test rows"}.get(part, part)
    judged = f"{folds} folds" if folds else judged
    label = f" ({run.variant})" if run.variant else ""
    title, headline = f"{run.pipeline}{label}", ""
    if evaluation:
        title, headline = f"{title}: {evaluation.task}, judged on {judged}", evaluation.headline
    tracking, withheld = run.tracking, run.withheld
    return Card(title, headline, scores, others, lines, run.findings, supplied, lambda: tracking, lambda: withheld)


def _judged(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Return the lines about who judged the model and how it did."""
    lines = [("event", evaluation.event_said), ("worst slice", evaluation.worst_slice)]
    lines += [("sensitive", f"{column}: {said}") for column, said in evaluation.sensitive.items()]
    lines += [("weights", evaluation.weightless), ("value", evaluation.value)]
    if evaluation.contaminated:
        learned = f"{evaluation.contaminated} learned from {evaluation.part}, so these numbers are no estimate"
        lines.append(("not a judge", learned))
    return [(label, said) for label, said in lines if said]


def _about_rows_and_steps(run: RunFacts) -> list[tuple[str, str]]:
    lines = [("rows", ", ".join(f"{name} {count:,}" for name, count in run.rows.items()))]
    if run.given:
        lines.append(("split", "the parts were given"))
    elif run.split_notes:
        lines.append(("split", "; ".join(run.split_notes)))
    lines += [("allowed", f"{each.name} {allowed}") for each in run.steps for allowed in each.allowed]
    lines += [("trained anew", f"{each.name}: {each.trained_anew}") for each in run.steps if each.trained_anew]
    lines.append(("features", in_words(run.features)))
    lines += [("prepared", f"{each.name}: {each.chose}") for each in run.steps if each.chose and not each.supplied]
    lines += [("left out", said) for said in run.left_out]
    if run.taken:
        lines.append(("taken", run.taken))
    if run.carried:
        lines.append(("model carries", run.carried))
    if run.stage == "test" and run.opened.sentence:
        lines.append(("test opened", run.opened.sentence))
    return lines


def in_words(features: pd.DataFrame) -> str:
    """Return how many of the columns the estimator saw.

    Examples
    --------
    >>> in_words(pd.DataFrame({"used": [True, False], "reason": ["feature", "encoded as a, b by OneHot"]}))
    '1 of 2 columns, 1 encoded as others; see run.features'
    """
    encoded = int(features["reason"].str.startswith("encoded").sum())
    others = f", {encoded} encoded as others" if encoded else ""
    return f"{int(features['used'].sum())} of {len(features)} columns{others}; see run.features"


def _scores(evaluation: Evaluation) -> tuple[list[Score], list[Score]]:
    headline, table = evaluation.headline, evaluation.table
    judged = table[table["part"] == evaluation.part]
    everyone = judged[(judged["slice"] == "all") & (judged["metric"] == headline)]
    ordered = pd.concat([everyone[everyone["model"] == "model"], everyone[everyone["model"] != "model"]])
    scores = [Score(*values) for values in zip(*(ordered[c] for c in ("model", *_VALUES, "verdict")), strict=True)]
    mine = judged[(judged["slice"] == "all") & (judged["model"] == "model") & (judged["metric"] != headline)]
    others = [Score(*values) for values in zip(*(mine[c] for c in ("metric", *_VALUES)), strict=True)]
    return scores, others


def _wrapped(label: str, sentence: str) -> list[str]:
    """Return a line of the card in as many lines of text as it takes; words are never cut."""
    first, later = f"  {label:<14} ", " " * 17
    return textwrap.wrap(
        sentence, WIDTH, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    ) or [first.rstrip()]


def _number(value: float) -> str:
    if _unknown(value):
        return "?"
    return f"{value:.3f}" if abs(value) < 100 else f"{value:,.1f}"


def _unknown(value: float) -> bool:
    return value != value  # noqa: PLR0124  only NaN differs from itself
