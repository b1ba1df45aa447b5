"""register, promote, roll_back on a real store: gates decide, a no changes nothing, aliases remember."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.pyfunc.scoring_server import infer_and_parse_data
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from mlsys import Evaluate, Gate, Pipeline, RandomSplit, Run, Train, beats, gap, load, metric, promote, roll_back
from mlsys.errors import ConfigurationError, GateRefused, TrackingError
from mlsys.execution.served import ServedModel
from mlsys.tracking.names import LONGEST_ALIAS, LONGEST_MODEL_NAME

YES = Gate(metric("roc_auc").lower >= 0.5, beats("zero_rule"), gap("recall", by="country").upper <= 1.0)


@pytest.fixture(scope="module")
def runs(store: Path, shop: pd.DataFrame) -> list[Run]:
    """Three models that differ; the last one guesses."""
    base = Pipeline(
        [RandomSplit(), LogisticRegression(max_iter=300), Evaluate(slices=["country"])],
        target="returned",
        features=["price"],
        name="returns",
    )
    others = [LogisticRegression(C=1e-4), DummyClassifier(strategy="stratified", random_state=0)]
    return [base.run(shop), *(base.replace(Train=Train(other)).run(shop) for other in others)]


@pytest.fixture
def name(runs: list[Run], request: pytest.FixtureRequest) -> str:
    """A model of which versions 1 and 2 are registered, the first as champion."""
    own = f"returns-{request.node.name[:40]}"
    assert runs[0].register(own, alias="champion", gate=YES)
    assert runs[1].register(own, alias="challenger")
    return own


def champion(name: str) -> int:
    return int(MlflowClient().get_model_version_by_alias(name, "champion").version)


def test_a_challenger_that_passes_becomes_champion(name: str, runs: list[Run], shop: pd.DataFrame) -> None:
    before = load(f"models:/{name}@champion").predict(shop.head(20))
    done = promote(name, "challenger", to="champion", gate=YES)
    assert done and (done.version, done.alias) == (2, "champion")
    assert repr(done).startswith(f"gate: yes, {name} version 2 as @champion") and "beats zero_rule" in repr(done)
    after = load(f"models:/{name}@champion").predict(shop.head(20))
    pd.testing.assert_frame_equal(after, runs[1].predict(shop.head(20)), check_exact=True)
    assert not after.equals(before)


def test_a_gate_reads_at_promotion_what_it_read_of_the_run(name: str, runs: list[Run]) -> None:
    done = promote(name, "challenger", gate=YES)
    assert [tuple(row) for row in done.terms.itertuples(index=False)] == YES.check(runs[1].reports)


def test_a_refused_promotion_changes_nothing(name: str) -> None:
    before = MlflowClient().get_registered_model(name)
    refused = promote(name, "challenger", gate=Gate(metric("roc_auc").lower >= 0.99))
    assert not refused and refused.version is None
    assert repr(refused).startswith(f"gate: no, '{name}' not promoted")
    with pytest.raises(GateRefused, match="not promoted"):
        refused.raise_if_refused()
    after = MlflowClient().get_registered_model(name)
    assert (after.aliases, after.tags) == (before.aliases, before.tags) and champion(name) == 1


def test_a_refused_registration_registers_nothing(name: str, runs: list[Run]) -> None:
    assert not runs[2].register(name, alias="champion", gate=Gate(beats("zero_rule")))
    assert champion(name) == 1 and len(MlflowClient().search_model_versions(f"name='{name}'")) == 2


def test_rolling_back_returns_to_the_version_before_and_further(name: str, runs: list[Run]) -> None:
    assert promote(name, 2)
    assert runs[0].register(name, alias="champion", gate=YES)
    assert champion(name) == 3
    back = roll_back(name)
    assert (back.version, back.alias, champion(name)) == (2, "champion", 2)
    assert "rolled back from version 3" in repr(back)
    assert roll_back(name).version == champion(name) == 1
    with pytest.raises(ConfigurationError, match="named no other version before"):
        roll_back(name)
    assert champion(name) == 1


def test_rolling_back_knows_of_aliases_set_by_hand_and_of_deleted_versions(name: str, runs: list[Run]) -> None:
    client = MlflowClient()
    assert runs[0].register(name)
    client.set_registered_model_alias(name, "champion", "3")
    assert promote(name, "challenger")
    assert roll_back(name).version == 3
    assert promote(name, "challenger")
    client.delete_model_version(name, "3")
    assert roll_back(name).version == champion(name) == 1


def test_promoting_what_is_champion_already_is_no_step_to_roll_back(name: str) -> None:
    assert promote(name, 2) and promote(name, 2) and promote(name, "champion")
    assert roll_back(name).version == 1


def test_a_version_registered_by_other_means_needs_a_reason(name: str) -> None:
    client = MlflowClient()
    logged = client.get_model_version(name, "1")
    made = client.create_model_version(name, logged.source)
    refused = promote(name, int(made.version))
    assert not refused and "unknown" in repr(refused)
    assert not promote(name, int(made.version), gate=YES, reason="trained elsewhere"), "a gate cannot be asked"
    assert promote(name, int(made.version), reason="trained elsewhere")


def test_what_is_not_there_is_named(name: str) -> None:
    with pytest.raises(TrackingError, match="'nobody' is not in the registry"):
        promote("nobody", 1)
    with pytest.raises(TrackingError, match="has no alias 'best'"):
        promote(name, "best")
    with pytest.raises(TrackingError, match="has no version 99"):
        promote(name, 99)
    with pytest.raises(TrackingError, match="has no alias 'best'"):
        roll_back(name, "best")


def test_what_is_there_is_named_beside_what_is_not(name: str) -> None:
    with pytest.raises(TrackingError) as caught:
        promote(name, "best")
    assert "champion (version 1)" in caught.value.remedy and "newest version: 2" in caught.value.remedy
    with pytest.raises(TrackingError) as caught:
        promote("nobody", 1, gate=YES)
    assert name in caught.value.remedy


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ("@best", "has no alias 'best'"),
        ("/99", "has no version 99"),
        ("/Production", "has no version at 'Production'"),
    ],
)
def test_loading_what_is_not_there_says_what_is_missing(name: str, after: str, said: str) -> None:
    with pytest.raises(TrackingError) as caught:
        load(f"models:/{name}{after}")
    assert said in caught.value.problem and repr(name) in caught.value.problem
    with pytest.raises(TrackingError, match="the model 'nobody' is not in the registry"):
        load(f"models:/nobody{after}")


def test_loading_from_a_run_that_is_not_there_says_so(runs: list[Run]) -> None:
    with pytest.raises(TrackingError, match=f"there is no run '{'0' * 32}'"):
        load("0" * 32)
    with pytest.raises(TrackingError, match="cannot be read from MLflow"):
        load(f"runs:/{runs[0].mlflow_run_id}/nowhere")


BAD_ALIASES = [
    "latest",
    "Latest",
    "v1",
    "V22",
    "3",
    "a b",
    "a/b",
    "a.b",
    "",
    "best\n",
    "a@b",
    "x" * 300,
    7,
    True,
    b"best",
]
BAD_NAMES = ["team/model", "a:b", "", "  ", "..", " m", "it's", "a@b", "tab\t", "x" * 300, 7, None]


@pytest.mark.parametrize("alias", BAD_ALIASES, ids=repr)
def test_an_alias_that_cannot_be_is_refused_before_anything_is_written(runs: list[Run], alias: Any) -> None:
    with pytest.raises(ConfigurationError, match="cannot be set: "):
        runs[0].register("untouched", alias=alias)
    with pytest.raises(ConfigurationError, match="cannot be set: "):
        promote("untouched", 1, to=alias)
    with pytest.raises(ConfigurationError, match="cannot be set: "):
        roll_back("untouched", alias)
    assert "untouched" not in [each.name for each in MlflowClient().search_registered_models()]


@pytest.mark.parametrize("bad", BAD_NAMES, ids=repr)
def test_a_name_that_cannot_be_is_refused_before_anything_is_written(runs: list[Run], bad: Any) -> None:
    before = MlflowClient().search_registered_models()
    with pytest.raises(ConfigurationError, match="cannot be registered: "):
        runs[0].register(bad, alias="champion")
    assert MlflowClient().search_registered_models() == before


@pytest.mark.parametrize("version", [None, True, 1.0, ""], ids=["nothing", "true", "a fraction", "empty"])
def test_a_version_is_a_number_or_an_alias(name: str, version: Any) -> None:
    with pytest.raises(ConfigurationError, match="give the number of a version"):
        promote(name, version)


def test_names_that_are_long_or_of_other_scripts_are_registered_promoted_and_rolled_back(runs: list[Run]) -> None:
    for own, alias in (("n" * LONGEST_MODEL_NAME, "a" * LONGEST_ALIAS), ("Flüge 2024.1 - été", "größte")):
        assert runs[0].register(own, alias=alias, gate=YES) and runs[1].register(own)
        assert promote(own, 2, to=alias, gate=YES).version == 2
        assert load(f"models:/{own}@{alias}").details["run"] == runs[1].id
        assert roll_back(own, alias).version == 1


def test_a_registration_that_fails_half_way_leaves_no_version_and_says_why(
    runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "log_artifacts", full)
        with pytest.raises(TrackingError, match="the model 'halfway' was not registered: .*No space left on device"):
            runs[0].register("halfway", alias="champion")
    assert not MlflowClient().search_model_versions("name='halfway'")
    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_registered_model_alias", full)
        with pytest.raises(TrackingError, match=r"version \d of 'halfway' is registered, but @champion was not set"):
            runs[0].register("halfway", alias="champion")
    assert runs[0].register("halfway", alias="champion")
    assert len(MlflowClient().search_model_versions("name='halfway'")) == 2


def test_a_registration_without_a_store_says_that_the_model_was_not_registered(
    runs: list[Run], shop: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}")  # a folder
    waiting = runs[0].pipeline.run(shop)
    with pytest.raises(TrackingError) as caught:
        waiting.register("anything")
    said = str(caught.value)
    assert "the model 'anything' was not registered: " in said and "cannot be opened" in said
    assert "an existing, writable folder" in caught.value.remedy


def test_mlflow_serves_every_form_of_a_request(name: str, runs: list[Run], shop: pd.DataFrame) -> None:
    served = mlflow.pyfunc.load_model(f"models:/{name}@champion")
    rows = shop[["price"]].head(3)
    prices, expected = rows["price"].tolist(), runs[0].predict(rows).drop(columns="id")
    records = rows.to_dict("records")
    bodies: list[dict[str, Any]] = [
        {"dataframe_records": records},
        {"dataframe_split": {"columns": ["price"], "data": [[price] for price in prices]}},
        {"inputs": records},
        {"inputs": {"price": prices}},
        {"inputs": {"price": [[price] for price in prices]}},
        {"inputs": [[price] for price in prices]},
        {"inputs": prices},
        {"instances": records},
    ]
    for body in bodies:
        answer = served.predict(infer_and_parse_data(body)).drop(columns="id")
        pd.testing.assert_frame_equal(answer, expected, check_exact=True)
    single = served.predict(infer_and_parse_data({"inputs": {"price": prices[0]}})).drop(columns="id")
    pd.testing.assert_frame_equal(single, runs[0].predict(rows.head(1)).drop(columns="id"), check_exact=True)


def test_mlflow_is_told_of_a_wrong_value_never_of_an_error_without_a_name(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = mlflow.pyfunc.load_model(f"models:/{name}@champion")
    refused = {
        "'price' holds": [{"price": 10**20}],
        "nothing \\(None\\)": None,
        "different numbers": {"a": [1], "b": []},
    }
    for said, given in refused.items():
        with pytest.raises(MlflowException, match=said) as caught:
            served.predict(given)
        assert caught.value.get_http_status_code() == 400

    def broken(model: ServedModel, frame: Any) -> None:
        raise KeyError("of the author")

    monkeypatch.setattr(ServedModel, "predict", broken)
    with pytest.raises(MlflowException, match="the request cannot be answered: KeyError: 'of the author'") as caught:
        served.predict([{"price": 1.0}])
    assert caught.value.get_http_status_code() == 400
