"""What mlsys says of one trial: refusals, findings and verdicts, layer by layer."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from leakbench.case import Trial
from mlsys import Pipeline, Run
from mlsys.errors import MlsysError
from mlsys.settings import override


@dataclass(frozen=True)
class Accusation:
    """One thing held against a trial.

    Parameters
    ----------
    layer : int
        1 refusal, 2 checks on the data, 3 audit, 4 counted test openings; 0 for anything else.
    said : str
        The message.
    steps, columns : tuple of str
        Those it names.
    """

    layer: int
    said: str
    steps: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    @property
    def about(self) -> tuple[object, ...]:
        """Return what it is about, whatever its figures: layer, code, steps and columns."""
        return self.layer, self.said.split(" ")[0], self.steps, self.columns[:1] if self.layer == 1 else self.columns


@dataclass
class Answer:
    """All that was said of one trial.

    Parameters
    ----------
    accusations : list of Accusation
        In the order of the layers.
    withheld : list of Accusation
        Columns that steps made and the model is not given: kept out without a word of reproach, so that a leak made
        of them is no leak. Of layer 1; nothing is held against a clean twin by them.
    remarks : list of Accusation
        Findings of the severity information, and what the audit could not assess.
    crash : str
        An error that is no refusal: the case or the library is broken.
    unasked : str
        Why the audit was not asked.
    """

    accusations: list[Accusation] = field(default_factory=list)
    withheld: list[Accusation] = field(default_factory=list)
    remarks: list[Accusation] = field(default_factory=list)
    crash: str = ""
    unasked: str = ""
    seconds: float = 0.0

    @property
    def layers(self) -> tuple[int, ...]:
        """Layers that accuse."""
        return tuple(sorted({each.layer for each in self.accusations}))


def as_plain(answer: Answer) -> dict[str, Any]:
    """Return an answer as plain data, to be kept in a file."""
    return asdict(answer)


def of_plain(kept: Mapping[str, Any]) -> Answer:
    """Return the answer that was kept."""
    lists = {name: [_accusation(each) for each in kept[name]] for name in ("accusations", "withheld", "remarks")}
    return Answer(**lists, crash=kept["crash"], unasked=kept["unasked"], seconds=kept["seconds"])


def _accusation(kept: Mapping[str, Any]) -> Accusation:
    return Accusation(kept["layer"], kept["said"], tuple(kept["steps"]), tuple(kept["columns"]))


def ask(trial: Trial) -> Answer:
    """Build, run and audit a trial in an empty folder with an MLflow store of its own."""
    answer, begin = Answer(), time.perf_counter()
    with in_new_folder(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            _ask(trial, answer)
        except MlsysError as error:
            answer.accusations.append(_refusal(error))
        except Exception as error:
            answer.crash = f"{type(error).__name__}: {error} ({traceback.extract_tb(error.__traceback__)[-1].name})"
    answer.seconds = time.perf_counter() - begin
    return answer


def _ask(trial: Trial, answer: Answer) -> None:
    pipeline = trial.pipeline()
    run = trial.play(pipeline, trial.data)
    for finding in run.findings:
        steps = (finding.step,) if finding.step else ()
        said = Accusation(_layer(finding.code), str(finding), steps, tuple(finding.columns))
        (answer.remarks if finding.severity == "information" else answer.accusations).append(said)
    answer.withheld += _withheld(run)
    _audit(pipeline, trial, run, answer)


def _withheld(run: Run) -> list[Accusation]:
    """Return columns that a step made and the model is not given, for another reason than the user's own arguments."""
    table = run.features
    said = table["reason"].astype("str")
    ours = (
        ~table["used"].astype("bool")
        & (table["made by"] != "data")
        & ~said.str.match("role|excluded|not in features|encoded as")
    )
    return [
        Accusation(1, f"withheld: {row.column!r}: {row.reason}", (row.maker,), (row.column, *_words(row.reason)))
        for row in table[ours].rename(columns={"made by": "maker"}).itertuples(index=False)
    ]


def _audit(pipeline: Pipeline, trial: Trial, run: Run, answer: Answer) -> None:
    if not hasattr(pipeline, "audit_leakage"):
        answer.unasked = "there is no audit_leakage()"
        return
    try:
        audit = pipeline.audit_leakage(trial.data)
    except MlsysError as error:
        answer.unasked = f"the audit says: {error.problem}"
        return
    for row in pd.DataFrame(audit.violated).itertuples(index=False):
        said = f"{row.step}, {row.probe}: {row.detail}"
        answer.accusations.append(Accusation(3, said, (row.step,), tuple(row.columns)))
    table = pd.DataFrame(audit.table)
    for row in table[table["verdict"] == "not assessed"].itertuples(index=False):
        said = f"audit, not assessed: {row.step}, {row.probe}: {row.detail}"
        answer.remarks.append(Accusation(3, said, (row.step,), tuple(row.columns)))


def _layer(code: str) -> int:
    """Findings of the codes LK2xx and LK4xx are layers 2 and 4; what is no matter of leakage is 0."""
    found = re.fullmatch(r"LK(\d)\d\d", code)
    return int(found[1]) if found else 0


def _refusal(error: MlsysError) -> Accusation:
    """Return an error as an accusation; names are read in the problem, since a remedy names all steps."""
    notes = " ".join(getattr(error, "__notes__", ()))
    named = _words(error.problem)
    return Accusation(1, f"{type(error).__name__}: {error.problem}", (*named, *_words(notes)), named)


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[A-Za-z_][\w-]*", text))


@contextlib.contextmanager
def in_new_folder() -> Iterator[None]:
    """Work in an empty folder, where the counts of openings start from nothing."""
    before, uri = os.getcwd(), os.environ.get("MLFLOW_TRACKING_URI")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        os.chdir(place)
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{place}/mlflow.db"
        try:
            with override(folder=f"{place}/.mlsys"):
                yield
        finally:
            os.chdir(before)
            if uri is None:
                del os.environ["MLFLOW_TRACKING_URI"]
            else:
                os.environ["MLFLOW_TRACKING_URI"] = uri
