"""Report: all that came out of a run, as one file that stands alone."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import pandas as pd

from mlsys.evaluation import Evaluation
from mlsys.outcome.outcome import Outcome
from mlsys.pages import Block, Code, Interval, Lines, Page, Picture, Remarks, Table, Text, Title, document

MOST_COLUMNS = 200
"""Columns and slices shown; tables beside the report hold all."""
_WHO = ["slice", "metric", "value", "lower", "upper", "n", "verdict"]


def report(
    outcome: Outcome,
    *,
    before: Outcome | None = None,
    plan: Page | None = None,
    columns: Page | None = None,
    pictures: Mapping[str, bytes] | None = None,
    code: Mapping[str, str] | None = None,
) -> str:
    """Return HTML of a run for whoever was not there: which data and code, how good, for whom worse, how again.

    Parameters
    ----------
    outcome : Outcome
        Of the run.
    before : Outcome, optional
        Of the same run before its test rows were opened: validation stands beside test.
    plan, columns : Page, optional
        The steps and the columns, where they are at hand.
    pictures : mapping of str to bytes, optional
        PNG by name of the report it belongs to.
    code : mapping of str to str, optional
        Script, commit, and whether it was changed.
    """
    parts = [
        ("", _head(outcome, code or {})),
        ("Summary", outcome.card.page()),
        ("Scores", _scores(outcome, before)),
        ("Slices", _slices(outcome)),
        ("Columns", columns or _columns(outcome)),
        *((name.replace("_", " ").capitalize(), _result(outcome, name, pictures or {})) for name in outcome.reports),
        ("Findings", _findings(outcome)),
        ("Plan", plan or _steps(outcome)),
        ("Reproduce", Page([Code(_again(outcome, code or {}))])),
    ]
    return document(f"{outcome.pipeline}: {outcome.run[:12]}", [(name, page) for name, page in parts if page.blocks])


def _head(outcome: Outcome, code: Mapping[str, str]) -> Page:
    ended = datetime.datetime.fromtimestamp(outcome.ended, datetime.UTC)
    digests = "; ".join(f"{name} {digest[:12]}" for name, digest in outcome.parts.items())
    changed = " with uncommitted changes" if code.get("code.dirty") == "yes" else ""
    script = f"{code.get('code.script', '')} at {code.get('code.commit', '')}{changed}" if code else ""
    rows = [
        ("run", outcome.run), ("variant", outcome.variant), ("ended", f"{ended:%Y-%m-%d %H:%M} UTC"),
        ("evaluated on", f"{outcome.stage} rows"), ("data", digests), ("code", script),
        ("configuration", outcome.configuration[:12]), ("seed", str(outcome.seed)), ("MLflow", outcome.tracking),
    ]  # fmt: skip
    return Page([Title(outcome.pipeline, level=1), Lines([(label, said) for label, said in rows if said])])


def _scores(outcome: Outcome, before: Outcome | None) -> Page:
    """Return every metric for all rows, of the model and baselines: a column for each part that judged."""
    judged = {each.stage: each.evaluation for each in (before, outcome) if each is not None and each.evaluation}
    lines: dict[tuple[str, str], dict[str, str]] = {}
    for stage, evaluation in judged.items():
        for before_name, each in _with_targets(evaluation):
            table = each.table
            for row in table[(table["slice"] == "all") & (table["part"] == each.part)].to_dict("records"):
                said = Interval("", row["value"], row["lower"], row["upper"]).said()
                lines.setdefault((f"{before_name}{row['metric']}", row["model"]), {})[stage] = said
    rows = [{"metric": metric, "of": model, **said} for (metric, model), said in lines.items()]
    return Page([Table(pd.DataFrame(rows), most=len(rows))] if rows else [])


def _slices(outcome: Outcome) -> Page:
    evaluation = outcome.evaluation
    if evaluation is None:
        return Page([])
    alone = [Page([Title(f"target {name}", 4), *_worst(each).blocks]) for name, each in evaluation.targets.items()]
    return Page([*_worst(evaluation).blocks, *(block for page in alone for block in page.blocks)])


def _with_targets(evaluation: Evaluation) -> list[tuple[str, Evaluation]]:
    """Return an evaluation and, of several targets, that of each, with what stands before the names of its metrics."""
    return [("", evaluation), *((f"{name}/", each) for name, each in evaluation.targets.items())]


def _worst(evaluation: Evaluation) -> Page:
    """Return the slices of an evaluation, the worst first."""
    table = evaluation.table
    mine = table[
        (table["model"] == "model") & (table["metric"] == evaluation.headline) & (table["part"] == evaluation.part)
    ]
    worst = mine[mine["slice"] != "all"].sort_values(
        "value", ascending=evaluation.metric(evaluation.headline).greater_is_better
    )
    blocks: list[Block] = [Text(evaluation.worst_slice)] if evaluation.worst_slice else []
    return Page([*blocks, Table(worst[_WHO], most=MOST_COLUMNS)] if len(worst) else blocks)


def _columns(outcome: Outcome) -> Page:
    return outcome.columns.page() if len(outcome.seen) else Page([Table(outcome.features, most=MOST_COLUMNS)])


def _result(outcome: Outcome, name: str, pictures: Mapping[str, bytes]) -> Page:
    """Return a report's picture and verdict; the evaluation's table stands among the scores."""
    result = outcome.reports[name]
    drawn: list[Block] = [Picture(pictures[name], f"{name}: {result.summary}")] if name in pictures else []
    if result is outcome.evaluation:
        return Page(drawn)
    return Page([*(Text(said) for said in (result.verdict, result.summary) if said), *drawn, Table(result.table)])


def _steps(outcome: Outcome) -> Page:
    rows = [(each.name, each.kind, each.supplied) for each in outcome.steps]
    return Page([Table(pd.DataFrame(rows, columns=["step", "kind", "supplied"]))])


def _findings(outcome: Outcome) -> Page:
    """Return all findings; names of columns lead to their lines."""
    described = {str(name) for name in outcome.seen["column"].head(MOST_COLUMNS)} if len(outcome.seen) else set[str]()
    remarks = Remarks(outcome.findings, len(outcome.findings), linked=described)
    return Page([remarks] if outcome.findings else [Text("No findings.")])


def _again(outcome: Outcome, code: Mapping[str, str]) -> str:
    """Return the commands that make the run anew and compare it."""
    commit = code.get("code.commit", "")
    checkout = [] if not commit or " " in commit else [f"git checkout {commit}"]
    return "\n".join([*checkout, "pip install -r environment.txt", f"mlsys reproduce {outcome.run}"])
