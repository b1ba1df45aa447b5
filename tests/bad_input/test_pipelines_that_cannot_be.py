"""Mistakes that are refused when a step or a pipeline is described, before any data is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from mlsys import (
    AsOfJoin,
    Calibrate,
    CyclicEncode,
    Derive,
    Evaluate,
    Gate,
    GroupSplit,
    Impute,
    Join,
    NaturalLabel,
    OneHot,
    Pipeline,
    RandomSplit,
    ReadCSV,
    Resample,
    ReservoirSample,
    Standardize,
    StratifiedSplit,
    TargetEncode,
    TimeSplit,
    Train,
    Transform,
    WeakLabel,
    beats,
    metric,
)
from mlsys.errors import ConfigurationError, ContractError, LeakageError

TREE = DecisionTreeClassifier(max_depth=2)
SPLIT = RandomSplit(validation=0.25, test=0.25)
NUMBERS = {"target": "returned", "features": ["price", "days"]}


def dear(refund: pd.Series) -> pd.Series:
    return refund > 30


def half(frame: pd.DataFrame) -> pd.Series:
    return frame["price"] / 2


def says_nothing_of_votes(frame: pd.DataFrame) -> pd.Series:
    return frame["price"] > 50


def declared(wrong: bool, **body: Any) -> type[Transform]:
    """Make a step class out of hooks, as a user's class statement would; ``wrong`` only names it."""
    hooks = {"__annotations__": body.pop("annotations", {}), "__module__": __name__, **body}
    return type("Centre", (Transform,), hooks)


def learn(self: Any, train: pd.DataFrame) -> Any:
    return float(train["price"].mean())


def apply(self: Any, frame: pd.DataFrame, state: Any) -> pd.DataFrame:
    return frame.assign(price=frame["price"] - state)


def init(self: Any, column: str) -> None:
    self.column = column


