"""Two models of one name: a gate compares them on the same rows, and what is written against it stays visible."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from mlsys import (
    Derive,
    DirectionalTest,
    Evaluate,
    Gate,
    Pipeline,
    RandomSplit,
    Run,
    Train,
    beats,
    behaves,
    latency,
    load,
    metric,
    no_findings,
    promote,
    roll_back,
    size,
)
from mlsys.errors import ConfigurationError
from mlsys.evaluation import metric_named, paired_difference

pytestmark = pytest.mark.long
WINS = Gate(beats("champion"))


def log_price(frame: pd.DataFrame) -> pd.Series:
    return np.log1p(frame["price"])


def base() -> Pipeline:
    steps = [
        Derive({"log_price": log_price}),
        RandomSplit(),
        Train(LogisticRegression(max_iter=300)),
        Evaluate(["roc_auc"], slices=()),
        DirectionalTest("price", "not down"),
    ]
    return Pipeline(steps, target="returned", features=["price", "log_price"], name="returns")


@pytest.fixture(scope="module")
def runs(store: Path, shop: pd.DataFrame) -> dict[str, Run[Any]]:
    """A model that guesses, and one that has learned, on the same rows; and one on rows of another time."""
    guesses = base().replace(Train=Train(DummyClassifier(strategy="stratified", random_state=0)))
    later = shop.sample(frac=0.8, random_state=1).reset_index(drop=True)
    return {"learned": base().run(shop), "guesses": guesses.run(shop), "later": base().run(later)}


@pytest.fixture
def name(request: pytest.FixtureRequest, store: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A name in the registry; the rows that evaluated the runs lie in the folder of the store."""
    monkeypatch.chdir(store)
    return f"wins-{request.node.name[:40]}"


def terms(registration: Any) -> dict[str, tuple[str, str]]:
    return {row.term: (row.value, row.verdict) for row in registration.terms.itertuples()}


def test_the_first_of_a_name_has_nobody_to_beat(name: str, runs: dict[str, Run[Any]]) -> None:
    first = runs["guesses"].register(name, alias="champion", gate=WINS)
    assert first and terms(first)["beats champion"] == ("no version is @champion yet", "pass")


def test_a_better_model_replaces_the_champion_and_a_worse_one_does_not(name: str, runs: dict[str, Run[Any]]) -> None:
    assert runs["guesses"].register(name, alias="champion")
    done = runs["learned"].register(name, alias="champion", gate=WINS)
    value, verdict = terms(done)["beats champion"]
    mine, theirs = (runs[each].outcome.scored for each in ("learned", "guesses"))
    gap = paired_difference(metric_named("roc_auc"), mine, theirs)
    assert verdict == "pass" and value == f"better by {gap.value:.4g} [{gap.lower:.4g}, {gap.upper:.4g}] than version 1"
    back = runs["guesses"].register(name, alias="champion", gate=WINS)
    assert not back and back.verdict == "fail" and terms(back)["beats champion"][0].startswith("better by -")
    assert load(f"models:/{name}@champion").outcome.run == runs["learned"].id
    assert roll_back(name).version == 1


def test_a_champion_that_was_evaluated_on_other_rows_is_asked_about_these(
    name: str, runs: dict[str, Run[Any]], shop: pd.DataFrame
) -> None:
    assert runs["later"].register(name, alias="champion")
    refused = runs["guesses"].register(name, gate=WINS)
    value, verdict = terms(refused)["beats champion"]
    judged = runs["guesses"].outcome.scored
    asked = load(f"models:/{name}@champion").predict(shop.loc[judged.index])
    theirs = judged.assign(**{each: asked[each] for each in asked.columns if each.startswith("probability_")})
    gap = paired_difference(metric_named("roc_auc"), judged, theirs)
    assert verdict == "fail" and value.startswith(f"better by {gap.value:.4g} [{gap.lower:.4g}, {gap.upper:.4g}]")
    assert value.endswith(f"than version 1, asked about these {len(judged)} rows")


def test_promoting_compares_too_and_a_model_is_no_rival_of_itself(name: str, runs: dict[str, Run[Any]]) -> None:
    assert runs["guesses"].register(name, alias="champion")
    assert runs["learned"].register(name, alias="challenger")
    done = promote(name, "challenger", gate=WINS)
    assert done.version == 2 and terms(done)["beats champion"][0].endswith("than version 1")
    again = promote(name, 2, gate=WINS)
    assert again and terms(again)["beats champion"] == ("it is @champion (version 2) itself", "pass")


