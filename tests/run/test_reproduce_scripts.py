"""Runs of scripts that are gone, in processes of their own; code and recipes that cannot be used."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import (
    Derive,
    Evaluate,
    Impute,
    Join,
    OneHot,
    Pipeline,
    RandomSplit,
)
from mlsys.errors import DataError, NotPortableError, StateError, TrackingError

pytestmark = pytest.mark.usefixtures("store")


HELPERS = """
import numpy as np

RATE = 1.5


def rounded(values):
    return np.round(values, 2)


def fee(frame):
    return rounded(frame["price"] * RATE)
"""

KINDS = """
from mlsys import TrainOnly, Transform


class Centre(Transform):
    column: str
    by: float = 1.0

    def learn(self, train):
        return {"mean": float(train.X[self.column].mean())}

    def apply(self, frame, state):
        return frame.assign(**{self.column: (frame[self.column] - state["mean"]) * self.by})


class Thin(TrainOnly):
    share: float = 0.8

    def change(self, train, rng):
        return train[rng.random(len(train)) < self.share]
"""

MAIN = """
import json
from dataclasses import dataclass
from pathlib import Path

import helpers
import numpy as np
import pandas as pd
from kinds import Centre, Thin
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import StandardScaler

from mlsys import Derive, Evaluate, Impute, Join, NaturalLabel, Pipeline, RandomSplit, ReadCSV


@dataclass
class Above:
    column: str
    at: float

    def __call__(self, frame):
        return (frame[self.column] > self.at).astype(float)


def times(factor):
    def scaled(frame):
        return frame["price"] * factor
    return scaled


class OwnForest(RandomForestClassifier):
    pass


rng = np.random.default_rng(0)
rows = 800
here = Path("data")
here.mkdir()
orders = pd.DataFrame({"price": rng.normal(size=rows), "weight": np.where(rng.random(rows) < 0.1, np.nan, 1.0)})
orders["shop"] = rng.choice(list("xyz"), rows)
orders["paid"] = orders["price"] + rng.normal(size=rows)
orders.to_csv(here / "orders.csv", index=False)
pd.DataFrame({"shop": list("xyz"), "size": [1.0, 2.0, 5.0]}).to_csv(here / "shops.csv", index=False)
pipeline = Pipeline(
    [
        ReadCSV(here / "orders.csv"),
        Derive({"fee": helpers.fee, "double": times(2), "triple": times(3)}),
        Join(here / "shops.csv", on="shop"),
        NaturalLabel("late", from_column="paid", rule=lambda paid: paid > 0.5),
        RandomSplit(),
        Thin(),
        Centre("price", by=2.0),
        Impute(),
        StandardScaler(),
        RandomForestClassifier(n_estimators=10),
        Evaluate(baselines=[Above("price", 0.2)]),
    ],
    target="late",
    exclude=["shop"],
    seed=3,
)
run = pipeline.run()
own = pipeline.replace(Train=OwnForest(n_estimators=5)).run()
print(json.dumps({"run": run.mlflow_run_id, "id": run.id, "own": own.mlflow_run_id}))
"""

AGAIN = """
import json
import sys

import mlsys

