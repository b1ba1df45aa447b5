"""Mistakes after a run: requests to a model, questions to a run, folders that hold no model, and gates."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from mlsys import (
    Derive,
    Impute,
    Join,
    OneHot,
    Pipeline,
    RandomSplit,
    Run,
    Standardize,
    compare,
    load,
)
from mlsys.errors import ConfigurationError, DataError, NotPortableError, StateError

TREE = DecisionTreeClassifier(max_depth=3)
SPLIT = RandomSplit(validation=0.25, test=0.25)
ZONES = pd.DataFrame({"country": ["DE", "FR", "PL"], "zone": [1, 1, 2]})
INPUTS = ["price", "days", "country"]


def halved(orders: pd.DataFrame) -> pd.Series:
    return orders["price"] / 2


def served(orders: pd.DataFrame, *before: Any, **arguments: Any) -> Run:
    """A run whose model takes price, days and country."""
    chosen: dict[str, Any] = {"target": "returned", "exclude": ["order", "ordered", "customer", "refund", "weight"]}
    steps = [*before, SPLIT, Impute(), Standardize(["price"]), OneHot(["country"]), TREE]
    return Pipeline(steps, **chosen, **arguments).run(orders, track=False)


def saved(orders: pd.DataFrame) -> Path:
    """A folder with a model in it, made anew."""
    shutil.rmtree("model", ignore_errors=True)
    return served(orders, Derive({"half": halved})).save("model")


def edited(orders: pd.DataFrame, pattern: str, edit: Callable[[str], str]) -> Path:
    """A folder with a model, one file of which somebody edited."""
    folder = saved(orders)
    file = sorted(folder.glob(pattern))[0]
    file.write_text(edit(file.read_text()))
    return folder


def with_other_format(text: str) -> str:
    return json.dumps({**json.loads(text), "format": 99})


def foreign() -> Path:
    folder = Path("foreign")
    folder.mkdir(exist_ok=True)
    (folder / "model.pkl").write_bytes(b"")
    return folder


def kept_in_a_closure() -> Callable[[pd.DataFrame], pd.Series]:
    lock = __import__("threading").Lock()

    def third(orders: pd.DataFrame) -> pd.Series:
        with lock:
            return orders["price"] / 3

    return third


MISTAKES: dict[str, tuple[type[Exception], tuple[str, ...], Callable[[Any], Any], Callable[[Any], Any]]] = {
    # ---------------------------------------------------------------- requests
    "a request without a column": (
        DataError,
        ("the request lacks the column 'country'", "price, days, country", "nulls are allowed"),
        lambda f: served(f).predict(f[["price", "days"]]),
        lambda f: served(f).predict(f[["price", "days"]].assign(country=None)),
    ),
    "a request without two columns": (
        DataError,
        ("the request lacks the columns 'price', 'country'", "days may be left out"),
        lambda f: served(f).predict(f[["days"]]),
        lambda f: served(f).predict(f[INPUTS]),
    ),
    "a request that is a text": (
        DataError,
        ("the request is a value of type str", "DataFrame"),
        lambda f: served(f).predict("price"),
        lambda f: served(f).predict(pd.DataFrame([{"price": 1.0, "days": 2.0, "country": "DE"}])),
    ),
    "a request with text for a number": (
        DataError,
        ("the request's column 'price' holds 'cheap' in row 0", "numbers"),
        lambda f: served(f).predict(f[INPUTS].head(2).assign(price="cheap")),
        lambda f: served(f).predict(f[INPUTS].head(2).assign(price=[9, 10])),
    ),
    "a request with a key of another type": (
        DataError,
        ("the request's column 'country' holds 1 in row 0", "text"),
        lambda f: served(f, Join(ZONES, on="country")).predict(f[INPUTS].head(2).assign(country=[1, 2])),
        lambda f: served(f, Join(ZONES, on="country")).predict(f[INPUTS].head(2).assign(country=["1", "2"])),
    ),
    "a request with two columns of one name": (
        DataError,
        ("the request has two columns named 'price'", "rename or drop"),
        lambda f: served(f).predict(pd.concat([f[INPUTS], f[["price"]]], axis=1)),
        lambda f: served(f).predict(f[INPUTS]),
    ),
    # ---------------------------------------------------------------- questions to a run
    "a part that does not exist": (
        ConfigurationError,
        ("no open part 'valid'", "open parts are train, validation"),
        lambda f: served(f).frame("valid"),
        lambda f: served(f).frame("validation"),
    ),
    "the test part before it is opened": (
        ConfigurationError,
        ("no open part 'test'", "sealed until run.final_test()"),
        lambda f: served(f).frame("test"),
        lambda f: served(f).final_test(),
    ),
    "rows after a step that does not exist": (
        ConfigurationError,
        ("no step 'impute'", "the steps of the run are RandomSplit, Impute"),
        lambda f: served(f).frame("train", after="impute"),
        lambda f: served(f).frame("train", after="Impute"),
    ),
    "the state of a step that does not exist": (
        ConfigurationError,
        ("no step 'impute'", "steps with a state: Impute, Standardize"),
        lambda f: served(f).state("impute"),
        lambda f: served(f).state("Impute"),
    ),
    "the model of a run that stopped before it": (
        ConfigurationError,
        ("no model", "Train"),
        lambda f: Pipeline([SPLIT, Impute(), TREE], target="returned").run(f, until="Impute", track=False).model,
        lambda f: served(f).model,
    ),
    "the model of a run that stopped before the split": (
        ConfigurationError,
        ("stopped before a model was trained", "to the end"),
        lambda f: (
            Pipeline([Derive({"half": halved}), SPLIT, TREE], target="returned")
            .run(f, until="Derive", track=False)
            .predict(f)
        ),
        lambda f: served(f, Derive({"half": halved})).predict(f),
    ),
    "the metrics of a run that was not judged": (
        ConfigurationError,
        ("no evaluation", "Evaluate()"),
        lambda f: Pipeline([SPLIT, Impute(), TREE], target="returned").run(f, until="Impute", track=False).metrics,
        lambda f: served(f).metrics,
    ),
    "a final test without test rows": (
        ConfigurationError,
        ("no test part to open", "test share"),
        lambda f: _numbers(RandomSplit(validation=0.3, test=0)).run(f, track=False).final_test(),
        lambda f: _numbers(RandomSplit(validation=0.3, test=0.2)).run(f, track=False).final_test(),
    ),
    "a comparison of one run": (
        ConfigurationError,
        ("at least two runs", "a list or a dict"),
        lambda f: compare([served(f)]),
        lambda f: compare([served(f), served(f, Derive({"half": halved}))]),
    ),
    "a comparison of runs on other rows": (
        DataError,
        ("evaluated on different rows", "one split of the same data"),
        lambda f: compare([served(f), served(f.set_axis(f.index + 1_000))]),
        lambda f: compare([served(f), served(f)]),
    ),
    "a comparison by a metric of another task": (
        ConfigurationError,
        ("compare(metric='rmse') applies to regression, but the runs are binary", "roc_auc"),
        lambda f: compare([served(f), served(f)], metric="rmse"),
        lambda f: compare([served(f), served(f)], metric="roc_auc"),
    ),
    # ---------------------------------------------------------------- folders
    "saving into a folder that holds something": (
        ConfigurationError,
        ("the folder foreign is not empty", "name a new one"),
        lambda f: served(f).save(foreign()),
        lambda f: served(f).save("a_new_folder"),
    ),
    "saving a model whose code has no source": (
        NotPortableError,
        ("the step 'Derive'", "lambda", "with def"),
        lambda f: served(f, Derive({"half": eval("lambda orders: orders['price'] / 2")})).save("model"),
        lambda f: served(f, Derive({"half": halved})).save("model"),
    ),
    "saving a model whose code holds what cannot travel": (
        StateError,
        ("the configuration of Derive", "lock", "locks and connections out"),
        lambda f: served(f, Derive({"third": kept_in_a_closure()})).save("model"),
        lambda f: served(f, Derive({"third": halved})).save("model"),
    ),
    "loading a folder that is not there": (
        StateError,
        ("there is no folder 'modle'", "run.save()"),
        lambda f: load("modle"),
        lambda f: load(saved(f)).predict(f),
    ),
    "loading a folder that holds no model": (
        StateError,
        ("the folder foreign holds no model", "run.save()"),
        lambda f: load(foreign()),
        lambda f: load(saved(f)).predict(f),
    ),
    "loading a model whose state was edited": (
        StateError,
        ("steps/01/state/state.json was changed after the model was saved", "save the model again"),
        lambda f: load(edited(f, "steps/01/state/state.json", lambda text: text.replace("1", "2"))),
        lambda f: load(saved(f)).predict(f),
    ),
    "loading a model whose code was edited": (
        StateError,
        ("was changed after the model was saved", "save the model again"),
        lambda f: load(edited(f, "code/[a-z]*.py", lambda text: text.replace("/ 2", "/ 3"))),
        lambda f: load(saved(f)).predict(f),
    ),
    "loading a model whose description is cut off": (
        StateError,
        ("pipeline.json", "save the model again"),
        lambda f: load(edited(f, "pipeline.json", lambda text: text[:200])),
        lambda f: load(saved(f)).predict(f),
    ),
    "loading a model of another layout": (
        StateError,
        ("has layout 99", "the version of mlsys that wrote it"),
        lambda f: load(edited(f, "pipeline.json", with_other_format)),
        lambda f: load(saved(f)).predict(f),
    ),
    "loading a model of which a file is gone": (
        StateError,
        ("steps/00/state/manifest.json is missing from", "save the model again"),
        lambda f: load(_without_state(f)),
        lambda f: load(saved(f)).predict(f),
    ),
}


def _numbers(split: RandomSplit) -> Pipeline:
    return Pipeline([split, TREE], target="returned", features=["price", "days"])


def _without_state(orders: pd.DataFrame) -> Path:
    folder = saved(orders)
    shutil.rmtree(folder / "steps" / "00" / "state")
    return folder


@pytest.mark.parametrize("name", MISTAKES)
def test_the_message_names_what_is_wrong_and_its_remedy_works(name: str, holds: Callable[..., None]) -> None:
    holds(*MISTAKES[name])
