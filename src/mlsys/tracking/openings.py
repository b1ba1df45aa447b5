"""How often test rows were opened, by any model; and how to look at a run."""

from __future__ import annotations

from mlsys.errors import TrackingError
from mlsys.tracking.journal import journals
from mlsys.tracking.reach import IN_A_RUN
from mlsys.tracking.record import IDENTITY, LoggedRun
from mlsys.tracking.store import store

TEST_DIGEST = "mlsys.test_digest"
TEST_OPENED = "mlsys.test_opened"
"""How often a run opened its test rows; every look counts, also a second one of the same run."""


def test_openings(digest: str, ask: bool = True) -> dict[str, int]:
    """Return how often each run has opened the test rows with this digest, by the run's own id.

    Parameters
    ----------
    digest : str
        Of the test rows.
    ask : bool
        Whether MLflow is asked; runs of this folder, also those that wait, are counted in any case.
    """
    found = _opened_here(digest)
    if ask:
        for identity, times in _opened_in_store(digest).items():
            found[identity] = max(times, found.get(identity, 0))
    return found


test_openings.__test__ = False  # type: ignore[attr-defined]  # its name starts like a test's


def _opened_here(digest: str) -> dict[str, int]:
    found = {}
    for journal in journals():
        times = [int(e.tags.get(TEST_OPENED, 1)) for e in journal.additions() if e.tags.get(TEST_DIGEST) == digest]
        if times:
            found[journal.id] = max(times)
    return found


def _opened_in_store(digest: str) -> dict[str, int]:
    try:
        with store(IN_A_RUN) as client:
            experiments = [each.experiment_id for each in client.search_experiments()]
            runs = client.search_runs(experiments, f"tags.`{TEST_DIGEST}` = '{digest}'", max_results=1_000)
            return {
                str(each.data.tags.get(IDENTITY, each.info.run_id)): int(each.data.tags.get(TEST_OPENED, 1))
                for each in runs
            }
    except TrackingError:  # those of this folder are known; what is sent later carries its own count
        return {}


def ui_hint(logged: LoggedRun) -> str:
    """Return the command that opens the UI, and where the run is in it."""
    page = f"/#/experiments/{logged.experiment_id}/runs/{logged.run_id}"
    if logged.tracking_uri.startswith("http"):
        return f"open {logged.tracking_uri}{page}"
    default = logged.tracking_uri.startswith("sqlite") and logged.tracking_uri.endswith("/mlflow.db")
    store_option = "" if default else f" --backend-store-uri {logged.tracking_uri}"
    return f"type `mlflow ui{store_option}` here and open http://127.0.0.1:5000{page}"