# name: kind of error, what the message must hold, the mistake, the same with the remedy
MISTAKES: dict[str, tuple[type[Exception], tuple[str, ...], Callable[[Any], Any], Callable[[Any], Any]]] = {
    "a field that the step does not have": (
        ConfigurationError,
        ("Impute cannot be created", "numerc: no such field", "did you mean 'numeric'", "its fields are columns"),
        lambda f: Impute(numerc="mean"),
        lambda f: Impute(numeric="mean").fit(f),
    ),
    "several fields wrong at once": (
        ConfigurationError,
        (
            "RandomSplit cannot be created",
            "validation: input should be a valid number",
            "tests: no such",
            "sed: no such",
        ),
        lambda f: RandomSplit(validation="a fifth", tests=0.2, sed=1),
        lambda f: RandomSplit(validation=0.2, test=0.2, seed=1).split(f),
    ),
    "a boundary that is neither date nor duration nor share": (
        ConfigurationError,
        ("validation=[1]", "not a date, duration or share", "28D"),
        lambda f: TimeSplit(validation=[1]),
        lambda f: TimeSplit(validation="28D", test=0.2, embargo="1D").split(f, time="ordered"),
    ),
    "a field left out": (
        ConfigurationError,
        ("Join cannot be created", "on: must be given"),
        lambda f: Join(f[["country"]].drop_duplicates()),
        lambda f: Join(f[["country"]].drop_duplicates().assign(zone=1), on="country").apply(f),
    ),
    "one column given as a text": (
        ConfigurationError,
        ("OneHot", "columns='country' is neither a kind of columns nor a dtype", "columns=['country']"),
        lambda f: OneHot("country"),
        lambda f: OneHot(["country"]).fit(f),
    ),
    "a period that is none": (
        ConfigurationError,
        ("CyclicEncode", "'days'", "positive number"),
        lambda f: CyclicEncode({"days": 0}),
        lambda f: CyclicEncode({"days": 30}).apply(f),
    ),
    "a value where a function is wanted": (
        ConfigurationError,
        ("Derive", "'half'", "give a function of the frame"),
        lambda f: Derive({"half": f["price"] / 2}),
        lambda f: Derive({"half": half}).apply(f),
    ),
    "a join that does not say when its table was known": (
        ConfigurationError,
        ("AsOfJoin", "known", "known_after="),
        lambda f: AsOfJoin(f[["ordered", "price"]], by=[], time="ordered", columns=["price"], suffix="_before"),
        lambda f: AsOfJoin(
            f[["ordered", "price"]].drop_duplicates("ordered"),
            by=[],
            time="ordered",
            columns=["price"],
            known_after="1h",
            at="ordered",
            suffix="_before",
        ).apply(f),
    ),  # fmt: skip
    "a join as of a moment in a pipeline that has none": (
        ConfigurationError,
        ("AsOfJoin joins rows known at the decision", "decide_at="),
        lambda f: Pipeline([_weather(f), SPLIT, TREE], **NUMBERS),
        lambda f: Pipeline([_weather(f), SPLIT, TREE], **NUMBERS, time="ordered").run(f, track=False),
    ),
    "rules that do not say what they vote for": (
        ConfigurationError,
        ("WeakLabel('dear')", "classes= is not given", "votes="),
        lambda f: WeakLabel("dear", [says_nothing_of_votes]),
        lambda f: WeakLabel("dear", [says_nothing_of_votes], classes=[False, True]).labels(f),
    ),
    "an own __init__": (
        ConfigurationError,
        ("class Centre(Transform)", "__init__", "annotated fields"),
        lambda f: declared(True, __init__=init, learn=learn, apply=apply),
        lambda f: declared(False, annotations={"column": str}, learn=learn, apply=apply)("price").fit(f),
    ),
    "transform in place of apply": (
        ConfigurationError,
        ("class Centre(Transform)", "transform()", "apply()"),
        lambda f: declared(True, learn=learn, transform=apply),
        lambda f: declared(False, learn=learn, apply=apply)().fit(f).transform(f),
    ),
    "a hook left out": (
        ConfigurationError,
        ("class Centre(Transform)", "lacks the hook apply", "writes learn"),
        lambda f: declared(True, learn=learn),
        lambda f: declared(False, learn=learn, apply=apply)().fit(f),
    ),
    "a default without annotation": (
        ConfigurationError,
        ("class Centre(Transform)", "'share'", "share: float = 0.5"),
        lambda f: declared(True, share=0.5, learn=learn, apply=apply),
        lambda f: declared(False, share=0.5, annotations={"share": float}, learn=learn, apply=apply)().fit(f),
    ),
    "a step changed after it was made": (
        ContractError,
        ("Impute", "numeric", "with_(numeric=...)"),
        lambda f: setattr(Impute(), "numeric", "mean"),
        lambda f: Impute().with_(numeric="mean").fit(f),
    ),
    "steps that are no list": (
        ConfigurationError,
        ("Pipeline got DecisionTreeClassifier", "Pipeline([...])"),
        lambda f: Pipeline(TREE, **NUMBERS),
        lambda f: Pipeline([SPLIT, TREE], **NUMBERS).run(f, track=False),
    ),
    "no steps": (
        ConfigurationError,
        ("no steps", "a model into the list"),
        lambda f: Pipeline([], **NUMBERS),
        lambda f: Pipeline([SPLIT, TREE], **NUMBERS).run(f, track=False),
    ),
    "a class in place of an instance": (
        ConfigurationError,
        ("the class StandardScaler", "StandardScaler()"),
        lambda f: Pipeline([SPLIT, StandardScaler, TREE], **NUMBERS),
        lambda f: Pipeline([SPLIT, StandardScaler(), TREE], **NUMBERS).run(f, track=False),
    ),
    "a scikit-learn object that is no step": (
        ConfigurationError,
        ("KFold", "not a step", "use a step"),
        lambda f: Pipeline([KFold(), TREE], **NUMBERS),
        lambda f: Pipeline([SPLIT, TREE], **NUMBERS).run(f, track=False),
    ),
    "a text in the list": (
        ConfigurationError,
        ("'impute'", "not a step", "use a step"),
        lambda f: Pipeline([SPLIT, "impute", TREE], **NUMBERS),
        lambda f: Pipeline([SPLIT, Impute(), TREE], **NUMBERS).run(f, track=False),
    ),
    "two explicit names equal": (
        ConfigurationError,
        ("two steps are named 'fill'", "once"),
        lambda f: Pipeline([SPLIT, Impute(name="fill"), Standardize(name="fill"), TREE], **NUMBERS),
        lambda f: Pipeline([SPLIT, Impute(name="fill"), Standardize(name="scale"), TREE], **NUMBERS).run(
            f, track=False
        ),
    ),
    "learning before the split": (
        LeakageError,
        ("Impute and Standardize stand before RandomSplit", "RandomSplit > Impute > Standardize > Train"),
        lambda f: Pipeline([Impute(), Standardize(), SPLIT, TREE], **NUMBERS),
        lambda f: Pipeline([SPLIT, Impute(), Standardize(), TREE], **NUMBERS).run(f, track=False),
    ),
    "resampling before the split": (
        LeakageError,
        ("Resample stands before RandomSplit", "both sides", "RandomSplit > Resample > Train"),
        lambda f: Pipeline([_resample(), SPLIT, TREE], **NUMBERS),
        lambda f: Pipeline([SPLIT, Impute(), _resample(), TREE], **NUMBERS).run(f, track=False),
    ),
    "two splits": (
        ConfigurationError,
        ("two splits, RandomSplit and StratifiedSplit", "keep one"),
        lambda f: Pipeline([SPLIT, StratifiedSplit(), TREE], **NUMBERS),
        lambda f: Pipeline([SPLIT, TREE], **NUMBERS).run(f, track=False),
    ),
    "two targets": (
        ConfigurationError,
        ("NaturalLabel", "'dear'", "another column"),
        lambda f: _two_labels("dear"),
        lambda f: _two_labels("also_dear").run(f, track=False),
    ),
    "the target read by a step that serves": (
        LeakageError,
        ("OneHot reads 'returned'", "it is the target", "remove 'returned' from OneHot"),
        lambda f: Pipeline([SPLIT, OneHot(["country", "returned"]), TREE], target="returned"),
        lambda f: Pipeline([SPLIT, OneHot(["country"]), TREE], **NUMBERS).run(f, track=False),
    ),
    "what the label is made of, read by a step that serves": (
        LeakageError,
        ("Standardize reads 'refund'", "'dear'", "remove 'refund' from Standardize"),
        lambda f: Pipeline([_dear(), SPLIT, Standardize(["refund"]), TREE], target="dear"),
        lambda f: Pipeline([_dear(), SPLIT, Standardize(["days"]), TREE], target="dear", features=["days"]).run(
            f, track=False
        ),
    ),
    "a column known after the decision, read by a step that serves": (
        LeakageError,
        ("Standardize reads 'days'", "known only at '30D'", "remove 'days' from Standardize", "known_at="),
        lambda f: _late(Standardize(["price", "days"])),
        lambda f: _late(Standardize(["price"])).run(f, track=False),
    ),
    "known_at= without a time": (
        ConfigurationError,
        ("known_at=", "has no decision moment", 'time="..."'),
        lambda f: Pipeline([SPLIT, TREE], **NUMBERS, known_at={"days": "1h"}),
        lambda f: Pipeline([SPLIT, TREE], **NUMBERS, time="ordered", known_at={"days": "0h"}).run(f, track=False),
    ),
    "decide_at= with a duration that is none": (
        ConfigurationError,
        ("decide_at='an hour before ordered'", "'an hour'", '"1h"'),
        lambda f: Pipeline([SPLIT, TREE], **NUMBERS, decide_at="an hour before ordered"),
        lambda f: Pipeline([SPLIT, TREE], **NUMBERS, decide_at="1h before ordered").run(f, track=False),
    ),
    "one feature given as a text": (
        ConfigurationError,
        ("exclude='country'", "exclude=['country']"),
        lambda f: Pipeline([SPLIT, TREE], target="returned", exclude="country"),
        lambda f: Pipeline([SPLIT, TREE], target="returned", exclude=["country", "ordered", "order"]).run(
            f, track=False
        ),
    ),
    "several arguments of a pipeline wrong at once": (
        ConfigurationError,
        (
            "id=['n'] is no text",
            "waive=['LK204'] is not a mapping",
            "seed='one' is not a whole number",
            "seed=0",
        ),
        lambda f: Pipeline([SPLIT, TREE], target="returned", id=["n"], waive=["LK204"], seed="one"),
        lambda f: Pipeline([SPLIT, TREE], **NUMBERS, waive={"LK204": "known before"}, seed=1).run(f, track=False),
    ),
    "one column with two roles": (
        ConfigurationError,
        ("'returned' is the target and the group", "remove group="),
        lambda f: Pipeline([SPLIT, TREE], **NUMBERS, group="returned"),
        lambda f: Pipeline([SPLIT, TREE], **NUMBERS, group="customer").run(f, track=False),
    ),
    "a source that is not first": (
        ConfigurationError,
        ("ReadCSV reads data but is step 2", "put the source first"),
        lambda f: Pipeline([Derive({"half": half}), ReadCSV("orders.csv"), SPLIT, TREE], **NUMBERS),
        lambda f: Pipeline([ReadCSV(_written(f)), Derive({"half": half}), SPLIT, TREE], **NUMBERS).run(track=False),
    ),
    "a sample of all rows after the split": (
        ConfigurationError,
        ("ReservoirSample is a Select", "RandomSplit", "before the split"),
        lambda f: Pipeline([SPLIT, ReservoirSample(200), TREE], **NUMBERS),
        lambda f: Pipeline([ReservoirSample(200), SPLIT, TREE], **NUMBERS).run(f, track=False),
    ),
    "calibration before the model": (
        ConfigurationError,
        ("Calibrate", "before any model", "after Train"),
        lambda f: Pipeline([SPLIT, Calibrate(), TREE], **NUMBERS).run(f, track=False),
        lambda f: Pipeline([SPLIT, TREE, Calibrate()], **NUMBERS).run(f, track=False),
    ),
    "a second model": (
        ConfigurationError,
        ("Train-2 is a second model", "variants()"),
        lambda f: Pipeline([SPLIT, TREE, DecisionTreeClassifier(max_depth=1)], **NUMBERS).run(f, track=False),
        lambda f: (
            Pipeline([SPLIT, TREE], **NUMBERS)
            .variants(deep={}, flat={"Train": DecisionTreeClassifier(max_depth=1)})
            .run(f, track=False)
        ),
    ),
    "until= with a name that no step has": (
        ConfigurationError,
        ("no step 'impute'", "its steps are RandomSplit, Impute, Train"),
        lambda f: Pipeline([SPLIT, Impute(), TREE], **NUMBERS).run(f, until="impute", track=False),
        lambda f: Pipeline([SPLIT, Impute(), TREE], **NUMBERS).run(f, until="Impute", track=False),
    ),
    "insert(after=) with a name that no step has": (
        ConfigurationError,
        ("no step 'impute'", "its steps are RandomSplit, Impute, Train"),
        lambda f: Pipeline([SPLIT, Impute(), TREE], **NUMBERS).insert(Standardize(), after="impute"),
        lambda f: (
            Pipeline([SPLIT, Impute(), TREE], **NUMBERS).insert(Standardize(), after="Impute").run(f, track=False)
        ),
    ),
    "replace() with a name that no step has": (
        ConfigurationError,
        ("no step 'Model'", "its steps are RandomSplit, Train"),
        lambda f: Pipeline([SPLIT, TREE], **NUMBERS).replace(Model=LogisticRegression()),
        lambda f: Pipeline([SPLIT, TREE], **NUMBERS).replace(Train=TREE).run(f, track=False),
    ),
    "variants() with a name that no step has": (
        ConfigurationError,
        ("no step 'Model'", "its steps are RandomSplit, Train"),
        lambda f: Pipeline([SPLIT, TREE], **NUMBERS).variants(deep={"Model": TREE}),
        lambda f: Pipeline([SPLIT, TREE], **NUMBERS).variants(deep={"Train": TREE}).run(f, track=False),
    ),
    "a gate of something that is no term": (
        ConfigurationError,
        ("Gate got", "roc_auc", 'metric("roc_auc").lower >= 0.65'),
        lambda f: Gate(metric("roc_auc")),
        lambda f: Gate(metric("roc_auc").lower >= 0.5, beats("zero_rule")),
    ),
    "a gate of two bounds in one": (
        ConfigurationError,
        ("roc_auc", "truth value", "separate argument"),
        lambda f: Gate(0.5 <= metric("roc_auc").lower <= 0.9),
        lambda f: Gate(metric("roc_auc").lower >= 0.5, metric("roc_auc").lower <= 0.9),
    ),
    "judging by training rows": (
        ConfigurationError,
        ("Evaluate", "on='train'", "leave on= out"),
        lambda f: Pipeline([SPLIT, TREE, Evaluate(on="train")], **NUMBERS).run(f, track=False),
        lambda f: Pipeline([SPLIT, TREE, Evaluate()], **NUMBERS).run(f, track=False),
    ),
    "an estimator without predict in Train": (
        ConfigurationError,
        ("Train", "StandardScaler", "not an estimator"),
        lambda f: Train(StandardScaler()),
        lambda f: Train(LogisticRegression()).fit(f[["price", "returned"]], target="returned"),
    ),
    "as_sklearn() of a split": (
        ConfigurationError,
        ("GroupSplit", "no counterpart", "Transform and Model"),
        lambda f: _as_sklearn(GroupSplit()),
        lambda f: TargetEncode(["country"]).as_sklearn().fit(f[["country"]], f["returned"]),
    ),
}


