"""Putting an outcome together: all that is known of a run, read out of what lives in its process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from mlsys.audit import LeakageAudit
from mlsys.errors import Finding, MlsysError, StateError
from mlsys.evaluation import evaluation_in
from mlsys.execution.chosen import postprocessed, stood_for
from mlsys.outcome import Outcome
from mlsys.outcome.facts import StepFacts
from mlsys.outcome.findings import marked
from mlsys.outcome.looks import Looks
from mlsys.outcome.plain import storable, storable_frame, without_rows
from mlsys.run.features import counters_in_words, features_of, taken_in_words
from mlsys.run.latency import noted_latency
from mlsys.run.lineage import made_columns
from mlsys.run.live import Live
from mlsys.states import digest
from mlsys.steps import Fitted
from mlsys.steps.carrying import rows_carried
from mlsys.steps.questions import reads


@dataclass(frozen=True)
class Label:
    """What a run is called: its own id, its variant, the rows that judge it, when it ended."""

    run: str
    variant: str
    stage: str
    ended: float


def outcome_of(live: Live, label: Label, audit: LeakageAudit | None, opened: Looks) -> Outcome:
    """Return what came out of a run, but for what takes time to find out: see :func:`completed`."""
    execution, pipeline = live.execution, live.pipeline
    divided, parts, work = execution.divided, execution.parts, execution.work
    chose, standing, post = execution.chose(), stood_for(parts.learned), postprocessed(parts.learned)
    evaluation = evaluation_in(parts.results)
    return Outcome(
        run=label.run,
        pipeline=pipeline.name,
        variant=label.variant,
        stage=label.stage,
        configuration="",
        seed=pipeline.seed,
        roles=pipeline.roles.columns(),
        steps=tuple(
            StepFacts(
                each.name,
                each.step.kind,
                "",
                each.supplied,
                tuple(each.step.allowances()),
                each.step.trained_anew,
                chose.get(each.name, ""),
                tuple(map(repr, standing.get(each.name, ()))),
                each.step.done_in_engine() if reads(each.step) else (),
                parts.catalog.came.get(each.name, ()),
                post.get(each.name, ""),
                tuple(told.said for told in parts.catalog.samples if told.step == each.name and told.said),
            )
            for each in execution.ran
        ),
        rows=rows_by_part(live),
        divided=divided is not None,
        given=isinstance(live.data, Mapping),
        split_notes=() if divided is None else tuple(divided.notes),
        reports={name: without_rows(result) for name, result in parts.results.items()},
        findings=_findings(live, audit),
        features=features_of(execution),
        late=dict(parts.catalog.late),
        power=parts.power,
        left_out=tuple(counters_in_words(execution)),
        taken=taken_in_words(execution),
        carried=_carried(live),
        audit=audit,
        opened=opened,
        records=tuple(work.records),
        ledger=None if live.cache is None else list(live.cache.ledger),
        withheld="",
        engine=work.engine.name,
        ended=label.ended,
        made=made_columns(execution, given=live.data is not None),
        scored=None if evaluation is None else evaluation.scored,
    )


def audited(outcome: Outcome, live: Live, audit: LeakageAudit) -> Outcome:
    """Return an outcome with what an audit found."""
    return replace(outcome, audit=audit, findings=_findings(live, audit))


def completed(outcome: Outcome, live: Live, seen: pd.DataFrame, cost: Mapping[str, float] | None = None) -> Outcome:
    """Return an outcome with all digests, what is known of columns and what the model costs, and reports to be stored.

    Costs that were measured before are not measured again.
    """
    divided, pipeline = live.execution.divided, live.pipeline
    digests = {each.name: each.step.digest for each in live.execution.ran}
    scored = None if outcome.scored is None else storable_frame(outcome.scored)
    return replace(
        outcome,
        configuration=pipeline.digest,
        steps=tuple(replace(each, digest=digests[each.name]) for each in outcome.steps),
        reports={name: storable(result) for name, result in outcome.reports.items()},
        parts={} if divided is None else {name: live.digest(name) for name in divided.parts},
        states={name: _digest(each) for name, each in live.fitted.items()},
        cost=cost_of(live) if cost is None else cost,
        judged="" if scored is None else digest(scored),
        seen=storable_frame(seen),
        scored=scored,
    )


def _digest(fitted: Fitted) -> str:
    """Return the digest of what a step learned; nothing where that has no content to compare."""
    try:
        return fitted.held.digest or digest(fitted.state)
    except StateError:
        return ""


def rows_by_part(live: Live) -> dict[str, int]:
    """Return rows by part, and under ``none`` with the reason those in no part."""
    divided, table = live.execution.divided, live.execution.undivided
    if divided is None:
        return {"all": table.reduce(len)} if table else {}
    counted = {name: divided.rows.get(name, 0) for name in divided.parts}
    return {**counted, **{f"none: {reason}": count for reason, count in divided.none.items()}}


def _findings(live: Live, audit: LeakageAudit | None) -> tuple[Finding, ...]:
    """Return all findings, worst first and dearest first among equals, those the pipeline waives with their reason."""
    parts = live.execution.parts
    found = [*parts.findings, *parts.catalog.biases(), *live.peeked]
    for result in parts.results.values():
        found.extend(result.findings)
    if audit is not None:
        found.extend(audit.findings)
    return marked(found, live.pipeline.waive)


def _carried(live: Live) -> str:
    """Return which rows of the data the model holds, by step."""
    if not live.has_model:
        return ""
    found = [(name, rows_carried(fitted.step)) for name, fitted in live.execution.model().steps]
    return "; ".join(f"{rows} ({name})" for name, rows in found if rows)


def cost_of(live: Live) -> dict[str, float]:
    """Return latency and size of the model; nothing where there is none, or it needs what no made-up row can have."""
    if not live.has_model:
        return {}
    try:
        return {**noted_latency(live), "size": live.size()}
    except MlsysError:
        return {}
