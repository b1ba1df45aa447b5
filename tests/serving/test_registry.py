"""register, promote, roll_back on a real store: gates decide, a no changes nothing, aliases remember."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from mlsys import Evaluate, Gate, Pipeline, RandomSplit, Run, Train, beats, gap, load, metric, promote, roll_back
from mlsys.errors import ConfigurationError, GateRefused, TrackingError

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
    assert not refused and "nothing is known of it" in repr(refused)
    assert not promote(name, int(made.version), gate=YES, reason="trained elsewhere"), "a gate cannot be asked"
    assert promote(name, int(made.version), reason="trained elsewhere")


def test_what_is_not_there_is_named(name: str) -> None:
    with pytest.raises(TrackingError, match="'nobody' is not in the registry"):
        promote("nobody", 1)
    with pytest.raises(TrackingError, match="has no version or alias 'best'"):
        promote(name, "best")
    with pytest.raises(TrackingError, match="has no version or alias 99"):
        promote(name, 99)
    with pytest.raises(TrackingError, match="has no alias 'best'"):
        roll_back(name, "best")