done = mlsys.reproduce(sys.argv[1])
print(json.dumps({"said": repr(done), "same": done.same, "steps": [[e.step, e.outcome, e.causes] for e in done.steps]}))
"""


def written(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def told(in_a_process: Callable[..., Any], store: Path) -> Any:
    """What the long script told before it and its modules were removed; ``data`` is left."""
    folder = written(store / "scripts", main=MAIN, helpers=HELPERS, kinds=KINDS)
    found = in_a_process(folder / "main.py", folder=store)
    shutil.rmtree(folder)
    return found


@pytest.fixture
def data(store: Path, tmp_path: Path) -> None:
    """The files that the script read, in the folder of the test, which is another one."""
    shutil.copytree(store / "data", tmp_path / "data")


def test_a_script_that_is_gone_in_another_folder(
    told: dict[str, str], data: None, in_a_process: Callable[..., Any], tmp_path: Path
) -> None:
    again = written(tmp_path / "elsewhere", again=AGAIN) / "again.py"
    first, second = in_a_process(again, told["run"]), mlsys.reproduce(told["id"])
    assert first["same"] and first["said"] == f"reproduced {told['run']}: all 12 steps the same to the last bit"
    assert second and second.first is None and not second.metrics.empty
    assert (second.metrics["then"] == second.metrics["now"]).all()
    assert not any(each.causes for each in second.steps)


def test_an_estimator_of_the_users_own_class(told: dict[str, str], data: None) -> None:
    assert mlsys.reproduce(told["own"])


def test_without_the_files_they_are_asked_for(told: dict[str, str]) -> None:
    with pytest.raises(DataError, match=r"read 'data/orders.csv', which is not in(.|\n)*start in the original folder"):
        mlsys.reproduce(told["run"])


def test_there_is_no_pickle_and_no_row_in_a_recipe(
    told: dict[str, str], recipe_of: Callable[[str], Path], data: None
) -> None:
    files = [path for path in recipe_of(told["run"]).rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= {".json", ".py", ".skops"}
    values = pd.read_csv("data/orders.csv")["paid"].astype(str)
    text = " ".join(path.read_text(encoding="utf-8") for path in files if path.suffix != ".skops")
    assert not any(value in text for value in values.head(50))


def test_a_model_that_was_loaded_knows_its_run(told: dict[str, str], data: None) -> None:
    assert mlsys.load(told["run"]).reproduce().same


def doubled(rows: pd.DataFrame) -> pd.Series:
    return rows["price"] * 2


def pipeline(*first: Any, **arguments: Any) -> Pipeline:
    steps = [*first, RandomSplit(), Impute(), OneHot(["shop"]), LogisticRegression(), Evaluate()]
    return Pipeline(steps, target="late", **arguments)


@pytest.mark.long
def test_code_from_standard_input_is_asked_for(tmp_path: Path) -> None:
    text = textwrap.dedent(
        """
        import json
        import numpy as np
        import pandas as pd
        from mlsys import Derive, Pipeline, RandomSplit
        from sklearn.linear_model import LogisticRegression

        def doubled(rows):
            return rows["a"] * 2

        rows = pd.DataFrame({"a": np.arange(200.0), "y": np.arange(200) % 3 == 0})
        run = Pipeline([Derive({"b": doubled}), RandomSplit(), LogisticRegression()], target="y").run(rows)
        print(json.dumps(run.mlflow_run_id))
        """
    )
    done = subprocess.run([sys.executable, "-"], input=text, capture_output=True, text=True, timeout=240, check=True)
    run = json.loads(done.stdout.splitlines()[-1])
    rows = pd.DataFrame({"a": np.arange(200.0), "y": np.arange(200) % 3 == 0})
    with pytest.raises(
        NotPortableError, match=r"code of the run was not stored: the source of 'doubled'(.|\n)*commit .* pass it"
    ):
        mlsys.reproduce(run, data=rows)


def test_a_lambda_with_captured_values_comes_back_with_them(
    tracked: Callable[..., str], first_of: Callable[..., Any], orders: pd.DataFrame
) -> None:
    def around(by: float) -> Pipeline:
        return pipeline(Derive({"more": lambda rows: rows["price"] * by}))

    run = tracked(around(2), orders)
    assert mlsys.reproduce(run, data=orders)
    assert mlsys.reproduce(run, pipeline=around(2), data=orders)
    assert first_of(mlsys.reproduce(run, pipeline=around(3), data=orders)) == ("Derive", "differs", ("code",))


def test_rows_in_a_step_stay(
    tracked: Callable[..., str], recipe_of: Callable[[str], Path], orders: pd.DataFrame
) -> None:
    table = pd.DataFrame({"shop": list("xyz"), "secret size": [123454321.5, 2.0, 3.0]})
    joined = pipeline(Join(table, on="shop"))
    run = tracked(joined, orders)
    folder = recipe_of(run)
    assert not any(b"123454321" in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    with pytest.raises(NotPortableError, match="holds 3 rows, which stay on this machine"):
        mlsys.reproduce(run, data=orders)
    assert mlsys.reproduce(run, pipeline=joined, data=orders)


RAN: list[str] = []


@pytest.mark.quick("code", "added")
@pytest.mark.parametrize("what", ["code", "steps", "record", "added"])
def test_a_recipe_that_was_edited_is_refused_before_its_code_runs(
    tracked: Callable[..., str], orders: pd.DataFrame, what: str
) -> None:
    run = tracked(pipeline(Derive({"more": doubled})), orders)
    import mlflow

    place = Path(mlflow.get_run(run).info.artifact_uri.removeprefix("file://")) / "recipe"
    code = next(each for each in (place / "code").glob("*.py") if each.stat().st_size)
    planted = "\nfrom pathlib import Path\nPath('ran').write_text('')\n"
    if what == "code":
        code.write_text(code.read_text() + planted)
    elif what == "added":
        (place / "code" / "more.py").write_text(planted)
    else:
        file = place / {"steps": "steps/state.json", "record": "run.json"}[what]
        file.write_text(file.read_text().replace("late", "soon", 1))
    with pytest.raises(StateError, match=r"was changed after|which is not in its manifest"):
        mlsys.reproduce(run, data=orders)
    assert not Path("ran").exists()


def test_an_id_that_nobody_knows() -> None:
    with pytest.raises(TrackingError, match="there is no run 'ffff"):
        mlsys.reproduce("f" * 32)


def test_a_run_of_another_program(orders: pd.DataFrame) -> None:
    import mlflow

    with mlflow.start_run() as other:
        mlflow.log_param("by", "hand")
    with pytest.raises(TrackingError, match="holds no 'recipe'"):
        mlsys.reproduce(other.info.run_id)
