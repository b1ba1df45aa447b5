"""Card: the honest summary of a run, as text and as HTML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import pandas as pd

from mlsys.engines import LocalEngine
from mlsys.errors import Finding, how_many
from mlsys.evaluation import NOT_ENOUGH, Evaluation
from mlsys.outcome.facts import RunFacts
from mlsys.outcome.findings import NOT_OBSERVED, leakage_said
from mlsys.outcome.measures import latency_in_words
from mlsys.pages import (
    Banner,
    Block,
    Greyed,
    Interval,
    Intervals,
    Lines,
    Page,
    Remarks,
    Shown,
    Text,
    Title,
    Verdict,
    interval,
    number,
)
from mlsys.secrets import hidden

MOST_FINDINGS = 6
MOST_CLUSTERS = 8
LEAKAGE = "leakage"
VALUE = "value"
_NO_ESTIMATE = "until this is resolved, the scores below are no estimate"
_ZERO_RULE = "zero_rule"
_TOO_FEW = (
    "not enough data; too few rows, events or, with a group role, groups for an interval, so nothing is told apart"
)
_VALUES = ("value", "lower", "upper")


@dataclass(frozen=True, repr=False)
class Card(Shown):
    """Summary of a run: the verdict, scores, the rows and splits behind them, and findings.

    Parameters
    ----------
    title : str
        Pipeline and the rows it was evaluated on.
    metric : str
        The headline metric.
    scores : sequence of Interval
        The model first, then baselines.
    others : sequence of Interval
        Further metrics of the model.
    lines : sequence of (str, str)
        Label and sentence: worst slice, verdicts, rows, features. A leak is shown above the scores.
    findings : sequence of Finding
        Remarks, worst first.
    defaults : sequence of str
        What was supplied and why.
    tracking, withheld, latency : callable
        Return the line about MLflow, why the model is withheld, and how long it takes for a row, when the card is
        shown: all may become known later.
    """

    title: str
    metric: str
    scores: Sequence[Interval]
    others: Sequence[Interval]
    lines: Sequence[tuple[str, str]]
    verdict: str = ""
    findings: Sequence[Finding] = ()
    defaults: Sequence[str] = ()
    tracking: Callable[[], str] = field(default=str, compare=False)
    withheld: Callable[[], str] = field(default=str, compare=False)
    latency: Callable[[], str] = field(default=str, compare=False)

    @property
    def headline(self) -> str:
        """The result in one line."""
        if not self.scores:
            return hidden(self.title)
        leak = f"; leakage {self.leak}" if self.leak else ""
        first = self.scores[0]
        baselines = ", ".join(f"{each.label} {number(each.value)}" for each in self.scores[1:])
        beside = f"; {baselines}" if baselines else ""
        return hidden(
            f"{self.title}{leak}: {self.metric} {number(first.value)} {interval(first.lower, first.upper)}{beside}"
        )

    @property
    def leak(self) -> str:
        """What leaks, in one sentence; empty if no leak was observed."""
        return next((said for label, said in self.lines if label == LEAKAGE and not said.startswith(NOT_OBSERVED)), "")

    @property
    def footer(self) -> str:
        """The line about MLflow."""
        return self.tracking()

    @property
    def value(self) -> Sequence[tuple[str, str]]:
        """What the model is worth, above the scores; nothing where a leak makes it no estimate."""
        return [] if self.leak else [(label, said) for label, said in self.lines if label == VALUE]

    @property
    def shown_lines(self) -> Sequence[tuple[str, str]]:
        """The lines below the scores, and why the model is withheld."""
        why, above = self.withheld(), {LEAKAGE} if self.leak else {VALUE}
        below = [(label, said) for label, said in self.lines if label not in above]
        later = [("latency", self.latency()), ("model withheld", f"not portable: {why}" if why else "")]
        return [*below, *((label, said) for label, said in later if said)]

    def text(self) -> str:
        """Return the card as plain text."""
        return self._page().text()

    def html(self) -> str:
        """Return the card as HTML, with the scores drawn on one axis."""
        return self._page().html()

    def _page(self) -> Page:
        supplied = [("" if place else "supplied", said) for place, said in enumerate(self.defaults)]
        also = [("also", "; ".join(f"{each.label}: {each.said()}" for each in self.others))] if self.others else []
        scores = Intervals(self.scores, self.metric)
        blocks: list[Block] = [Title(self.title), *self._judgement(), Lines(self.value)]
        blocks += [Greyed(scores) if self.leak else scores]
        blocks += [Lines([*also, *self.shown_lines]), Remarks(self.findings, MOST_FINDINGS), Lines(supplied)]
        return Page([*blocks, Text(self.footer, dim=True, links=True)])

    def _judgement(self) -> list[Block]:
        """Return what is read first: a leak, else how the model compares."""
        if self.leak:
            return [Banner(f"{self.leak}; {_NO_ESTIMATE}", label=LEAKAGE)]
        word, _, why = self.verdict.partition("; ")
        return [Verdict(word, why)] if word else []


def make_card(run: RunFacts) -> Card:
    """Put a card together out of what is known of a run."""
    evaluation = run.evaluation
    scores, others = _scores(evaluation) if evaluation else ([], [])
    lines = _judged(evaluation, any(each.postprocessed for each in run.steps)) if evaluation else []
    lines += [("gate overridden", f"{name}: {said}") for name, said in run.overridden.items()]
    lines.append((LEAKAGE, leakage_said(run.findings)))
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
        verb = "evaluates" if folds == 1 else "evaluate"
        trained = "and the model is then trained on all of them: there is no validation part"
        supplied.append(f"{how_many(folds, 'fold')} {verb} it, {trained}")
    judged = {"validation": "validation rows", "test": "the test rows"}.get(part, part)
    judged = how_many(folds, "fold") if folds else judged
    label = f" ({run.variant})" if run.variant else ""
    title, headline = f"{run.pipeline}{label}", ""
    if evaluation:
        title, headline = f"{title}: {evaluation.task}, evaluated on {judged}", evaluation.headline
    tracking, withheld = run.tracking, run.withheld
    verdict = _compared(evaluation) if evaluation and not evaluation.contaminated else ""
    return Card(
        title,
        headline,
        scores,
        others,
        lines,
        verdict,
        run.findings,
        supplied,
        lambda: tracking,
        lambda: withheld,
        partial(latency_in_words, run.cost),
    )


def _judged(evaluation: Evaluation, changed: bool) -> list[tuple[str, str]]:
    """Return the lines about who judged the model and how it did; ``changed``: whether steps change predictions."""
    lines = [("event", evaluation.event_said), ("worst slice", evaluation.worst_slice)]
    lines.append(("probabilities", f"{evaluation.probabilities}{'' if changed else _remedy(evaluation)}"))
    lines += [("sensitive", f"{column}: {said}") for column, said in evaluation.sensitive.items()]
    lines += [(f"target {name}", _of_target(each)) for name, each in evaluation.targets.items()]
    lines += [("weights", evaluation.weightless), ("value", evaluation.value), ("measured on", evaluation.measured_on)]
    lines += [("clusters", said) for said in _clusters(evaluation)]
    if evaluation.task == "anomalies":
        lines.append(("most anomalous", "the ten rows are in run.reports['evaluate'].most_anomalous"))
    if evaluation.contaminated:
        learned = f"{evaluation.contaminated} learned from {evaluation.part}, so these numbers are no estimate"
        lines.append(("not an evaluation", learned))
    return [(label, said) for label, said in lines if said]


def _remedy(evaluation: Evaluation) -> str:
    """Return what corrects probabilities that are off beyond chance, where nothing has tried yet."""
    table = evaluation.tables.get("calibration")
    off = table is not None and len(table) and str(table["verdict"].iloc[0]).startswith(("off", "too"))
    return "; Calibrate() corrects them" if off else ""


def _clusters(evaluation: Evaluation) -> list[str]:
    """Return a sentence for each cluster: its size, and what tells it apart."""
    table = evaluation.tables.get("clusters")
    if table is None:
        return []
    listed = [
        f"{row['cluster']} ({row['rows']:,} rows, {100 * row['share']:.3g} %): {row['told apart by']}"
        for row in table.sort_values("rows", ascending=False, kind="stable").head(MOST_CLUSTERS).to_dict("records")
    ]
    more = len(table) - len(listed)
    return [*listed, *([f"{more} more in run.reports['evaluate'].tables['clusters']"] if more else [])]


def _about_rows_and_steps(run: RunFacts) -> list[tuple[str, str]]:
    lines = [("rows", ", ".join(f"{name} {count:,}" for name, count in run.rows.items()))]
    drew = [(each.name, "training rows" if each.kind == "TrainOnly" else "sample", each.drew) for each in run.steps]
    lines += [(label, f"{name}: {each}") for name, label, said in drew for each in said]
    if run.given:
        lines.append(("split", "the parts were given"))
    elif run.split_notes:
        lines.append(("split", "; ".join(run.split_notes)))
    lines += [("allowed", f"{each.name} {allowed}") for each in run.steps for allowed in each.allowed]
    lines += [("trained anew", f"{each.name}: {each.trained_anew}") for each in run.steps if each.trained_anew]
    lines.append(("features", in_words(run.features)))
    lines += [("prepared", f"{each.name}: {each.chose}") for each in run.steps if each.chose and not each.supplied]
    lines += [("predictions", f"{each.name}: {each.postprocessed}") for each in run.steps if each.postprocessed]
    lines += [("left out", said) for said in run.left_out]
    if run.engine != LocalEngine.name:
        lines.append(("engine", run.engine))
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
    '1 of 2 columns, 1 encoded as other columns; see run.features'
    """
    encoded = int(features["reason"].str.startswith("encoded").sum())
    others = f", {encoded} encoded as other columns" if encoded else ""
    return f"{int(features['used'].sum())} of {len(features)} columns{others}; see run.features"


