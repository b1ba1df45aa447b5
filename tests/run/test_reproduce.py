"""Bringing a run back by its id: the same to the last bit, or the first step that is not, and why."""

from __future__ import annotations

import json
import os
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
    ReadCSV,
    ReadParquet,
    Run,
    Standardize,
    Train,
    Transform,
    settings,
)
from mlsys.errors import DataError, MlsysError, NotPortableError, StateError, TrackingError
from mlsys.run import Reproduction

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
        MODEL,
        Evaluate(baselines=[Above("price", 0.2)]),
    ],
    target="late",
    exclude=["shop"],
    seed=3,
)
run = pipeline.run()
print(json.dumps({"run": run.mlflow_run_id, "id": run.id, "model": run.mlflow_run_id}))
"""

AGAIN = """
import json
import sys

import mlsys

done = mlsys.reproduce(sys.argv[1])
print(json.dumps({"said": repr(done), "same": done.same, "steps": [[e.step, e.outcome, e.causes] for e in done.steps]}))
"""


def in_a_process(script: Path, *arguments: str, **variables: str) -> dict[str, Any]:
    """Run a script in the working directory; return what its last line holds."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MLSYS", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, str(script), *arguments],
        env={**kept, "OMP_NUM_THREADS": "1", **variables},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def written(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    return folder


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Runs the long script once and takes it away; ``data`` is left."""

    def run(model: str = "RandomForestClassifier(n_estimators=10)") -> dict[str, Any]:
        folder = written(tmp_path / "scripts", main=MAIN.replace("MODEL", model), helpers=HELPERS, kinds=KINDS)
        found = in_a_process(folder / "main.py")
        shutil.rmtree(folder)
        return found

    return run


def recipe_of(run_id: str) -> Path:
    """Return the recipe as MLflow holds it."""
    import mlflow.artifacts

    return Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="recipe"))


def test_a_script_that_is_gone_in_another_folder(
    script: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = script()
    elsewhere = written(tmp_path / "elsewhere", again=AGAIN)
    (tmp_path / "data").rename(elsewhere / "data")
    monkeypatch.chdir(elsewhere)
    first, second = in_a_process(elsewhere / "again.py", told["run"]), mlsys.reproduce(told["id"])
    assert first["same"] and first["said"] == f"reproduced {told['run']}: all 12 steps the same to the last bit"
    assert second and second.first is None and not second.metrics.empty
    assert (second.metrics["then"] == second.metrics["now"]).all()
    assert not any(each.causes for each in second.steps)


def test_a_forest_of_the_users_own_class(script: Callable[..., dict[str, Any]]) -> None:
    told = script("OwnForest(n_estimators=5)")
    assert mlsys.reproduce(told["run"]), "an estimator of the user's own is taken along by its parameters"


def test_there_is_no_pickle_and_no_row_in_a_recipe(script: Callable[..., dict[str, Any]]) -> None:
    folder = recipe_of(script()["run"])
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= {".json", ".py", ".skops"}
    values = pd.read_csv("data/orders.csv")["paid"].astype(str)
    text = " ".join(path.read_text(encoding="utf-8") for path in files if path.suffix != ".skops")
    assert not any(value in text for value in values.head(50))


def test_a_model_that_was_loaded_knows_its_run(script: Callable[..., dict[str, Any]]) -> None:
    told = script()
    assert mlsys.load(told["run"]).reproduce().same


# Below, runs begin in this process: what is under test is what is said of them.


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = 600
    frame = pd.DataFrame({"price": rng.normal(size=rows), "weight": np.where(rng.random(rows) < 0.1, np.nan, 1.5)})
    frame["shop"] = pd.Series(rng.choice(list("xyz"), rows), dtype="str")
    frame["late"] = (frame["price"] + rng.normal(size=rows)) > 0.3
    return frame


def doubled(rows: pd.DataFrame) -> pd.Series:
    return rows["price"] * 2


def tripled(rows: pd.DataFrame) -> pd.Series:
    return rows["price"] * 3


class Drifts(Transform):
    """Draws from nowhere that is recorded."""

    def learn(self, train: Any) -> dict[str, float]:
        return {"noise": float(np.random.default_rng().normal())}

    def apply(self, frame: pd.DataFrame, state: dict[str, float]) -> pd.DataFrame:
        return frame.assign(noise=state["noise"] * frame["price"])


def pipeline(*first: Any, **arguments: Any) -> Pipeline:
    steps = [*first, RandomSplit(), Impute(), OneHot(["shop"]), LogisticRegression(), Evaluate()]
    return Pipeline(steps, target="late", **arguments)


def tracked(what: Pipeline, *given: Any, **options: Any) -> str:
    found = what.run(*given, track=True, **options).mlflow_run_id
    assert found is not None
    return found


@pytest.fixture(scope="module")
def given_run(orders: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run of given rows, of which nothing was kept."""
    return tracked(pipeline(Derive({"more": doubled})), orders)


def first_of(done: Reproduction) -> tuple[str, str, tuple[str, ...]]:
    assert not done and done.first is not None
    assert repr(done).startswith("not reproduced") and done.first.step in repr(done)
    return done.first.step, done.first.outcome, done.first.causes


def test_the_same_rows_give_the_same(given_run: str, orders: pd.DataFrame) -> None:
    done = mlsys.reproduce(given_run, data=orders)
    assert done.same and "<pre>reproduced" in done._repr_html_()
    assert isinstance(done.run, Run) and set(done.table["outcome"]) == {"same"}


def test_rows_that_were_not_kept_are_asked_for(given_run: str) -> None:
    with pytest.raises(DataError, match=r"was given its rows, which are not kept.*\n.*reproduce\(run, data=frame\)"):
        mlsys.reproduce(given_run)


def test_other_rows_are_the_first_cause(given_run: str, orders: pd.DataFrame) -> None:
    done = mlsys.reproduce(given_run, data=orders.assign(price=orders["price"] + 1e-9))
    assert first_of(done) == ("data", "differs", ("data",))


def edited(name: str) -> Pipeline:
    own = Derive({"more": doubled})
    return {
        "code": lambda: pipeline(Derive({"more": tripled})),
        "configuration": lambda: pipeline(own).replace(Impute=Impute(numeric=9.0)),
        "estimator": lambda: pipeline(own).replace(Train=Train(LogisticRegression(C=0.1))),
        "seed": lambda: pipeline(own, seed=4),
        "argument": lambda: pipeline(own, exclude=["weight"]),
        "added": lambda: pipeline(own, Derive({"again": doubled}, name="Again")),
        "removed": pipeline,
        "order": lambda: Pipeline(
            [own, RandomSplit(), OneHot(["shop"]), Impute(), LogisticRegression(), Evaluate()],
            target="late",
        ),
    }[name]()


@pytest.mark.parametrize(
    ("edit", "step", "outcome", "cause"),
    [
        ("code", "Derive", "differs", ("code",)),
        ("configuration", "Impute", "differs", ("configuration",)),
        ("estimator", "Train", "differs", ("configuration",)),
        ("seed", "Train", "differs", ("seed",)),
        ("argument", "Impute", "differs", ("configuration",)),
        ("added", "Again", "added", ()),
        ("removed", "Derive", "removed", ()),
        ("order", "OneHot", "differs", ("configuration",)),
    ],
)
def test_the_first_step_and_the_cause_are_named(
    given_run: str, orders: pd.DataFrame, edit: str, step: str, outcome: str, cause: tuple[str, ...]
) -> None:
    done = mlsys.reproduce(given_run, pipeline=edited(edit), data=orders)
    assert first_of(done) == (step, outcome, cause)
    after = [each.step for each in done.steps]
    assert after.index("Evaluate") > after.index(step)


def test_what_moved_is_shown_beside_the_cause(given_run: str, orders: pd.DataFrame) -> None:
    done = mlsys.reproduce(given_run, pipeline=edited("estimator"), data=orders)
    moved = done.metrics.query("metric == 'roc_auc'").iloc[0]
    assert f"{moved['then']:.6g} then, {moved['now']:.6g} now" in repr(done)
    assert (
        moved["now"]
        == done.run.metrics.query(
            "part == 'validation' and model == 'model' and slice == 'all' and metric == 'roc_auc'"
        )["value"].item()
    )


def test_a_step_that_is_not_deterministic_is_named(orders: pd.DataFrame) -> None:
    steps = [RandomSplit(), Drifts(), Impute(), OneHot(["shop"]), LogisticRegression(), Evaluate()]
    run = tracked(Pipeline(steps, target="late"), orders)
    done = mlsys.reproduce(run, data=orders)
    assert first_of(done) == ("Drifts", "differs", ("none",))
    assert "nothing that is recorded: the step is not deterministic" in repr(done)


def test_a_change_without_effect_is_mentioned(given_run: str, orders: pd.DataFrame) -> None:
    def other_words(rows: pd.DataFrame) -> pd.Series:
        return rows["price"] + rows["price"]

    done = mlsys.reproduce(given_run, pipeline=pipeline(Derive({"more": other_words})), data=orders)
    assert done.same and "though Derive: code of" in repr(done)


def test_threads_are_a_setting(orders: pd.DataFrame) -> None:
    with settings.override(threads=1):
        run = tracked(pipeline(), orders)
    with settings.override(threads=2):
        done = mlsys.reproduce(run, data=orders)
    causes = {each.step: each.causes for each in done.steps}
    assert causes["Train"] == ("setting",) and "threads changed" in repr(done)


def test_another_version_of_a_package_is_named(given_run: str, orders: pd.DataFrame, tmp_path: Path) -> None:
    orders.to_parquet("orders.parquet")
    again = written(
        tmp_path / "child",
        again="""
        import json
        import sys

        import pandas as pd
        import sklearn

        import mlsys

        sklearn.__version__ = "0.1"
        done = mlsys.reproduce(sys.argv[1], data=pd.read_parquet("orders.parquet"))
        print(json.dumps({each.step: [each.causes, each.why] for each in done.steps}))
        """,
    )
    told = in_a_process(again / "again.py", given_run)
    causes, why = told["Train"]
    assert "package" in causes and "version of sklearn changed" in why


# Files


@pytest.fixture
def files(orders: pd.DataFrame) -> Path:
    Path("data").mkdir()
    orders[:300].to_csv("data/1.csv", index=False)
    orders[300:].to_csv("data/2.csv", index=False)
    pd.DataFrame({"shop": list("xyz"), "size": [1.0, 2.0, 3.0]}).to_csv("shops.csv", index=False)
    return Path("data")


def from_files(path: Any) -> Pipeline:
    return pipeline(ReadCSV(path), Join("shops.csv", on="shop"))


PATHS = ["data", "./data", "data/*.csv", ["data/1.csv", "data/2.csv"], "~/data", "absolute"]


@pytest.mark.parametrize("path", PATHS, ids=str)
@pytest.mark.parametrize("how", ["edited", "gone"])
def test_files_come_back_from_the_snapshot(
    files: Path, path: Any, how: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    run = tracked(from_files(str(files.resolve()) if path == "absolute" else path), snapshot=True)
    for file in (files / "1.csv", Path("shops.csv")):
        if how == "gone":
            file.unlink()
        else:
            file.write_text(file.read_text().replace("x", "y"))
    before = sorted(Path().rglob("*.csv"))
    assert mlsys.reproduce(run), "the content of then was kept"
    assert mlsys.reproduce(run), "a second time as well"
    laid_out = {each for each in Path().rglob("*.csv") if ".mlsys" in each.parts}
    assert set(before) - laid_out == set(Path().rglob("*.csv")) - laid_out


def test_an_edited_file_is_the_cause(files: Path) -> None:
    run = tracked(from_files("data"))
    (files / "2.csv").write_text((files / "2.csv").read_text().replace("x", "y"))
    done = mlsys.reproduce(run)
    assert first_of(done) == ("ReadCSV", "differs", ("data",)) and "content of data/2.csv changed" in repr(done)


def test_an_edited_side_table_is_the_cause(files: Path) -> None:
    run = tracked(from_files("data"))
    Path("shops.csv").write_text(Path("shops.csv").read_text().replace("3.0", "4.0"))
    assert first_of(mlsys.reproduce(run)) == ("Join", "differs", ("data",))


def test_a_missing_file_is_asked_for(files: Path) -> None:
    run = tracked(from_files("data"))
    (files / "1.csv").unlink()
    with pytest.raises(
        DataError, match=r"read 'data/1.csv', which is not in (.|\n)*digest of its content: [0-9a-f]{32}"
    ):
        mlsys.reproduce(run)


def test_a_damaged_snapshot_is_not_used(files: Path) -> None:
    run = tracked(from_files("data"), snapshot=True)
    for kept in Path(".mlsys/snapshots").iterdir():
        kept.write_bytes(kept.read_bytes() + b"\n")
    (files / "1.csv").unlink()
    with pytest.raises(DataError, match="which is not in"):
        mlsys.reproduce(run)


def test_a_folder_that_a_function_depends_on_is_kept_too(files: Path, orders: pd.DataFrame) -> None:
    Path("rates").mkdir()
    Path("rates/a.txt").write_text("2")

    run = tracked(pipeline(Derive({"more": by_rate}, depends_on=["rates"])), orders, snapshot=True)
    assert mlsys.reproduce(run)
    Path("rates/a.txt").write_text("3")
    done = mlsys.reproduce(run, pipeline=pipeline(Derive({"more": by_rate}, depends_on=["rates"])))
    assert first_of(done) == ("Derive", "differs", ("data",))


def by_rate(rows: pd.DataFrame) -> pd.Series:
    return rows["price"] * float(Path("rates/a.txt").read_text())


def test_a_column_may_be_called_like_a_folder(orders: pd.DataFrame) -> None:
    Path("shop").mkdir()
    orders.to_csv("shop/1.csv", index=False)
    run = tracked(pipeline(ReadCSV("shop", columns=list(orders.columns))), snapshot=True)
    Path("shop/1.csv").write_text("another")
    assert mlsys.reproduce(run)


def test_given_rows_come_back_from_the_snapshot(orders: pd.DataFrame) -> None:
    rows = orders.set_index(pd.Index(np.arange(600) * 3, name="order"))
    rows["shop"] = rows["shop"].astype(pd.CategoricalDtype(["z", "y", "x", "w"], ordered=True))
    assert mlsys.reproduce(tracked(pipeline(), rows, snapshot=True)).same


def test_parts_come_back_from_the_snapshot(orders: pd.DataFrame) -> None:
    parts = {"train": orders[:400], "validation": orders[400:500], "test": orders[500:]}
    steps = [Impute(), OneHot(["shop"]), LogisticRegression()]
    done = mlsys.reproduce(tracked(Pipeline(steps, target="late"), parts, snapshot=True))
    assert done.same and done.run.rows == {"train": 400, "validation": 100, "test": 100}


def test_a_snapshot_that_cannot_be_written_costs_the_run_nothing(files: Path, caplog: pytest.LogCaptureFixture) -> None:
    Path(".mlsys").mkdir()
    Path(".mlsys/snapshots").write_text("a file in the way")
    run = from_files("data").run(track=False, snapshot=True)
    assert run.model is not None and "no snapshot was kept" in caplog.text


# Code that stays, and recipes that cannot be used


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
        NotPortableError, match=r"code was not taken along: the source of 'doubled'(.|\n)*commit .* pass it"
    ):
        mlsys.reproduce(run, data=rows)


def test_a_lambda_with_captured_values_is_asked_for(orders: pd.DataFrame) -> None:
    def around(by: float) -> Pipeline:
        return pipeline(Derive({"more": lambda rows: rows["price"] * by}))

    run = tracked(around(2), orders)
    with pytest.raises(NotPortableError, match=r"a lambda \(line \d+(.|\n)*commit (.|\n)*pipeline=pipeline"):
        mlsys.reproduce(run, data=orders)
    assert mlsys.reproduce(run, pipeline=around(2), data=orders)
    assert first_of(mlsys.reproduce(run, pipeline=around(3), data=orders)) == ("Derive", "differs", ("code",))


def test_rows_in_a_step_stay(orders: pd.DataFrame) -> None:
    table = pd.DataFrame({"shop": list("xyz"), "secret size": [123454321.5, 2.0, 3.0]})
    joined = pipeline(Join(table, on="shop"))
    run = tracked(joined, orders)
    folder = recipe_of(run)
    assert not any(b"123454321" in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    with pytest.raises(NotPortableError, match="holds 3 rows, which stay on this machine"):
        mlsys.reproduce(run, data=orders)
    assert mlsys.reproduce(run, pipeline=joined, data=orders)


RAN: list[str] = []


@pytest.mark.parametrize("what", ["code", "steps", "record", "added"])
def test_a_recipe_that_was_edited_is_refused_before_its_code_runs(orders: pd.DataFrame, what: str) -> None:
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


# Kinds of runs


def test_a_run_that_still_waits_for_mlflow(orders: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")  # the discard port: nothing listens
    run = pipeline(Derive({"more": doubled})).run(orders, track=True)
    assert run.mlflow_run_id is None
    assert mlsys.reproduce(run.id, data=orders).same


def test_each_of_the_variants(orders: pd.DataFrame) -> None:
    variants = pipeline().variants(plain={}, mean={"Impute": Impute(numeric="mean")}).run(orders, track=True)
    for run in variants.values():
        assert run.mlflow_run_id is not None
        assert mlsys.reproduce(run.mlflow_run_id, data=orders).same


def test_judging_by_folds(orders: pd.DataFrame) -> None:
    few = Pipeline([Derive({"more": doubled}), Impute(), OneHot(["shop"]), LogisticRegression()], target="late")
    run = tracked(few, orders)
    done = mlsys.reproduce(run, data=orders)
    assert done.same and "folds" in set(done.table["step"])
    other = mlsys.reproduce(run, pipeline=few.replace(Impute=Impute(numeric=9.0)), data=orders)
    assert first_of(other) == ("Impute", "differs", ("configuration",))
    names = [each.step for each in other.steps]
    assert names.index("Train") < names.index("folds") < names.index("Evaluate")


@pytest.mark.parametrize("cache", [True, False])
def test_larger_than_memory(orders: pd.DataFrame, cache: bool) -> None:
    orders.to_parquet("orders.parquet")
    steps = [ReadParquet("orders.parquet"), RandomSplit(), Impute(), Standardize(["price"])]
    with settings.override(rows_in_memory=200, rows_per_partition=128):
        many = Pipeline([*steps, OneHot(["shop"]), LogisticRegression(), Evaluate()], target="late")
        run = tracked(many, cache=cache)
        assert mlsys.reproduce(run).same
        other = mlsys.reproduce(run, pipeline=many.replace(Standardize=None))
        assert not other.same and other.first is not None and other.first.step == "Standardize"


def test_states_that_came_from_the_cache(orders: pd.DataFrame) -> None:
    made = pipeline(Derive({"more": doubled}))
    made.run(orders, track=False)
    run = made.run(orders, track=True)
    assert (run.cache_report().query("step == 'Train'")["outcome"] == "hit").all()
    before = sorted(Path(".mlsys/cache").rglob("*"))
    assert run.mlflow_run_id is not None and mlsys.reproduce(run.mlflow_run_id, data=orders).same
    assert sorted(Path(".mlsys/cache").rglob("*")) == before, "no result is used or kept"


def test_nothing_is_written_to_mlflow(given_run: str, orders: pd.DataFrame) -> None:
    import mlflow

    before = len(mlflow.search_runs(search_all_experiments=True))
    mlsys.reproduce(given_run, data=orders)
    assert len(mlflow.search_runs(search_all_experiments=True)) == before


def test_a_model_without_a_run_says_so(orders: pd.DataFrame, tmp_path: Path) -> None:
    folder = pipeline().run(orders, track=False).save(tmp_path / "model")
    with pytest.raises(MlsysError, match="run"):
        mlsys.load(folder).reproduce(data=orders)
