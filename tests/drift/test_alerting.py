"""Alerts and histories: who is told of which checks, and what is kept of them."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlsys import Monitor, Webhook, assert_no_drift
from mlsys.drift import to_stderr
from mlsys.errors import ConfigurationError, DataError, StateError

ROWS = pd.DataFrame({"age": [*range(20, 70)] * 40, "p": [0.1, 0.9] * 1_000, "y": [0, 1] * 1_000})
WORSE = ROWS.assign(y=1 - ROWS["y"])


@pytest.fixture
def posted() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A web server on loopback, and what was posted to it; the path ``/broken`` answers with an error."""
    got: list[dict[str, Any]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            got.append({**body, "authorization": self.headers.get("Authorization")})
            self.send_response(500 if self.path == "/broken" else 204)
            self.end_headers()

        def log_message(self, *given: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", got
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_is_posted_and_a_ticket_only_if_asked_for(posted: tuple[str, list[dict[str, Any]]]) -> None:
    url, got = posted
    hook = Webhook(f"{url}/hooks/s3cret", {"Authorization": "Bearer token"})
    monitor = Monitor.fit(ROWS, prediction="p", target="y")
    monitor.check(ROWS.head(500), alert=hook)
    monitor.check(ROWS.drop(columns="y").assign(age=ROWS["age"] + 30), alert=hook)
    assert got == []
    monitor.check(WORSE, alert=hook)
    (page,) = got
    assert page["verdict"] == "page: error rate" and page["level"] == "page" and page["cause"] == "relation"
    assert page["text"].startswith("page: error rate 0 to 1") and page["authorization"] == "Bearer token"
    monitor.check(ROWS.drop(columns="y").assign(age=ROWS["age"] + 30), alert=hook, alert_on="ticket")
    assert got[1]["columns"] == ["age"] and got[1]["level"] == "ticket" and got[1]["rows"] == 2_000
    assert "s3cret" not in repr(hook)


def test_an_alert_that_fails_is_a_warning_and_others_are_still_told(posted: tuple[str, list[dict[str, Any]]]) -> None:
    url, got = posted
    told: list[str] = []
    monitor = Monitor.fit(ROWS, prediction="p", target="y")
    with pytest.warns(UserWarning, match="failed: HTTP Error 500"):
        check = monitor.check(WORSE, alert=[Webhook(f"{url}/broken"), lambda check: told.append(check.verdict)])
    assert check.level == "page" and told == ["page: error rate"] and len(got) == 1
    with pytest.warns(UserWarning, match="Connection refused"):
        monitor.check(WORSE, alert=Webhook("http://127.0.0.1:9/"))
    with pytest.raises(ConfigurationError, match="is no web address"):
        Webhook("chat.example.com")
    with pytest.raises(ConfigurationError, match="cannot be called"):
        monitor.check(WORSE, alert="me")
    with pytest.raises(ConfigurationError, match="'always' is no level"):
        monitor.check(WORSE, alert=print, alert_on="always")


def test_standard_error_gets_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    Monitor.fit(ROWS, prediction="p", target="y").check(WORSE, alert=to_stderr)
    assert capsys.readouterr().err.startswith("mlsys: page: error rate 0 to 1")


def test_a_broken_feed_raises_and_is_kept_and_told() -> None:
    told: list[dict[str, Any]] = []
    monitor = Monitor.fit(ROWS[["age", "p"]])
    for broken in (ROWS[["p"]], ROWS.assign(age="unknown"), ROWS.head(0)):
        with pytest.raises(DataError):
            monitor.check(broken, alert=lambda check: told.append(check.message()), alert_on="ticket")
    assert [each["verdict"] for each in monitor.history] == ["broken"] * 3
    assert {(each["level"], each["cause"]) for each in told} == {("ticket", "schema")}


def test_the_history_goes_on_in_the_folder_of_the_monitor(tmp_path: Path) -> None:
    monitor = Monitor.fit(ROWS, prediction="p", target="y")
    monitor.check(ROWS.head(500))
    place = monitor.save(tmp_path / "kept")
    monitor.check(ROWS.tail(500))
    again = Monitor.load(place)
    again.check(WORSE)
    table = Monitor.load(place).history.table
    assert table["level"].tolist() == ["", "", "page"] and table["loss"].tolist() == [0.0, 0.0, 1.0]
    assert str(table["time"].dtype).startswith("datetime64") and again.history.last["cause"] == "relation"
    lines = (place / "history.jsonl").read_text()
    (place / "history.jsonl").write_text(lines + '{"time": "2024')
    assert len(Monitor.load(place).history) == 3  # the line of a process that was stopped
    (place / "history.jsonl").write_text("no line\n" + lines)
    with pytest.raises(StateError, match=r"history\.jsonl is damaged in line 1"):
        Monitor.load(place)


def test_a_page_of_a_year_is_one_small_file(tmp_path: Path) -> None:
    monitor = Monitor.fit(ROWS.assign(**{f"x{place}": range(2_000) for place in range(30)}), prediction="p", target="y")
    entry = monitor.check(WORSE.assign(**{f"x{place}": range(2_000) for place in range(30)})).facts["entry"]
    for day in range(365):
        time = (pd.Timestamp("2024-01-01", tz="UTC") + pd.Timedelta(days=day)).isoformat()
        monitor.history.add({**entry, "time": time, "loss": 0.1 + day / 1_000, "loss_lower": 0.0, "loss_upper": 0.6})
    content = monitor.history.report(tmp_path / "year.html", "flights").read_text()
    assert len(content) < 300_000 and "flights" in content and "366 checks" in content
    assert "<script" not in content and "http" not in content.replace("http://www.w3.org", "")


def test_an_empty_history_is_said() -> None:
    monitor = Monitor.fit(ROWS)
    assert "no check was made yet" in repr(monitor.history) and len(monitor.history.table) == 0
    with pytest.raises(ConfigurationError, match="has made no check"):
        _ = monitor.history.last


@pytest.mark.long
def test_checks_become_metrics_over_time_of_one_mlflow_run() -> None:
    import mlflow

    monitor = Monitor.fit(ROWS, prediction="p", target="y")
    monitor.check(ROWS.head(500))
    run = monitor.history.to_mlflow(name="flights")
    monitor.check(WORSE)
    assert monitor.history.to_mlflow(name="flights") == monitor.history.to_mlflow(name="flights") == run
    client = mlflow.MlflowClient()
    assert [each.value for each in client.get_metric_history(run, "monitor/loss")] == [0.0, 1.0]
    assert [each.value for each in client.get_metric_history(run, "monitor/page")] == [0.0, 1.0]
    assert client.get_run(run).data.tags["mlsys.monitor_verdict"] == "page: error rate"
    other = client.create_run("0").info.run_id
    assert monitor.history.to_mlflow(other) == other


def test_assert_no_drift_names_what_moved() -> None:
    rng = np.random.default_rng(0)
    reference = pd.DataFrame({"x": rng.normal(size=1_000), "z": rng.normal(size=1_000)})
    assert_no_drift(reference, reference.sample(300, random_state=0))
    with pytest.raises(AssertionError, match=r"x moved[\s\S]*mean"):
        assert_no_drift(reference, reference + [1.0, 0.0])
    assert_no_drift(Monitor.fit(reference, columns=["z"]), reference + [1.0, 0.0])
    with pytest.raises(DataError):
        assert_no_drift(reference, reference[["x"]])


def test_a_policy_of_retraining_reads_the_history() -> None:
    from mlsys import RetrainPolicy

    rng = np.random.default_rng(1)
    p = rng.random(2_000)
    rows = pd.DataFrame({"p": p, "y": (rng.random(2_000) < p).astype(int), "x": rng.normal(size=2_000)})
    monitor = Monitor.fit(rows, prediction="p", target="y")
    policy = RetrainPolicy(cost_retrain=200, cost_per_error=3)
    for flipped in (0.0, 0.0, 0.0, 0.2, 0.3, 0.4):
        today = rows.sample(1_000, random_state=int(flipped * 100))
        monitor.check(today.assign(y=today["y"] ^ (rng.random(1_000) < flipped)))
    assert policy.advise(monitor.history).deed == "retrain"
    with pytest.raises(DataError):
        monitor.check(rows[["p", "y"]])
    assert policy.advise(monitor.history).deed == "mend the data"