def _compared(evaluation: Evaluation) -> str:
    """Return how the model compares with the hardest baseline, by the paired difference; or why it cannot be."""
    if evaluation.nothing_beside:
        return evaluation.nothing_beside
    known = {name: each for name, each in evaluation.beats.items() if each["lower"] == each["lower"]}
    if not known:
        scores, _ = _scores(evaluation)
        return _TOO_FEW if any(each.main and each.note == NOT_ENOUGH for each in scores) else ""
    name = min(known, key=lambda each: (known[each]["lower"], known[each]["value"]))
    if _ZERO_RULE in known and not known[_ZERO_RULE]["lower"] > 0:  # nothing else matters to who reads one line
        name = _ZERO_RULE
    hardest = known[name]
    better, worse = hardest["lower"] > 0, hardest["upper"] < 0
    apart = "does not beat" if name == _ZERO_RULE else "not told apart from"
    word = "better than" if better else "worse than" if worse else apart
    others = "every baseline" if better and len(known) > 1 else name
    by = f"{number(hardest['value'], True)} {interval(hardest['lower'], hardest['upper'], True)}"
    beside = f" beside {name}" if others != name else ""
    return f"{word} {others}; {evaluation.headline} {by}{beside}, on the same rows"


def _of_target(evaluation: Evaluation) -> str:
    """Return how the model predicts one of several targets, in one line."""
    scores, _ = _scores(evaluation)
    said = [f"{evaluation.headline} {score.said()}" for score in scores if score.main]
    word, _, beside = _compared(evaluation).partition("; ")
    by = beside.removeprefix(f"{evaluation.headline} ")
    said += [f"{word} ({by})" if by else word] if word else []
    said += [f"worst slice {evaluation.worst_slice}"] if evaluation.worst_slice else []
    return "; ".join([*said, *([evaluation.value] if evaluation.value else [])])


def _scores(evaluation: Evaluation) -> tuple[list[Interval], list[Interval]]:
    headline, table = evaluation.headline, evaluation.table
    judged = table[table["part"] == evaluation.part]
    everyone = judged[(judged["slice"] == "all") & (judged["metric"] == headline)]
    ordered = pd.concat([everyone[everyone["model"] == "model"], everyone[everyone["model"] != "model"]])
    scores = [
        Interval(row["model"], row["value"], row["lower"], row["upper"], row["verdict"], row["model"] == "model")
        for row in ordered.to_dict("records")
    ]
    mine = judged[(judged["slice"] == "all") & (judged["model"] == "model") & (judged["metric"] != headline)]
    return scores, [Interval(*values) for values in zip(*(mine[c] for c in ("metric", *_VALUES)), strict=True)]
