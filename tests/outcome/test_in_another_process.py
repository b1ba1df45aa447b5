"""An outcome is read in a process that has neither the run nor its code: all is as it was, and nothing runs."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Evaluate, Impute, OneHot, Pipeline, RandomSplit, Run, Train, load

from ..forks import Forks

MINE = """
from pathlib import Path

with Path({marks!r}).open("a") as file:
    file.write("imported")


def dearer(frame):
    return frame.assign(dear=frame["price"] * 2)
"""
READS = """
import json, sys
from mlsys import load
found = load(sys.argv[1]).outcome
print(json.dumps({
    "card": found.card.text(), "html": found.card.html(), "digest": found.digest,
    "metrics": found.metrics.to_csv(), "tables": {k: t.to_csv() for k, t in found.evaluation.tables.items()},
    "findings": list(map(str, found.findings)), "features": found.features.to_csv(),
    "columns": found.columns.table.to_csv(), "ledger": list(found.ledger),
    "leakage": repr(found.leakage), "rows": dict(found.rows), "records": [str(each) for each in found.records],
    "drawn": found.reports["evaluate"].draw is not None,
    "imported": sorted(name for name in sys.modules if name.startswith(("mlsys_model_", "mine"))),
}))
"""


def told(run: Run) -> dict[str, Any]:
    found = run.outcome
    assert found.evaluation is not None
    return {
        "card": run.card.text(),
        "html": run.card.html(),
        "digest": found.digest,
        "metrics": run.metrics.to_csv(),
        "tables": {name: table.to_csv() for name, table in run.reports["evaluate"].tables.items()},
        "findings": list(map(str, run.findings)),
        "features": run.features.to_csv(),
        "columns": found.columns.table.to_csv(),
        "ledger": json.loads(json.dumps(found.ledger)),
        "leakage": repr(run.leakage),
        "rows": run.rows,
        "records": [str(each) for each in found.records],
        "drawn": True,
        "imported": [],
    }


def elsewhere(forks: Forks, place: Path, script: str, *given: str) -> Any:
    """Return what a script prints in a process of its own, which knows the store and the library alone."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW", "MLSYS", "PYTHON"))}
    where = {"MLFLOW_TRACKING_URI": os.environ["MLFLOW_TRACKING_URI"]} if "MLFLOW_TRACKING_URI" in os.environ else {}
    done = forks.run(["-c", textwrap.dedent(script), *given], cwd=place, env={**kept, **where})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def run(shop: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A tracked run whose model has code of the user's, which leaves a mark when it is imported."""
    (tmp_path / "mine.py").write_text(MINE.format(marks=str(tmp_path / "marks")))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    from mine import dearer  # type: ignore[import-not-found]

    steps = [dearer, RandomSplit(), Impute(), OneHot(["country"]), Train(LogisticRegression(max_iter=500))]
    columns = ["price", "days_since_last", "country", "dear"]
    pipeline = Pipeline([*steps, Evaluate(slices=["country"])], target="returned", features=columns, name="elsewhere")
    run = pipeline.run(shop)
    assert run.mlflow_run_id is not None
    return run


def files(place: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in place.rglob("*") if path.is_file()}


@pytest.mark.quick("its own-in MLflow")
@pytest.mark.parametrize("where", ["on this machine", "in MLflow"])
@pytest.mark.parametrize("whose", ["MLflow's", "its own"])
def test_all_is_as_it_was_and_nothing_ran(run: Run, forks: Forks, tmp_path: Path, where: str, whose: str) -> None:
    expected, named = told(run), run_id(run) if whose == "MLflow's" else run.id
    if where == "in MLflow":
        shutil.rmtree(tmp_path / ".mlsys" / "runs")
    before = files(tmp_path / ".mlsys" / "cache")
    assert before and (tmp_path / "marks").read_text()
    (tmp_path / "marks").unlink()
    assert elsewhere(forks, tmp_path, READS, named) == expected
    assert files(tmp_path / ".mlsys" / "cache") == before
    assert not (tmp_path / "marks").exists(), "code of the model was imported"


@pytest.mark.long
def test_the_model_is_read_when_it_is_used(run: Run, shop: pd.DataFrame, tmp_path: Path) -> None:
    loaded = load(str(run.mlflow_run_id))
    assert loaded.outcome == run.outcome
    pd.testing.assert_frame_equal(loaded.predict(shop.head(9)), run.predict(shop.head(9)), check_exact=True)


def test_comparing_with_a_run_of_another_process_is_comparing_with_the_run(run: Run, shop: pd.DataFrame) -> None:
    other = run.pipeline.replace(Train=Train(LogisticRegression(C=1e-3))).run(shop)
    live, mixed, plain = (
        mlsys.compare({"then": each, "now": other})
        for each in (run, load(str(run.mlflow_run_id)), load(run_id(run)).outcome)
    )
    for each in (mixed, plain):
        pd.testing.assert_frame_equal(each.table, live.table, check_exact=True)
        pd.testing.assert_frame_equal(each.changes, live.changes, check_exact=True)
        assert repr(each) == repr(live) and each.best_name == live.best_name


def run_id(run: Run) -> str:
    return str(run.mlflow_run_id)


def test_a_run_that_waits_is_read_from_this_machine(
    shop: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlsys.outcome import outcome_of_run

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    run = Pipeline([RandomSplit(), LogisticRegression()], target="returned", features=["price"]).run(shop)
    assert run.mlflow_run_id is None
    found = outcome_of_run(run.id)
    assert found == run.outcome and found.card.lines == run.card.lines
    assert "the run waits, `mlsys sync` sends it" in found.card.footer
