"""Retraining a registered model: advice, a new run, a gate, the alias; whatever says no keeps the old model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic

import pandas as pd

from mlsys.drift import Advice, History, RetrainPolicy
from mlsys.errors import ConfigurationError
from mlsys.evaluation import Gate, beats
from mlsys.execution.opening import Data
from mlsys.pages import Block, Folded, Lines, Page, Shown, Table, Title
from mlsys.pipeline.running import run_pipeline
from mlsys.plan.any_pipeline import PipelineType
from mlsys.run import Registration, Run, roll_back
from mlsys.tracking import check_alias, check_model_name
from mlsys.tracking.registry import version_if_any

if TYPE_CHECKING:
    from mlsys.engines import AnyEngine


@dataclass(frozen=True, repr=False)
class Retraining(Shown, Generic[PipelineType]):
    """Result of ``pipeline.retrain``; truthy if a new version took over.

    Parameters
    ----------
    name, alias : str
        Of the registered model, and which of its versions is in use.
    before : int or None
        Version that the alias named before; ``None`` if there was none.
    after : int or None
        Version that it names now.
    why : str
        Why the old version was kept, or what the new one was asked.
    advice : Advice or None
        Of the policy, if one was given.
    run : Run or None
        The new run; ``None`` if the policy advised against one.
    registration : Registration or None
        Verdict of each term of the gate.
    """

    name: str
    alias: str
    before: int | None
    after: int | None
    why: str
    advice: Advice | None = None
    run: Run[PipelineType] | None = None
    registration: Registration | None = None

    def __bool__(self) -> bool:
        return self.registration is not None and bool(self.registration)

    def roll_back(self) -> Registration:
        """Point the alias back to the version before.

        Raises
        ------
        ConfigurationError
            If no new version took over.
        """
        if not self:
            raise ConfigurationError(
                f"{self.name}@{self.alias} still names version {self.before}: {self.why}", "there is nothing to undo"
            )
        return roll_back(self.name, self.alias)

    def _page(self) -> Page:
        model = f"{self.name}@{self.alias}"
        if self:
            was = "was not set" if self.before is None else f"was version {self.before}"
            title = Title(f"retrained: {model} is version {self.after}, {was}", tone="good")
        elif self.before is None:
            title = Title(f"not retrained: {model} names no version", tone="watch")
        else:
            title = Title(f"kept: {model} stays version {self.before}", tone="watch")
        blocks: list[Block] = [title, Lines([("why", self.why)])]
        if self.registration is not None:
            blocks.append(Table(self.registration.terms))
        if self.advice is not None:
            blocks.append(Folded("Advice of the policy", self.advice._page().blocks))
        return Page(blocks)


def retrain(
    pipeline: PipelineType,
    reference: str,
    data: Data,
    gate: Gate | None,
    policy: RetrainPolicy | None,
    history: pd.DataFrame | History | None,
    final_test: bool,
    reason: str,
    cache: bool,
    verbose: bool | None,
    engine: AnyEngine | None,
) -> Retraining[PipelineType]:
    """Run a pipeline on new rows, and let the result take over if it passes; arguments as for ``Pipeline.retrain``."""
    name, alias = _named(reference)
    advice = _advised(policy, history)
    found = version_if_any(name, alias)
    before = None if found is None else found.number
    if before is not None and advice is not None and not advice:
        return Retraining(name, alias, before, before, f"{advice.deed}: {advice.why}", advice)
    try:
        run = run_pipeline(pipeline, data, None, "auto", cache, False, False, verbose, engine)
        if final_test:
            run = run.final_test()
        asked = Gate(beats(f"@{alias}")) if gate is None else gate
        done = run.register(name, alias=alias, gate=asked, reason=reason)
    except Exception as error:
        error.add_note(f"{name}@{alias} " + ("names no version" if before is None else f"stays version {before}"))
        raise
    if done:
        return Retraining(name, alias, before, done.version, "every term passed", advice, run, done)
    missed = "; ".join(f"{row.term}: {row.value} ({row.verdict})" for row in done.terms.itertuples()
                       if row.verdict != "pass")  # fmt: skip
    return Retraining(name, alias, before, before, f"the new model did not pass: {missed}", advice, run, done)


def _named(reference: Any) -> tuple[str, str]:
    """Return name and alias of ``"flights@champion"``."""
    text = reference.removeprefix("models:/") if isinstance(reference, str) else ""
    name, sign, alias = text.partition("@")
    if not sign:
        raise ConfigurationError(
            f"retrain() got {reference!r}, which names no alias of a registered model",
            'write name and alias: pipeline.retrain("flights@champion", data=new)',
        )
    check_model_name(name)
    check_alias(alias)
    return name, alias


def _advised(policy: Any, history: Any) -> Advice | None:
    if policy is None and history is None:
        return None
    if not isinstance(policy, RetrainPolicy):
        raise ConfigurationError(
            f"retrain() got policy={policy!r} and a history",
            "give policy=RetrainPolicy(cost_retrain=, cost_per_error=)",
        )
    if history is None:
        raise ConfigurationError(
            "retrain() got a policy and no history to judge by",
            "give history=monitor.history, or one row for each period; see RetrainPolicy.advise",
        )
    return policy.advise(history)
