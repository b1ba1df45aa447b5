"""What is refused is refused whether its rows were made now or by an earlier run, under whatever roles these ran."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline, RandomSplit, RowTransform, Train
from mlsys.errors import LeakageError


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    made = pd.DataFrame(rng.normal(size=(300, 8)), columns=[f"x{place}" for place in range(8)])
    y = (made[["x0", "x1", "x2"]].sum(axis=1) > 0).astype(int)  # the same three are chosen in every part
    return made.assign(y=y, z=rng.integers(0, 2, 300))


def strongest(rows):
    return rows[[*rows.drop(columns=["y", "z"]).corrwith(rows["y"]).abs().nlargest(3).index, "y", "z"]]


class Strongest(RowTransform):
    def apply(self, frame):
        return strongest(frame)


class StrongestDeclared(Strongest):
    def columns_read(self, columns):
        return tuple(columns)


@pytest.mark.parametrize("step", [strongest, Strongest(), StrongestDeclared()], ids=["function", "step", "declared"])
@pytest.mark.parametrize("after_split", [False, True])
def test_a_choice_of_columns_by_the_target_is_refused_out_of_the_cache_too(frame, step, after_split: bool) -> None:
    steps = [RandomSplit(), step] if after_split else [step, RandomSplit()]

    def run(target: str):
        return Pipeline([*steps, Train(LogisticRegression())], target=target).run(frame, track=False)

    allowed = run("z")
    name = allowed.cache_report()["step"].iloc[int(after_split)]
    for _ in range(2):
        with pytest.raises(LeakageError, match="reads the target 'y' of all rows and chooses columns by it"):
            run("y")
    again = run("z").cache_report().set_index("step")
    assert again.loc[name, "outcome"] == "hit"


def test_what_is_withheld_follows_the_roles_of_the_run_and_not_of_the_one_that_was_kept(frame) -> None:
    def double(rows):
        return rows.assign(twice=rows["y"] * 2, half=rows["x0"] / 2)

    def used(target: str) -> pd.Series:
        steps = [double, RandomSplit(), Train(LogisticRegression())]
        return Pipeline(steps, target=target).run(frame, track=False).features.set_index("column")["used"]

    assert used("z")[["twice", "half"]].tolist() == [True, True]
    assert used("y")[["twice", "half"]].tolist() == [False, True]
    assert used("z")[["twice", "half"]].tolist() == [True, True]
