"""Requests over real HTTP: odd ones are answered rightly or refused with status 400, good ones go on beside them."""

from __future__ import annotations

import json
import math
import os
import random
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from faults.asked import ANY, JSON, NOTHING, REFUSED, SAME, Asked, odd_requests
from faults.children import in_child
from faults.fault import Outcome, fault
from serving import serving

SECONDS = 60.0
CLIENTS = 4
SLOW = 10.0
"""Seconds that no answer may take."""


@fault("odd requests to a served model over HTTP", times=60)
def odd(times: int) -> Iterator[Outcome]:
    """Each odd request gets what has to come of it, and the good one its answer afterwards."""
    with _served() as served:
        for asked in odd_requests(served.rows[0])[:times]:
            outcome = Outcome(asked[0])
            begin = time.monotonic()
            served.look(outcome, asked)
            outcome.waited = max(0.0, time.monotonic() - begin - 1.0)
            status, answer = served.ask(json.dumps({"dataframe_records": served.rows[:1]}), JSON)
            outcome.check(status == 200 and _alike(answer, served.answers[:1]), f"then the good one: {answer}", 1)
            yield outcome


@fault(f"{CLIENTS} clients at once for {SECONDS:.0f} s over HTTP, every fifth request an odd one", times=CLIENTS)
def clients(times: int) -> Iterator[Outcome]:
    """Every client gets its own answers, whatever the others send."""
    with _served() as served:
        outcomes = [Outcome(f"client {number}") for number in range(times)]
        until = time.monotonic() + SECONDS
        threads = [
            threading.Thread(target=served.keep_asking, args=(outcome, random.Random(number), until))
            for number, outcome in enumerate(outcomes)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    yield from outcomes


class _Served:
    """A served model, rows that it was asked and what has to be answered."""

    def __init__(self, address: str, rows: list[dict[str, Any]], answers: list[dict[str, Any]]) -> None:
        self.address, self.rows, self.answers = address, rows, answers

    def ask(self, body: str | bytes, kind: str) -> tuple[int, Any]:
        """Post a request; return status and what the answer holds."""
        data = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
        sent = urllib.request.Request(f"{self.address}/invocations", data, {"Content-Type": kind})
        try:
            with urllib.request.urlopen(sent, timeout=60) as answer:
                return answer.status, json.loads(answer.read())["predictions"]
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode("utf-8", "replace")
        except OSError as error:
            return 0, str(error)

    def look(self, outcome: Outcome, asked: Asked) -> None:
        """Ask one odd request and look at the answer."""
        _, body, kind, wanted = asked
        status, answer = self.ask(body, kind)
        if status == 400:
            outcome.check(wanted in {REFUSED, ANY}, f"refused: {str(answer)[:200]}", 1)
            outcome.check("Traceback" not in answer, f"a stack trace: {str(answer)[-300:]}")
        elif outcome.check(status == 200, f"status {status}: {str(answer)[:200]}", 1):
            outcome.check(wanted != REFUSED, f"answered: {str(answer)[:200]}", 1)
            expected = {SAME: self.answers[:1], NOTHING: []}.get(wanted)
            outcome.check(expected is None or _alike(answer, expected), f"answered otherwise: {answer}", 1)

    def keep_asking(self, outcome: Outcome, rng: random.Random, until: float) -> None:
        """Ask good requests of any number of rows, and odd ones between them, for a while."""
        asked_oddly = [each for each in odd_requests(self.rows[0]) if len(each[1]) < 10_000]
        while time.monotonic() < until:
            begin = time.monotonic()
            if rng.random() < 0.2:
                self.look(outcome, rng.choice(asked_oddly))
            else:
                chosen = rng.sample(range(len(self.rows)), rng.choice([1, 1, 3, 40]))
                body = json.dumps({"dataframe_records": [self.rows[each] for each in chosen]})
                status, answer = self.ask(body, JSON)
                right = status == 200 and _alike(answer, [self.answers[each] for each in chosen])
                outcome.check(right, f"status {status}: {str(answer)[:200]}", 1)
            took = time.monotonic() - begin
            outcome.waited = max(outcome.waited, took)
        outcome.check(outcome.waited < SLOW, f"an answer took {outcome.waited:.1f} s")


@contextmanager
def _served() -> Iterator[_Served]:
    """Train and log a model in a process that is gone afterwards, and serve it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        address = f"sqlite:///{place}/mlflow.db"
        ended = in_child(lambda: _trained(place, address), within=300)
        if ended.answer is None:
            raise RuntimeError(f"no model was logged: {ended.raised}")
        model, rows, answers = ended.answer
        before = os.environ.get("MLFLOW_TRACKING_URI")
        os.environ["MLFLOW_TRACKING_URI"] = address
        try:
            with serving(model) as at:
                yield _Served(at, rows, answers)
        finally:
            if before is None:
                del os.environ["MLFLOW_TRACKING_URI"]
            else:
                os.environ["MLFLOW_TRACKING_URI"] = before


def _hour(orders: pd.DataFrame) -> pd.Series:
    return orders["placed"].dt.hour + orders["placed"].dt.minute / 60


def _trained(place: Path, address: str) -> Any:
    os.chdir(place)
    os.environ["MLFLOW_TRACKING_URI"] = address
    import mlflow
    from sklearn.linear_model import LogisticRegression

    from mlsys import Derive, Impute, OneHot, Pipeline, RandomSplit
    from mlsys.settings import override

    rng, rows = np.random.default_rng(3), 600
    orders = pd.DataFrame(
        {
            "price": rng.gamma(2.0, 30.0, rows),
            "items": rng.integers(1, 9, rows),
            "days": np.where(rng.random(rows) < 0.2, np.nan, rng.integers(0, 30, rows)),
            "country": pd.Series(rng.choice(["DE", "FR", "PL"], rows), dtype="str"),
            "member": rng.random(rows) < 0.5,
            "placed": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 10**7, rows), unit="s"),
        }
    )
    orders["late"] = orders["price"] / 60 + orders["member"] + rng.normal(size=rows) > 2
    steps = [Derive({"hour": _hour}), RandomSplit(), Impute(), OneHot(["country"]), LogisticRegression(max_iter=500)]
    with override(folder=str(place / ".mlsys")):
        run = Pipeline(steps, target="late", exclude=["placed"], name="asked").run(orders, verbose=False)
    (model,) = mlflow.get_run(run.mlflow_run_id).outputs.model_outputs
    request = orders.tail(60).drop(columns="late").reset_index(drop=True)
    whole = request.assign(placed=request["placed"].dt.strftime("%Y-%m-%dT%H:%M:%S"))
    records = [
        {name: None if pd.isna(each) else each for name, each in row.items()} for row in whole.to_dict("records")
    ]
    return (
        f"models:/{model.model_id}",
        records,
        json.loads(run.predict(request).to_json(orient="records", double_precision=15)),
    )


def _alike(answers: Any, expected: Sequence[dict[str, Any]]) -> bool:
    """Whether answers are the expected ones, in their order; a row among others may round its last bits otherwise.

    Rows without an id of their own are counted from 0 in each request.
    """
    if [each.get("id") for each in answers] != list(range(len(expected))):
        return False
    for found, wanted in zip(answers, expected, strict=True):
        for name, value in wanted.items():
            close = math.isclose(found[name], value, rel_tol=1e-9) if isinstance(value, float) else found[name] == value
            if name != "id" and not close:
                return False
    return True
