"""Running a run again from its id, and saying what came out otherwise and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from mlsys.cache.ledger import SAME, Difference, differences
from mlsys.errors import ConfigurationError
from mlsys.execution.execution import executed
from mlsys.execution.opening import Data
from mlsys.execution.session import start, working
from mlsys.outcome.measures import evaluation_metrics
from mlsys.pages import Folded, Items, Page, Shown, Table, Title
from mlsys.plan import Plan
from mlsys.run.recipe import RECIPE, read_pipeline, read_record
from mlsys.run.run import Run
from mlsys.run.snapshots import brought_back, given_rows
from mlsys.states import digest
from mlsys.warned import once_a_run

_WORTH_SAYING = {"code", "package", "seed", "setting"}


@dataclass(frozen=True, repr=False)
class Reproduction(Shown):
    """Comparison of a run with its repetition; created by :func:`reproduce`.

    Parameters
    ----------
    reference : str
        The given id.
    run : Run
        The new run.
    steps : tuple of Difference
        One per step, in order.
    metrics : DataFrame
        One row per metric: ``metric``, ``then``, ``now``.
    """

    reference: str
    run: Run
    steps: tuple[Difference, ...]
    metrics: pd.DataFrame

    def __bool__(self) -> bool:
        return self.same

    @property
    def same(self) -> bool:
        """Whether every step gave the same result, to the last bit."""
        return all(each.outcome == SAME for each in self.steps)

    @property
    def first(self) -> Difference | None:
        """The first step whose result differs."""
        return next((each for each in self.steps if each.outcome != SAME), None)

    @property
    def table(self) -> pd.DataFrame:
        """One row per step: ``step``, ``outcome``, ``causes``, ``why``."""
        return pd.DataFrame(
            [{"step": e.step, "outcome": e.outcome, "causes": ", ".join(e.causes), "why": e.why} for e in self.steps],
            columns=["step", "outcome", "causes", "why"],
        )

    def _page(self) -> Page:
        steps = Folded(f"All {len(self.steps)} steps", [Table(self.table, verdicts=["outcome"], most=100)])
        if self.first is None:
            changed = [each for each in self.steps if set(each.causes) & _WORTH_SAYING]
            though = f", though {changed[0].step}: {changed[0].why}" if changed else ""
            same = f"reproduced {self.reference}: all {len(self.steps)} steps the same to the last bit{though}"
            return Page([Title(same, tone="good"), steps])
        causes = ", ".join(_named(cause) for cause in self.first.causes)
        title = f"not reproduced {self.reference}: the first step that {self.first.outcome} is {self.first.step!r}"
        because = [f"because of: {causes} ({self.first.why})"] if causes else []
        moved = self.metrics[self.metrics["then"] != self.metrics["now"]].drop_duplicates(["then", "now"])
        # Six digits: what differs in the last bits would look the same in three.
        now = [f"{row.metric}: {row.then:.6g} then, {row.now:.6g} now" for row in moved.head(5).itertuples()]
        return Page([Title(title, tone="bad"), Items([*because, *now]), steps])


def _named(cause: str) -> str:
    return "nothing recorded: the step is not deterministic" if cause == "none" else cause


@once_a_run()
def reproduce(reference: str | None, pipeline: Any = None, data: Data = None) -> Reproduction:
    """Run a tracked run again, and compare the results step by step.

    Parameters
    ----------
    reference : str
        MLflow's id of the run, or ``run.id``.
    pipeline : Pipeline, optional
        The pipeline, if the code of the run could not be stored, or to see what the current code changes.
    data : DataFrame or mapping of str to DataFrame, optional
        The rows, if the run was given rows. Rows of ``run(snapshot=True)`` are found automatically.

    Returns
    -------
    Reproduction
        Truthy if every step gave the same result, to the last bit; otherwise it names the first step that differs, and
        whether code, configuration, package, data, seed or a setting caused it.

    Raises
    ------
    DataError
        If needed rows or files are missing.
    NotPortableError
        If the code was not stored and no pipeline is given.

    Notes
    -----
    Stored code is executed: reproduce only runs that you trust. Nothing is written to MLflow, and the cache is not
    used. Expect the same bytes with the same build of the packages and the same number of threads; see *threads* in
    :class:`mlsys.settings.Settings`.
    """
    from mlsys.tracking.files import run_files

    if reference is None:
        raise ConfigurationError(
            "reproduce() got None, the id of a run that is not in MLflow",
            "run the pipeline with track=True and a reachable MLflow, or pass run.id of a waiting run",
        )
    folder = run_files(reference, RECIPE)
    record = read_record(folder)
    if data is None and record["given"]:
        data = given_rows(record)
    if pipeline is None:
        pipeline = read_pipeline(folder, record, brought_back(record["ledger"]))
    with working(pipeline, None, ledger=True) as work:
        execution = executed(Plan(pipeline.planned), data, start(pipeline), work)
    assert work.cache is not None
    run = Run(pipeline, execution, data)
    measured = evaluation_metrics(run.outcome)
    rows = [(name, then, measured.get(name, float("nan"))) for name, then in record["metrics"].items()]
    metrics = pd.DataFrame(rows, columns=["metric", "then", "now"])
    found = _with_arguments(differences(record["ledger"], work.cache.ledger), record, pipeline)
    return Reproduction(reference, run, tuple(found), metrics)


def _with_arguments(found: list[Difference], record: Mapping[str, Any], pipeline: Any) -> list[Difference]:
    """Name what is another in the pipeline itself where a step came out otherwise for no reason before or in it."""
    place = next((at for at, each in enumerate(found) if each.outcome != SAME), None)
    if place is None or found[place].is_own:
        return found
    then = record["arguments"]
    others = [f"{name}=" for name, value in pipeline.arguments.items() if then.get(name) != digest(value)]
    if others:
        words = f"{', '.join(others)} of the pipeline changed"
    elif {each.step for each in found} == {line["step"] for line in record["ledger"]}:
        words = "the order of the steps differs"
    else:
        return found
    found[place] = replace(found[place], causes=("configuration",), why=words)
    return found
