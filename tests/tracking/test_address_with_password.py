"""A server at an address with user and password: runs arrive, and neither is written down anywhere."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Pipeline

pytestmark = pytest.mark.long  # starting a server takes more than ten seconds
USER, PASSWORD = "us3r-of-mlflow", "p4ss/word:of@mlflow"
QUOTED = "p4ss%2Fword%3Aof%40mlflow"
FORMS = [
    form.encode()
    for text in (PASSWORD, f"{USER}:{PASSWORD}")
    for form in (text, text.encode().hex(), base64.b64encode(text.encode()).decode())
] + [USER.encode(), QUOTED.encode()]


def holding(folder: Path) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path for path in files if any(form in path.read_bytes() for form in FORMS)]


def test_neither_server_nor_folder_keeps_the_password(
    own_server: Any,
    gate_before: Callable[[str], Any],
    shop: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    forgotten: Callable[[], None],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    gate = gate_before(own_server.address)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", gate.address.replace("://", f"://{USER}:{QUOTED}@"))
    pipeline = Pipeline([LogisticRegression()], target="returned", features=["price"], name="with a password")
    run = pipeline.run(shop)
    assert run.mlflow_run_id is not None and f"{gate.address}/" in repr(run)
    gate.rule = lambda number: "error"
    waiting = pipeline.run(shop)
    assert waiting.mlflow_run_id is None and "cannot be opened" in repr(waiting)
    gate.rule = lambda number: "pass"
    forgotten()
    report = mlsys.sync()
    assert [each.address for each in report.sent] == [gate.address]  # sent with the password that is in force
    said = capfd.readouterr()
    shown = "".join([*said, repr(report), *map(repr, (run, waiting)), run._repr_html_(), waiting._repr_html_()])
    assert not any(form in shown.encode() for form in FORMS)
    assert holding(tmp_path) == holding(own_server.folder) == []
    with sqlite3.connect(own_server.folder / "server.db") as database:
        assert database.execute("select count(*) from runs").fetchone()[0] >= 2