def test_a_champion_that_no_longer_loads_is_one_sentence_and_a_reason_goes_past_it(
    name: str, runs: dict[str, Run[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert runs["later"].register(name, alias="champion")
    version = MlflowClient().get_model_version_by_alias(name, "champion")
    model = MlflowClient().get_logged_model(version.source.removeprefix("models:/"))
    manifest = next(Path(model.artifact_location.removeprefix("file://")).rglob("pipeline.json"))
    held = manifest.read_text()
    manifest.write_text(json.dumps({"broken": True}))
    try:
        refused = runs["learned"].register(name, gate=WINS)
        value, verdict = terms(refused)["beats champion"]
        assert not refused and verdict == refused.verdict == "not enough data"
        assert value.startswith("@champion (version 1) does not load: ") and "\n" not in value
        done = runs["learned"].register(name, alias="champion", gate=WINS, override="version 1 is damaged")
        assert done and done.version == 2
    finally:
        manifest.write_text(held)


def test_an_override_stays_on_the_card_the_run_and_the_version(name: str, shop: pd.DataFrame, store: Path) -> None:
    run = base().replace(Train=Train(LogisticRegression(C=0.5))).run(shop)
    gate = Gate(metric("roc_auc").lower >= 0.999)
    refused = run.register(name, gate=gate)
    tags = MlflowClient().get_run(run.mlflow_run_id).data.tags
    assert not refused and tags[f"gate.{name}"] == "fail"
    assert tags[f"gate.{name}.missed"].startswith("roc_auc lower end >= 0.999: 0.")
    done = run.register(name, alias="champion", gate=gate, override="a pilot of ten customers, agreed with Ms Weber")
    assert done and repr(done).startswith(f"gate: overridden, {name} version 1 as @champion")
    assert "a pilot of ten customers" in done.overridden and done.verdict == "fail"
    client = MlflowClient()
    version = client.get_model_version(name, "1")
    tags = client.get_run(run.mlflow_run_id).data.tags
    assert tags[f"gate.{name}"] == "overridden" and tags[f"gate.{name}.override"].startswith("a pilot")
    assert version.tags["mlsys.gate.override"] == done.overridden and "a pilot" in version.description
    assert "a pilot of ten customers" in run.card.text() and "a pilot of ten customers" in run._repr_html_()
    assert "a pilot of ten customers" in load(f"models:/{name}@champion").outcome.card.text()
    kept = promote(name, 1, to="staging", gate=gate, override="one more week")
    assert kept and client.get_model_version(name, "1").tags["mlsys.gate.override"].startswith("one more week")


@pytest.mark.parametrize("reason", ["  ", 3, None])
def test_an_override_needs_words(reason: Any, name: str, runs: dict[str, Run[Any]]) -> None:
    with pytest.raises(ConfigurationError, match=r"(?s)override=.*write it in words"):
        runs["learned"].register("odd-reason", gate=WINS, override=reason)


def test_leakage_is_not_overridden(store: Path, shop: pd.DataFrame) -> None:
    leaking = shop.assign(copied=shop["returned"] * 2.0)
    pipeline = Pipeline([RandomSplit(), LogisticRegression()], target="returned", features=["price", "copied"])
    refused = pipeline.run(leaking).register("leaks", gate=Gate(metric("roc_auc").lower >= 0.9), override="it is fine")
    assert not refused and terms(refused)["no leakage"][1] == "fail"


def test_one_gate_reads_everything(name: str, runs: dict[str, Run[Any]]) -> None:
    gate = Gate(
        metric("roc_auc").lower >= 0.5, beats("zero_rule"), beats("champion"), latency("p95") <= "2s", size() <= "50MB",
        behaves("direction"), no_findings(),
    )  # fmt: skip
    done = runs["learned"].register(name, alias="champion", gate=gate)
    assert done, done
    stored = promote(name, "champion", to="best", gate=gate)
    assert stored, stored
    assert terms(stored)["latency p95 <= 2 s"] == terms(done)["latency p95 <= 2 s"]
    slow = promote(name, 1, to="fast", gate=Gate(latency("p50") <= "1us", size() <= "1B"))
    assert [verdict for _, verdict in terms(slow).values()] == ["fail", "fail"]
