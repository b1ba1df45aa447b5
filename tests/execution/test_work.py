"""Work names all it depends on; steps are held to their facts; what judges was shown to no step."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Calibrate, Pipeline, RandomSplit, RowTransform, Standardize, Transform
from mlsys.cache import Made
from mlsys.dataset import Roles
from mlsys.errors import ContractError
from mlsys.execution.catalog import Catalog
from mlsys.execution.kinds import KINDS
from mlsys.execution.parts import Parts
from mlsys.execution.told import AtSplit, Declared, FoundLate, MadeOf, Told, Withheld, note_of, told_of
from mlsys.execution.windows import even_windows
from mlsys.execution.work import At, Task, Work
from mlsys.steps import Facts, Step
from mlsys.steps.questions import answers, changes_training, divides, looks, predicts, reads


def seen(at: At, planned: None, rows: dict, **given: object) -> Made:
    return Made(plain={"target": at.roles.target, "seed": at.seed, **{name: str(each) for name, each in given.items()}})


def test_work_that_holds_values_is_refused() -> None:
    secret = 3

    def holding(at: At, planned: None, rows: dict) -> Made:
        return Made(plain={"secret": secret})

    with pytest.raises(ContractError, match="given="):
        Task("check", "learn", holding, {})
    with pytest.raises(ContractError, match="module-level function"):
        Task("check", "learn", lambda at, planned, rows: Made(), {})


def test_work_that_does_not_see_the_view_gets_neither_roles_nor_seed() -> None:
    roles = Roles(target="y")
    parts = Parts({}, roles, Catalog(roles))
    shown = Work(7).do(Task("check", "look", seen, {}, {"more": 1}), parts).plain
    blind = Work(7).do(Task("check", "look", seen, {}, sees_view=False), parts).plain
    assert shown == {"target": "y", "seed": 7, "more": "1"}
    assert blind == {"target": None, "seed": -1}


@pytest.mark.parametrize(
    "told",
    [
        Declared({"a": "1h"}, "known_at="),
        MadeOf("Derive", ["a"], ["b", "c"], {"c": []}),
        Withheld(["a"], "read by the label"),
        FoundLate("a", "known only later"),
        AtSplit(["a", "b"]),
    ],
)
def test_what_is_told_comes_back_from_its_note(told: Told) -> None:
    assert told_of(note_of(told)) == told


def test_a_catalog_that_is_told_more_leaves_the_first_as_it_was() -> None:
    first = Catalog(Roles(target="y"))
    second = first.with_([Withheld(["a"], "a label"), MadeOf("Derive", ["a"], ["b"])])
    assert not first.withheld and set(second.withheld) == {"a", "b"}
    assert first.digest != second.digest


class OnTraining(RowTransform):
    """Odd: what it does to training rows it does to no others."""

    facts: ClassVar[Facts] = replace(RowTransform.facts, acts_on="train")

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(x=frame["x"] + 100.0)


class Remembers(Transform):
    """Learns which rows it was shown."""

    def learn(self, train):
        return {"ids": train["id"].tolist()}

    def apply(self, frame: pd.DataFrame, state: dict) -> pd.DataFrame:
        return frame.assign(known=frame["id"].isin(state["ids"]).astype(float))


def rows(count: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x = rng.normal(size=count)
    return pd.DataFrame({"id": range(count), "x": x, "y": (x + rng.normal(size=count) > 0).astype(int)})


def test_a_step_is_held_to_facts_of_its_own() -> None:
    steps = [RandomSplit(validation=0.3, test=0), OnTraining(), LogisticRegression()]
    run = Pipeline(steps, target="y", exclude=["id"]).run(rows(), track=False, cache=False)
    assert run.frame("train", after="OnTraining")["x"].min() > 50
    assert run.frame("validation", after="OnTraining")["x"].max() < 50


def test_what_calibration_learns_from_was_shown_to_no_step() -> None:
    steps = [RandomSplit(validation=0.3, test=0), Remembers(), Standardize(["x"]), LogisticRegression(), Calibrate()]
    run = Pipeline(steps, target="y", id="id").run(rows(), track=False, cache=False)
    parts, train = run._live.execution.parts, run.frame("train", after="RandomSplit")
    pieces = []
    for window in even_windows(train, parts.roles, 0, Calibrate().cross_fit_folds):
        learned, judged = (train[window.sides == side] for side in ("train", "validation"))
        mean, spread = learned["x"].mean(), learned["x"].std(ddof=0)
        shown, asked = (
            pd.DataFrame({"x": (each["x"] - mean) / spread, "known": known})
            for each, known in ((learned, 1.0), (judged, 0.0))
        )
        odds = LogisticRegression().fit(shown, learned["y"]).predict_proba(asked)
        pieces.append(pd.DataFrame(odds, columns=["probability_0", "probability_1"], index=judged.index))
    by_hand = pd.concat(pieces).loc[train.index]
    assert np.allclose(parts.crossed.frame()["probability_1"], by_hand["probability_1"])


def test_every_kind_has_a_module_and_questions_agree_with_kinds() -> None:
    kinds = {kind.kind: kind for kind in Step.__subclasses__() if kind.kind == kind.__name__}
    assert set(KINDS) == set(kinds) - {"Source", "Split"}
    asked = {
        reads: {"Source"}, divides: {"Split"}, predicts: {"Model"}, answers: {"Model", "Postprocess"},
        changes_training: {"TrainOnly"}, looks: {"Report", "Sink"},
    }  # fmt: skip
    for question, expected in asked.items():
        assert {name for name, kind in kinds.items() if question(kind)} == expected, question.__name__
