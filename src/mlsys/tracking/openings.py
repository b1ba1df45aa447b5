"""What is counted and tagged across runs: openings of test rows, verdicts of gates; and how to look at a run."""

from __future__ import annotations

from collections.abc import Mapping

from mlsys.tracking.record import LoggedRun
from mlsys.tracking.store import store

TEST_DIGEST = "mlsys.test_digest"
TEST_OPENED = "mlsys.test_opened"
"""How often a run opened its test rows; every look counts, also a second one of the same run."""
_DEFAULT = ("sqlite:///mlflow.db",)


def test_openings(digest: str) -> dict[str, int]:
    """Return how often each run, of any model, has opened the test rows with this digest, by MLflow run id."""
    with store() as client:
        experiments = [each.experiment_id for each in client.search_experiments()]
        found = client.search_runs(experiments, f"tags.`{TEST_DIGEST}` = '{digest}'", max_results=1_000)
        return {str(each.info.run_id): int(each.data.tags.get(TEST_OPENED, 1)) for each in found}


test_openings.__test__ = False  # type: ignore[attr-defined]  # its name starts like a test's


def tag_run(run_id: str, tags: Mapping[str, str]) -> None:
    """Set tags on a run."""
    with store() as client:
        for key, value in tags.items():
            client.set_tag(run_id, key, value)


def ui_hint(logged: LoggedRun) -> str:
    """Return the command that opens the UI, and where the run is in it."""
    page = f"/#/experiments/{logged.experiment_id}/runs/{logged.run_id}"
    if logged.tracking_uri.startswith("http"):
        return f"open {logged.tracking_uri}{page}"
    default = logged.tracking_uri.startswith("sqlite") and logged.tracking_uri.endswith("/mlflow.db")
    store_option = "" if default else f" --backend-store-uri {logged.tracking_uri}"
    return f"type `mlflow ui{store_option}` here and open http://127.0.0.1:5000{page}"
