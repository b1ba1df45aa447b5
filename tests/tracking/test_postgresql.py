"""PostgreSQL as the store, directly and behind a real ``mlflow server``."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Evaluate, Gate, Impute, Pipeline, RandomSplit, Train, load, metric
from mlsys.tracking import keep, send

pytestmark = pytest.mark.long

GUARDED = "guarded"
"""A user who must give a password; all others need none."""


def asked(database: str, statement: str) -> None:
    import psycopg2

    connection = psycopg2.connect(f"{database}/postgres".replace("+psycopg2", ""))
    connection.autocommit = True
    connection.cursor().execute(statement)
    connection.close()


def made(database: str, name: str) -> str:
    asked(database, f"CREATE DATABASE {name}")
    return f"{database}/{name}"


def pipeline_of(name: str) -> Pipeline:
    steps = [RandomSplit(), Impute(), Train(LogisticRegression()), Evaluate()]
    return Pipeline(steps, target="returned", features=["price"], name=name)


def test_a_run_a_model_and_a_sync_on_postgresql(
    database: str,
    shop: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    check_complete: Callable[..., Any],
    odd: Any,
    tmp_path: Path,
) -> None:
    address = made(database, "direct")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql+psycopg2://mlsys@127.0.0.1:9/absent")
    waiting = pipeline_of("later").run(shop)
    assert waiting.mlflow_run_id is None
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    run = pipeline_of("now").run(shop)
    run.final_test()
    assert check_complete(address, run.id).data.tags["mlsys.test_opened"] == "1"
    assert [each.id for each in mlsys.sync(address).sent] == [waiting.id]
    check_complete(address, waiting.id)
    assert run.register("on-postgresql", alias="champion", gate=Gate(metric("roc_auc").lower >= 0.0))
    answer = load("models:/on-postgresql@champion").predict(shop.head(5))
    pd.testing.assert_frame_equal(answer, run.predict(shop.head(5)), check_exact=True)
    logged = send(keep(odd.odd_record()))
    odd.check_odd(address, logged, tmp_path)


def test_a_server_that_keeps_its_runs_in_postgresql(
    database: str,
    server_on: Callable[[str], Any],
    shop: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    check_complete: Callable[..., Any],
) -> None:
    server = server_on(made(database, "behind"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address)
    run = pipeline_of("behind").run(shop)
    check_complete(server.address, run.id)


@pytest.mark.parametrize(
    ("user", "name", "told"),
    [
        (f"{GUARDED}:wr0ng-s3cret", "postgres", "password authentication failed"),
        (f"{GUARDED}:r1ght-s3cret", "absent", 'database "absent" does not exist'),
    ],
)
def test_a_door_that_stays_shut_costs_seconds_and_one_sentence_without_the_password(
    database: str,
    shop: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    user: str,
    name: str,
    told: str,
) -> None:
    asked(database, f"DROP ROLE IF EXISTS {GUARDED}; CREATE ROLE {GUARDED} LOGIN PASSWORD 'r1ght-s3cret'")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"{database.replace('mlsys@', f'{user}@')}/{name}")
    untracked = pipeline_of("shut")
    untracked.run(shop, track=False)
    before = time.monotonic()
    with caplog.at_level(logging.WARNING, "mlsys"):
        run = untracked.run(shop)
    assert time.monotonic() - before < 10 and run.mlflow_run_id is None
    assert told in run.card.footer and told in caplog.text and len(caplog.records) == 1
    written = [each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()]
    for each in (run.card.footer, caplog.text, *written):
        assert "s3cret" not in (each if isinstance(each, str) else each.decode(errors="replace"))
    assert [each.id for each in mlsys.sync().waiting] == [run.id]
