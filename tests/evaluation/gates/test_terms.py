"""Terms of gates are checked when they are made, and read what a run has measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlsys import Gate, Metric, beats, behaves, gap, latency, metric, no_alarm, no_findings, size
from mlsys.errors import ConfigurationError, Finding
from mlsys.evaluation import Behaviour, Candidate, Evaluation, Rival, verdict_of

PROFIT = Metric("profit", lambda y, prediction: 0.0)


@pytest.mark.parametrize(
    ("make", "says", "remedied"),
    [
        (lambda: metric("roc_acu"), "did you mean 'roc_auc'", lambda: metric("roc_auc").lower >= 0.6),
        (lambda: gap("recal", by="sex"), "did you mean 'recall'", lambda: gap("recall", by="sex").upper <= 0.1),
        (lambda: metric("profit"), 'metric(Metric("profit", function))', lambda: metric(PROFIT).value > 0),
        (lambda: metric("roc_auc").lower >= 65, "lies between 0 and 1", lambda: metric("roc_auc").lower >= 0.65),
        (lambda: metric("roc_auc").lower >= "65%", "not a number", lambda: metric("roc_auc").lower >= 0.65),
        (lambda: metric("roc_auc") >= 0.65, 'metric("roc_auc").lower >= 0.65', lambda: metric("roc_auc").lower >= 0.65),
        (lambda: metric("rmse") < 3, 'metric("rmse").upper < 3', lambda: metric("rmse").upper < 3),
        (lambda: latency("p59"), "quantiles are p50, p95, p99", lambda: latency("p50") <= "20ms"),  # type: ignore[arg-type]
        (lambda: latency() <= 20, "'20ms'", lambda: latency() <= "20ms"),
        (lambda: latency() <= "20MB", "'20ms'", lambda: latency() <= "20 ms"),
        (lambda: size() <= "50ms", "'50MB'", lambda: size() <= "50MiB"),
        (lambda: behaves("invarience"), "did you mean 'invariance'", lambda: behaves("invariance")),
        (lambda: no_findings("bad"), "severities are error, warning", lambda: no_findings("error")),  # type: ignore[arg-type]
        (lambda: beats(""), "name a baseline or an alias", lambda: beats("@staging")),
        (lambda: Gate(no_alarm), "write no_alarm()", no_alarm),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_when_it_is_written(make: Any, says: str, remedied: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert says in str(caught.value), str(caught.value)
    assert Gate(remedied())


@pytest.mark.parametrize(
    ("bound", "number", "said"),
    [("20ms", 20, "20 ms"), ("1.5 s", 1500, "1.5 s"), ("300us", 0.3, "300 us"), ("2min", 120_000, "2 min")],
)
def test_times_have_units(bound: str, number: float, said: str) -> None:
    term = latency("p99") <= bound
    assert term.bound == pytest.approx(number) and str(term) == f"latency p99 <= {said}"


@pytest.mark.parametrize(
    ("bound", "number", "said"),
    [("50MB", 5e7, "50 MB"), ("1KiB", 1024, "1.02 kB"), ("2gb", 2e9, "2 GB"), ("12 B", 12, "12 B")],
)
def test_sizes_have_units(bound: str, number: float, said: str) -> None:
    term = size() < bound
    assert term.bound == number and str(term) == f"size < {said}"


def test_costs_are_read_and_what_was_not_measured_fails() -> None:
    candidate = Candidate({}, cost={"p95": 12.34, "size": float("nan")})
    gate = Gate(latency("p95") <= "20ms", latency("p95") < "12ms", latency("p50") <= "1s", size() <= "1GB")
    assert [(value, verdict) for _, value, verdict in gate.check(candidate)] == [
        ("12.3 ms", "pass"), ("12.3 ms", "fail"),
        ("not measured: no model was trained, or it could not be asked about a training row", "fail"),
        ("not enough data", "not enough data"),
    ]  # fmt: skip


def behaviour(name: str, verdict: str) -> Behaviour:
    return Behaviour(name, pd.DataFrame(), verdict=verdict, summary=f"said of {name}")


@pytest.mark.parametrize(
    ("test", "expected"),
    [("", "fail"), ("invariance", "not enough data"), ("invariance-2", "pass"), ("direction", "fail"),
     ("perturbation", "fail")],
)  # fmt: skip
def test_behaviour_of_a_kind_is_that_of_all_tests_of_the_kind(test: str, expected: str) -> None:
    reports = {
        "invariance": behaviour("invariance", "not enough data"),
        "invariance-2": behaviour("invariance", "pass"),
        "direction": behaviour("direction", "fail"),
    }
    _, value, verdict = Gate(behaves(test)).check(reports)[0]
    assert verdict == expected
    assert value.startswith("there is no such test" if test == "perturbation" else value[:3])


def test_findings_count_by_severity_and_not_when_waived() -> None:
    found = [
        Finding("LK209", "a", "warning"), Finding("LK209", "b", "warning"), Finding("DA101", "c", "information"),
        Finding("LK204", "d", "error", waived="known"),
    ]  # fmt: skip
    gate = Gate(no_findings(), no_findings("error"), no_findings("information"))
    checked = gate.check(Candidate({}, found))
    assert [(value, verdict) for _, value, verdict in checked] == [
        ("LK209 (2)", "fail"), ("none", "pass"), ("LK209 (2), DA101", "fail")
    ]  # fmt: skip
    assert gate.check({})[0][2] == "not enough data"


def evaluated(scores: Any, truth: Any) -> tuple[Evaluation, pd.DataFrame]:
    scored = pd.DataFrame({"y": truth, "prediction": (scores > 0.5).astype(int), "probability_0": 1 - scores,
                           "probability_1": scores})  # fmt: skip
    table = pd.DataFrame(columns=["part", "model", "slice", "metric", "value", "lower", "upper"])
    return Evaluation("evaluate", table, headline="log_loss", part="validation", event=1, scored=scored), scored


def test_less_is_better_where_the_metric_says_so_and_ties_do_not_win() -> None:
    rng = np.random.default_rng(0)
    share = rng.random(400)
    truth = (rng.random(400) < share).astype(int)
    evaluation, mine = evaluated(np.clip(share, 0.01, 0.99), truth)
    _, theirs = evaluated(np.full(400, 0.5), truth)

    def gate_of(one: pd.DataFrame, other: pd.DataFrame) -> str:
        rival = Rival("version 7", one, other)
        return Gate(beats("champion")).check(Candidate({"evaluate": evaluation}, rival=lambda alias: rival))[0][2]

    assert (gate_of(mine, theirs), gate_of(theirs, mine), gate_of(mine, mine)) == ("pass", "fail", "fail")
    assert gate_of(mine.head(4), theirs.head(4)) == "not enough data"


def test_a_registered_model_is_unknown_outside_a_registration() -> None:
    evaluation, _ = evaluated(np.array([0.2, 0.8]), [0, 1])
    assert Gate(beats("champion")).check({"evaluate": evaluation})[0][2] == "not enough data"
    assert "no such baseline" in Gate(beats("@x".removeprefix("@"))).check({"evaluate": evaluation})[0][1]
    nobody = Candidate({"evaluate": evaluation}, rival=lambda alias: None)
    assert Gate(beats("@staging")).check(nobody)[0][1:] == ("no version is @staging yet", "pass")


def test_several_verdicts_are_one() -> None:
    assert verdict_of(["pass", "not assessed"]) == "not enough data"
    assert verdict_of(["pass", "pass"]) == "pass"


def test_a_gate_checks_a_run_its_outcome_or_its_reports_and_nothing_else() -> None:
    with pytest.raises(ConfigurationError, match=r"cannot check DataFrame"):
        Gate(no_findings()).check(pd.DataFrame({"x": [1]}))
