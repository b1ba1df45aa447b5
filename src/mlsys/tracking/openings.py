"""How often test rows were opened, by any model; and how to look at a run."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from mlsys.errors import TrackingError
from mlsys.tracking.journal import journals
from mlsys.tracking.reach import IN_A_RUN
from mlsys.tracking.record import IDENTITY, LoggedRun
from mlsys.tracking.store import store

logger = logging.getLogger("mlsys")
TEST_DIGEST = "mlsys.test_digest"
TEST_OPENED = "mlsys.test_opened"
"""Tag for how often a run opened its test rows; every opening counts, also by the same run."""
TEST_MODEL = "mlsys.test_model"
"""Tag for the digest of the model: a second look at an unchanged model reveals nothing new."""


@dataclass(frozen=True)
class Opening:
    """One run that opened some test rows: its own id, how often it did, and the model it judged."""

    run: str
    times: int
    model: str


def test_openings(digest: str, ask: bool = True) -> list[Opening]:
    """Return which runs have opened the test rows with this digest.

    Parameters
    ----------
    digest : str
        Of the test rows.
    ask : bool
        Whether to query MLflow; runs in the local folder, including waiting ones, always count.
    """
    found = {each.run: each for each in _opened_here(digest)}
    for each in _opened_in_store(digest) if ask else []:
        here = found.get(each.run)
        if here is None or each.times > here.times:
            found[each.run] = each
    return list(found.values())


test_openings.__test__ = False  # type: ignore[attr-defined]  # its name starts like a test's


def _opened_here(digest: str) -> list[Opening]:
    found = []
    for journal in journals():
        try:
            tags = [each.tags for each in journal.additions() if each.tags.get(TEST_DIGEST) == digest]
            if tags:
                found.append(_opening(journal.id, max(tags, key=lambda each: int(each.get(TEST_OPENED, 1)))))
        except TrackingError as error:
            logger.warning("openings of test rows may be missing from the count: %s", error.problem)
    return found


def _opened_in_store(digest: str) -> list[Opening]:
    try:
        with store(IN_A_RUN) as client:
            experiments = [each.experiment_id for each in client.search_experiments()]
            runs = client.search_runs(experiments, f"tags.`{TEST_DIGEST}` = '{digest}'", max_results=1_000)
            return [_opening(str(run.data.tags.get(IDENTITY, run.info.run_id)), run.data.tags) for run in runs]
    except TrackingError:  # those of this folder are known; what is sent later carries its own count
        return []


def _opening(run: str, tags: Mapping[str, str]) -> Opening:
    return Opening(run, int(tags.get(TEST_OPENED, 1)), str(tags.get(TEST_MODEL, "")))


def ui_hint(logged: LoggedRun) -> str:
    """Return the command that opens the UI, and where the run is in it."""
    page = f"/#/experiments/{logged.experiment_id}/runs/{logged.run_id}"
    if logged.tracking_uri.startswith("http"):
        return f"open {logged.tracking_uri}{page}"
    default = logged.tracking_uri.startswith("sqlite") and logged.tracking_uri.endswith("/mlflow.db")
    store_option = "" if default else f" --backend-store-uri {logged.tracking_uri}"
    return f"type `mlflow ui{store_option}` here and open http://127.0.0.1:5000{page}"
