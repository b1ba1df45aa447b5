"""Outcomes on disk: JSON and Arrow under a manifest, in the folder of a run and among its artifacts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from mlsys.errors import DataError, MlsysError, StateError
from mlsys.outcome.outcome import Outcome
from mlsys.outcome.plain import as_state, from_state
from mlsys.states import digest, load_state, save_state
from mlsys.states.on_disk import naming
from mlsys.tracking.files import run_files, run_line
from mlsys.tracking.journal import OUTCOME, ROWS
from mlsys.tracking.registry import version_of_model

JUDGED = "judged"
"""Name of the folder with the rows that judged, which are kept on the machine of the run."""
FORMAT = 1


def save_outcome(outcome: Outcome, folder: Path) -> None:
    """Write an outcome, without the rows that judged.

    Raises
    ------
    StateError
        When something in it has no form on disk, or is a secret.
    """
    save_state({"format": FORMAT, **as_state(outcome)}, folder)


def save_judged(outcome: Outcome, folder: Path) -> None:
    """Write the rows that judged, where there are any, under their digest."""
    if outcome.scored is not None:
        save_state(outcome.scored, folder / JUDGED / outcome.judged)


def load_outcome(folder: Path) -> Outcome:
    """Read an outcome; nothing runs, and no code of the run is imported.

    Raises
    ------
    StateError
        When a file is missing or was changed, or another version of the library wrote it; the file is named.
    """
    state = load_state(folder)
    with naming(folder):
        written = state.pop("format")
        if written != FORMAT:
            raise StateError(
                f"the outcome in {folder} has layout {written!r}, but this version reads {FORMAT}",
                "read it with the version of mlsys that wrote it",
            )
        return Outcome(**from_state(state))


def outcome_of_run(reference: str) -> Outcome:
    """Return the outcome of a run: from this machine, otherwise from MLflow.

    Parameters
    ----------
    reference : str
        MLflow's id of the run, or ``run.id``.
    """
    outcome = load_outcome(run_files(reference, OUTCOME))
    said = f"; {outcome.surroundings}" if outcome.surroundings else ""
    return replace(outcome, tracking=f"{run_line(reference)}{said}")


def outcome_of_version(name: str, version: int | str) -> Outcome | None:
    """Return the outcome of a registered model as it was registered; ``None`` where nobody wrote it down."""
    found = version_of_model(name, version).outcome
    return None if found is None else load_outcome(found)


def judged_rows(outcome: Outcome) -> pd.DataFrame:
    """Return target and prediction of each row that judged.

    Raises
    ------
    DataError
        When these rows are not on this machine, or are not those of the outcome.
    """
    if outcome.scored is not None:
        return outcome.scored
    try:
        found = load_state(run_files(outcome.run, f"{JUDGED}/{outcome.judged}", ROWS))
    except MlsysError as error:
        raise DataError(
            f"the evaluated rows of the run {outcome.run} are not here: {error.problem}",
            "compare on the machine of the run, or run the pipeline with log_rows=True to send them to MLflow",
        ) from error
    if not isinstance(found, pd.DataFrame) or digest(found) != outcome.judged:
        raise DataError(
            f"the stored rows of the run {outcome.run} are not those it was evaluated on",
            "restore its folder, or run the pipeline again",
        )
    return found