def _as_sklearn(step: Any) -> Any:
    from mlsys.steps.sklearn_bridge import as_sklearn

    return as_sklearn(step)


def _weather(orders: pd.DataFrame) -> AsOfJoin:
    hours = orders[["ordered"]].drop_duplicates().assign(rain=1.0)
    return AsOfJoin(hours, by=[], time="ordered", columns=["rain"], known_after="1h")


def _resample() -> Resample:
    pytest.importorskip("imblearn")
    from imblearn.over_sampling import RandomOverSampler

    return Resample(RandomOverSampler(random_state=0))


def _dear() -> NaturalLabel:
    return NaturalLabel("dear", from_column="refund", rule=dear)


def _two_labels(second: str) -> Pipeline:
    labels = [_dear(), NaturalLabel(second, from_column="price", rule=dear, name="second")]
    return Pipeline([*labels, SPLIT, TREE], target="dear", features=["days"])


def _late(step: Transform) -> Pipeline:
    return Pipeline([SPLIT, step, TREE], target="returned", time="ordered", known_at={"days": "30D"},
                    features=["price"])  # fmt: skip


def _written(orders: pd.DataFrame) -> str:
    orders.to_csv("orders.csv", index=False)
    return "orders.csv"


@pytest.mark.parametrize("name", MISTAKES)
def test_the_message_names_what_is_wrong_and_its_remedy_works(name: str, holds: Callable[..., None]) -> None:
    holds(*MISTAKES[name])
