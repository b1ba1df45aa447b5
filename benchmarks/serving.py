"""What a served row costs, and how many rows a second go over HTTP beside plain MLflow and scikit-learn.

Run: ``python benchmarks/serving.py``. Trains the flight model once, then asks in turn. Writes
``docs/benchmarks/serving.rst``.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from measuring import ROOT, ratios, spread, table, write_page

MAY_COST = 4.0
"""Milliseconds that one row may take beyond the estimator's own time, at the median."""
MUST_REACH = 0.9
"""Share of plain MLflow's rate at 1,000 rows a request."""


def trained(train_until: str | None = None) -> Any:
    """Run the flight example without calibration by folds of other models; return the run."""
    path = ROOT / "examples" / "flight_delays.py"
    spec = importlib.util.spec_from_file_location("flight_delays", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["flight_delays"] = module
    spec.loader.exec_module(module)
    pipeline = module.pipeline
    if train_until is not None:  # a small share of the flights, to try this file out
        pipeline = pipeline.replace(TimeSplit=module.TimeSplit(validation="2013-01-20", test=train_until))
    return pipeline.run(track=True)


def encoded(run: Any, rows: pd.DataFrame) -> pd.DataFrame:
    """Return what the estimator is given for some rows: numbers alone."""
    seen: list[pd.DataFrame] = []
    estimator = dict(run.model.steps)["Train"].state["estimator"]
    asked = estimator.predict_proba
    estimator.predict_proba = lambda features: seen.append(features) or asked(features)
    try:
        run.model.predict(rows)
    finally:
        del estimator.predict_proba
    return seen[0]


def one_row(run: Any, rows: pd.DataFrame, times: int) -> tuple[list[float], list[float]]:
    """Return milliseconds for one row by the model, and by its estimator alone, asked in turn."""
    estimator = dict(run.model.steps)["Train"].state["estimator"]
    whole, alone = [], []
    for turn in range(times + 20):
        row = rows.iloc[[turn % len(rows)]]
        given = encoded(run, row)
        took = timed(lambda row=row: run.model.predict(row)), timed(lambda given=given: estimator.predict_proba(given))
        if turn >= 20:  # the first ones warm up
            whole.append(took[0])
            alone.append(took[1])
    return whole, alone


def timed(call: Callable[[], Any]) -> float:
    """Return milliseconds."""
    begin = time.perf_counter()
    call()
    return (time.perf_counter() - begin) * 1000


def log_plain(run: Any, numbers: pd.DataFrame) -> str:
    """Log the same estimator as MLflow logs a scikit-learn model by itself; return its address."""
    import mlflow
    from mlflow.models import infer_signature

    estimator = dict(run.model.steps)["Train"].state["estimator"]
    plain = numbers.astype("float64")
    with mlflow.start_run():
        signature = infer_signature(plain, estimator.predict(plain))
        info = mlflow.sklearn.log_model(
            estimator, name="plain", signature=signature, serialization_format="cloudpickle", pip_requirements=[]
        )
    return str(info.model_uri)


@contextmanager
def serving(model: str) -> Iterator[str]:
    """Serve a model on loopback by one worker; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    command = [str(Path(sys.executable).parent / "mlflow"), "models", "serve", "-m", model, "--env-manager", "local"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [*command, "-h", "127.0.0.1", "-p", address.rpartition(":")[2], "--workers", "1"],
            stdout=log,
            stderr=log,
            env={**os.environ, "PATH": path},
            start_new_session=True,
        )
        try:
            for _ in range(240):
                try:
                    urllib.request.urlopen(f"{address}/health", timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.25)
            yield address
        finally:
            if process.poll() is None:  # the session that was started above
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=20)


def rows_a_second(address: str, body: bytes, rows: int) -> float:
    """Post one request and return rows a second."""
    asked = urllib.request.Request(f"{address}/invocations", body, {"Content-Type": "application/json"})
    begin = time.perf_counter()
    with urllib.request.urlopen(asked, timeout=60) as answer:
        answered = len(json.loads(answer.read())["predictions"])
    assert answered == rows
    return rows / (time.perf_counter() - begin)


def body_of(frame: pd.DataFrame) -> bytes:
    """Return a request in JSON by columns and rows."""
    values = [[None if pd.isna(value) else value for value in row] for row in frame.astype(object).to_numpy().tolist()]
    return json.dumps({"dataframe_split": {"columns": list(frame.columns), "data": values}}).encode()


def over_http(run: Any, rows: pd.DataFrame, times: int) -> dict[str, list[float]]:
    """Return rows a second of both servers, asked in turn with the same flights."""
    import mlflow

    numbers = encoded(run, rows)
    ours = f"models:/{mlflow.get_run(run.mlflow_run_id).outputs.model_outputs[0].model_id}"
    bodies = {"mlsys": body_of(rows), "plain": body_of(numbers)}
    found: dict[str, list[float]] = {"mlsys": [], "plain": []}
    with serving(ours) as first, serving(log_plain(run, numbers)) as second:
        for turn in range(times + 3):
            for name, address in (("mlsys", first), ("plain", second)):
                rate = rows_a_second(address, bodies[name], len(rows))
                if turn >= 3:
                    found[name].append(rate)
    return found


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=500, help="single rows")
    parser.add_argument("--batches", type=int, default=30, help="requests over HTTP")
    parser.add_argument("--rows", type=int, default=1_000, help="rows of such a request")
    parser.add_argument("--small", action="store_true", help="few flights, to try this file; writes nothing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/mlflow.db"
        os.environ["MLSYS_FOLDER"] = f"{folder}/.mlsys"
        run = trained("2013-02-01" if options.small else None)
        rows = run.frame("validation", after="NaturalLabel")[list(run.model.inputs)].head(max(options.rows, 200))
        whole, alone = one_row(run, rows, options.requests)
        rates = over_http(run, rows.head(options.rows), options.batches)
        os.chdir(ROOT)
    beyond = [a - b for a, b in zip(whole, alone, strict=True)]
    levels = (50, 95, 99)
    lines = [
        [name, *(f"{np.percentile(values, level):.2f}" for level in levels)]
        for name, values in (("the model", whole), ("its estimator alone", alone), ("beyond the estimator", beyond))
    ]
    text = f"""The flight model of ``examples/flight_delays.py``, {
        options.requests
    } single rows in one process, model and
estimator asked in turn; milliseconds. To reach: below {MAY_COST:.0f} beyond the estimator at the median.

{table(["one row", "p50", "p95", "p99"], lines)}

``mlflow models serve`` with one worker each, {options.rows:,} rows a request in JSON, {
        options.batches
    } requests in turn after three
that are not counted. Plain is the same estimator logged by ``mlflow.sklearn``, sent columns that are encoded already:
it neither derives, joins, fills nor encodes. Rows a second, median and range; to reach: a ratio of {MUST_REACH}.

{
        table(
            ["mlsys", "plain", "ratio, pair by pair"],
            [[spread(rates["mlsys"], 0), spread(rates["plain"], 0), ratios(rates["mlsys"], rates["plain"])]],
        )
    }
"""
    if options.small:
        print(text)
        return
    write_page("serving", "A served row, and a thousand", "python benchmarks/serving.py", text)
    if statistics.median(beyond) >= MAY_COST or statistics.median(rates["mlsys"]) < MUST_REACH * statistics.median(
        rates["plain"]
    ):
        raise SystemExit("a served row costs too much")


if __name__ == "__main__":
    main()
