"""Running a run again from its id, and saying what came out otherwise and why."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.cache.files import file_digest
from mlsys.cache.ledger import SAME, Difference, differences
from mlsys.engines import LocalEngine
from mlsys.errors import DataError, StateError
from mlsys.execution.execute import Data, execute
from mlsys.execution.progress import progress_bar
from mlsys.execution.served import ServedModel
from mlsys.folder import home, made
from mlsys.run.measures import evaluation_metrics
from mlsys.run.recipe import RECIPE, read_pipeline, read_record
from mlsys.run.run import Run
from mlsys.states import load_state, save_state

if TYPE_CHECKING:
    from collections.abc import Iterable

SNAPSHOTS = "snapshots"
_WORTH_SAYING = {"code", "package", "seed", "setting"}


class LoadedModel(ServedModel):
    """A model that was loaded: it answers requests, and knows the run that it comes from."""

    def reproduce(self, pipeline: Any = None, data: Data = None) -> Reproduction:
        """Run the model's run again, and compare it with itself step by step; see :func:`reproduce`."""
        if not self.details.get("run"):
            raise StateError("the model does not say which run it comes from", "reproduce a run by its MLflow id")
        return reproduce(self.details["run"], pipeline, data)


@dataclass(frozen=True, repr=False)
class Reproduction:
    """A run beside itself, run again; made by :func:`reproduce`.

    Parameters
    ----------
    reference : str
        The id that was given.
    run : Run
        The new run.
    steps : tuple of Difference
        One a step, in order.
    metrics : DataFrame
        One row a metric: ``metric``, ``then``, ``now``.
    """

    reference: str
    run: Run
    steps: tuple[Difference, ...]
    metrics: pd.DataFrame

    def __bool__(self) -> bool:
        return self.same

    @property
    def same(self) -> bool:
        """Whether every step made the same, to the last bit."""
        return all(each.outcome == SAME for each in self.steps)

    @property
    def first(self) -> Difference | None:
        """The first step that came out otherwise."""
        return next((each for each in self.steps if each.outcome != SAME), None)

    @property
    def table(self) -> pd.DataFrame:
        """One row a step: ``step``, ``outcome``, ``causes``, ``why``."""
        return pd.DataFrame(
            [{"step": e.step, "outcome": e.outcome, "causes": ", ".join(e.causes), "why": e.why} for e in self.steps],
            columns=["step", "outcome", "causes", "why"],
        )

    def __repr__(self) -> str:
        if self.first is None:
            changed = [each for each in self.steps if set(each.causes) & _WORTH_SAYING]
            though = f", though {changed[0].step}: {changed[0].why}" if changed else ""
            return f"reproduced {self.reference}: all {len(self.steps)} steps the same to the last bit{though}"
        causes = ", ".join(_named(cause) for cause in self.first.causes)
        lines = [f"not reproduced {self.reference}: the first step that {self.first.outcome} is {self.first.step!r}"]
        lines += [f"  because of: {causes} ({self.first.why})"] if causes else []
        moved = self.metrics[self.metrics["then"] != self.metrics["now"]]
        lines += [f"  {row.metric}: {row.then:.6g} then, {row.now:.6g} now" for row in moved.head(5).itertuples()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        import html

        return f"<pre>{html.escape(repr(self))}</pre>{self.table.to_html(index=False, border=0)}"


def _named(cause: str) -> str:
    return "nothing that is recorded: the step is not deterministic" if cause == "none" else cause


def reproduce(reference: str, pipeline: Any = None, data: Data = None) -> Reproduction:
    """Run a tracked run again, and compare it with itself step by step.

    Parameters
    ----------
    reference : str
        MLflow's id of the run, or ``run.id``.
    pipeline : Pipeline, optional
        The pipeline, where the run's code could not be taken along, or to see what the present code changes.
    data : DataFrame or mapping of str to DataFrame, optional
        The rows, where the run was given some. Rows of ``run(snapshot=True)`` are found by themselves.

    Returns
    -------
    Reproduction
        True if every step made the same, to the last bit; otherwise it names the first that did not, and whether
        code, configuration, package, data, seed or a setting is another.

    Raises
    ------
    DataError
        When rows or files are needed that are not there.
    NotPortableError
        When the code was not taken along and no pipeline is given.

    Notes
    -----
    Code that was taken along runs: reproduce only runs that you trust. Nothing is written to MLflow, no kept result
    is used. The same bytes can be expected on one build of the packages with as many threads; see *threads* in
    :class:`mlsys.settings.Settings`.
    """
    from mlsys.tracking.files import run_files

    folder = run_files(reference, RECIPE)
    record = read_record(folder)
    if data is None and record["given"]:
        data = _given(record)
    if pipeline is None:
        pipeline = read_pipeline(folder, record, _moved(record["ledger"]))
    cache = pipeline.cache_for(pipeline.steps, False, ledger=True)
    with progress_bar(pipeline.name, len(pipeline.steps), None) as advance:
        execution = execute(pipeline.steps, data, pipeline.context(advance, cache), LocalEngine())
    run = Run(pipeline, execution, data)
    found = evaluation_metrics(run)
    rows = [(name, then, found.get(name, float("nan"))) for name, then in record["metrics"].items()]
    metrics = pd.DataFrame(rows, columns=["metric", "then", "now"])
    return Reproduction(reference, run, tuple(differences(record["ledger"], cache.ledger)), metrics)


def take_snapshot(run: Run) -> None:
    """Keep what a run read, by content, in ``.mlsys/snapshots``; rows stay on this machine."""
    cache = run._execution.context.cache
    for path, digest in _files(cache.ledger if cache else ()).items():
        place = made(SNAPSHOTS) / digest
        if not place.exists():
            shutil.copyfile(path, place.with_suffix(".part"))
            place.with_suffix(".part").replace(place)
    if run._data is not None:
        frames = {"all": run._data} if isinstance(run._data, pd.DataFrame) else dict(run._data)
        save_state(frames, made(SNAPSHOTS) / run.id)


def _given(record: Mapping[str, Any]) -> Data:
    """Return the rows that a run was given, if they were kept."""
    place = home() / SNAPSHOTS / record["run"]
    if not place.is_dir():
        rows = [line["step"] for line in record["ledger"] if line["step"] == "data"]
        raise DataError(
            f"the run was given its rows ({len(rows) or 1} frame(s)), which are not kept",
            "pass them: reproduce(run, data=frame); pipeline.run(frame, snapshot=True) keeps them next time",
        )
    frames: dict[str, pd.DataFrame] = load_state(place)
    return frames["all"] if set(frames) == {"all"} else frames


def _moved(ledger: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return for each file that is gone or changed where its content of then was kept."""
    found = {}
    for path, digest in _files(ledger).items():
        kept = home() / SNAPSHOTS / digest
        present = Path(path).is_file() and file_digest(Path(path)) == digest
        if present:
            continue
        if kept.is_file():
            found[path] = str(_with_ending(kept, path))
        elif not Path(path).exists():
            raise DataError(
                f"the run read {path!r}, which is not there",
                f"bring back the file (its content had the digest {digest}), or pass pipeline= with another path",
            )
    return found


def _with_ending(kept: Path, path: str) -> Path:
    """Return a kept file under a name that ends as the original's did, which readers go by."""
    ending = "".join(Path(path).suffixes[-2:])
    named = kept.with_name(f"{kept.name}{ending}")
    if not named.exists():
        shutil.copyfile(kept, named)
    return named


def _files(ledger: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {path: digest for line in ledger for path, digest in line.get("files", {}).items()}
