"""Names are unique and predictable; seeds follow the root seed and the step, never its place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from mlsys import Impute, Pipeline, RandomSplit, Rows, Standardize, Train, Transform
from mlsys.errors import ConfigurationError
from mlsys.states import digest
from mlsys.steps.seeds import generator


class Draw(Transform):
    """Learns a random number: shows which seed it got."""

    size: int = 4

    def learn(self, train: Rows, rng: np.random.Generator) -> Any:
        return rng.random(self.size)

    def apply(self, frame: pd.DataFrame, state: Any) -> pd.DataFrame:
        return frame


def names(*steps: Any) -> list[str]:
    return [
        planned.name for planned in Pipeline([*steps, LogisticRegression()], target="y").steps if not planned.supplied
    ]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([Impute(), Impute()], ["Impute", "Impute-2", "Train"]),
        ([Impute(), Standardize(), Impute(), Impute()], ["Impute", "Standardize", "Impute-2", "Impute-3", "Train"]),
        ([Impute(name="fill"), Impute()], ["fill", "Impute", "Train"]),
        ([Impute(), Impute(name="Impute")], ["Impute-2", "Impute", "Train"]),
        ([Impute(), Impute(name="Impute-2"), Impute()], ["Impute", "Impute-2", "Impute-3", "Train"]),
        ([Impute(), Impute(name="Impute"), Impute(name="Impute-2")], ["Impute-3", "Impute", "Impute-2", "Train"]),
        ([("fill", Impute())], ["fill", "Train"]),
    ],
)
def test_unnamed_steps_are_numbered_around_explicit_names(steps: list[Any], expected: list[str]) -> None:
    assert names(*steps) == expected


def test_two_equal_explicit_names_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="two steps are named 'fill'"):
        names(Impute(name="fill"), Standardize(name="fill"))


def drawn(pipeline: Pipeline, data: pd.DataFrame, step: str = "Draw") -> list[float]:
    return list(pipeline.run(data, until=step).state(step))


def test_a_step_draws_the_same_wherever_it_stands(shop: pd.DataFrame) -> None:
    split = RandomSplit()
    alone = Pipeline([split, Draw(), LogisticRegression()], target="returned")
    later = Pipeline([split, Impute(), Standardize(["price"]), Draw(), LogisticRegression()], target="returned")
    assert drawn(alone, shop) == drawn(later, shop)


def test_a_step_draws_otherwise_under_another_root_seed_name_or_configuration(shop: pd.DataFrame) -> None:
    def draw(step: Draw, seed: int = 0) -> tuple[float, ...]:
        pipeline = Pipeline([RandomSplit(), step, LogisticRegression()], target="returned", seed=seed)
        return tuple(drawn(pipeline, shop, step.name or "Draw")[:3])

    found = {draw(Draw()), draw(Draw(), seed=1), draw(Draw(size=5)), draw(Draw(name="mine"))}
    assert len(found) == 4


def test_a_named_step_keeps_its_draws_when_its_configuration_changes(shop: pd.DataFrame) -> None:
    one, other = (
        drawn(
            Pipeline([RandomSplit(), Draw(size=n, name="mine"), LogisticRegression()], target="returned"), shop, "mine"
        )
        for n in (3, 5)
    )
    assert one == other[:3]


def test_two_purposes_of_one_step_draw_apart() -> None:
    assert generator(0, Draw(), "one").random() != generator(0, Draw(), "other").random()


def test_a_forest_without_random_state_is_the_same_again_and_after_an_insertion(shop: pd.DataFrame) -> None:
    columns = ["price", "customer"]
    pipeline = Pipeline(
        [RandomSplit(), Train(RandomForestClassifier(n_estimators=5, max_depth=3))], target="returned", features=columns
    )
    one = pipeline.run(shop, track=False)
    again = pipeline.run(shop, track=False)
    longer = pipeline.insert(Impute(), after="RandomSplit").run(shop, track=False)
    other = pipeline.rebuilt([planned.step for planned in pipeline.steps], seed=1).run(shop, track=False)
    assert digest(one.state("Train")) == digest(again.state("Train")) == digest(longer.state("Train"))
    assert digest(one.state("Train")) != digest(other.state("Train"))


def test_a_seed_given_to_the_estimator_is_kept(shop: pd.DataFrame) -> None:
    forest = RandomForestClassifier(n_estimators=2, max_depth=2, random_state=5)
    pipeline = Pipeline([RandomSplit(), Train(forest)], target="returned", features=["price"])
    assert pipeline.run(shop, track=False).state("Train")["estimator"].random_state == 5
