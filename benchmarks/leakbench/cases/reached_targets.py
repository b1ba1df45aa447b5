"""Order, and ways to the target: steps that learn too early, functions and files that reach it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from leakbench import tables, worlds
from leakbench.case import Case, Expected, Trial, case
from leakbench.cases.common import deriving, plain
from mlsys import Apply, TargetEncode, Train

KIND = "order, access to the target"
READS = "a function in the served path reads the target"
ORDER = "what learns from targets stands before the split"


@case(KIND, "imputed by class", Expected((1,), READS, ("Derive",), ("returned", "filled")))
def filled_by_class(leaky: bool) -> Trial:
    """Missing ages are filled with the mean age of the row's own class; the twin with a round figure."""
    by_class = {"filled": lambda f: f["age"].fillna(f.groupby("returned")["age"].transform("mean"))}
    return deriving(tables.orders(), by_class if leaky else {"filled": lambda f: f["age"].fillna(41.0)})


@case(KIND, "supervised bins", Expected((1,), READS, ("bins_by_tree",), ("default", "bin")))
def bins_found_by_a_tree(leaky: bool) -> Trial:
    """A function cuts an amount where a tree says, which it fits to the target; the twin cuts at round figures."""

    def bins_by_tree(frame: pd.DataFrame) -> pd.DataFrame:
        if not leaky:
            return frame.assign(bin=pd.cut(frame["amount"], [0, 5e3, 1e4, 2e4, 1e9], labels=False).astype("float64"))
        tree = DecisionTreeClassifier(max_leaf_nodes=6).fit(frame[["amount"]], frame["default"])
        return frame.assign(bin=tree.apply(frame[["amount"]]).astype("float64"))

    return plain(worlds.loans(), "default", before=[bins_by_tree], id="loan", exclude=["zip"], texts=["purpose"])


@case(KIND, "discriminant axis before the split", Expected((1,), ORDER, ("axis",)))
def discriminant_axis_before_the_split(leaky: bool) -> Trial:
    """Real wines: a discriminant analysis stands before the split."""
    columns = ["alcohol", "malic_acid", "ash", "hue"]
    if leaky:
        axis = ("axis", Apply(LinearDiscriminantAnalysis(), columns=columns))
        return plain(worlds.wine(), "grower", before=[axis], by_hand=None)
    chain = make_pipeline(LinearDiscriminantAnalysis(), LogisticRegression())
    return plain(worlds.wine()[[*columns, "grower"]], "grower", end=[Train(chain)], by_hand=None)


@case(KIND, "TargetEncode before the split", Expected((1,), ORDER, ("TargetEncode",)))
def districts_encoded_before_the_split(leaky: bool) -> Trial:
    """Districts are encoded by their target before the split."""
    encode = TargetEncode(["zip"])
    before, after = ([encode], []) if leaky else ([], [encode])
    return plain(worlds.loans(), "default", before=before, after=after, id="loan", texts=["purpose"], by_hand=None)


@case(KIND, "file read in a function", Expected((2, 3), "the function reads a file that holds every row's outcome",
                                                ("Derive",), ("rate",)), claim="documented as missed")  # fmt: skip
def rates_read_from_a_file(leaky: bool) -> Trial:
    """A function reads a file of rates by district, of all loans; the twin's of those of the year before."""
    place = Path(tempfile.gettempdir()) / f"leakbench_rates_{'now' if leaky else 'before'}.csv"
    known = worlds.loans(seed=41 if leaky else 92)
    known.groupby("zip", as_index=False)["default"].mean().to_csv(place, index=False)

    def rate(frame: pd.DataFrame) -> Any:
        return frame["zip"].map(pd.read_csv(place).set_index("zip")["default"]).fillna(0.3).to_numpy()

    return plain(worlds.loans(), "default", columns={"rate": rate}, id="loan", exclude=["zip"], texts=["purpose"])


@case(KIND, "dict from id to target", Expected((1, 2), "the function holds every row's outcome",
                                                            ("Derive",)))  # fmt: skip
def targets_held_by_id(leaky: bool) -> Trial:
    """A function looks up outcomes by id in a dict; the twin looks up a rating that came with the loan."""
    rows = worlds.loans()
    rating = (rows["income"] > 2_500).astype(int)
    by_id = dict(zip(rows["loan"], rows["default"] if leaky else rating, strict=True))
    columns = {"flag": lambda frame: frame["loan"].map(by_id).fillna(0)}
    return plain(rows, "default", columns=columns, id="loan", exclude=["zip"], texts=["purpose"])


@case(KIND, "model fitted in a function", Expected((1, 2, 3), READS, ("first_model",), ("relapse", "told")))
def model_fitted_in_a_function(leaky: bool) -> Trial:
    """A function fits a first model to whatever frame comes and adds its probability; the twin adds fixed weights."""

    def first_model(frame: pd.DataFrame) -> pd.DataFrame:
        genes = frame[[f"gene_{number:02d}" for number in range(20)]]
        if not leaky:
            return frame.assign(told=genes.sum(axis=1))
        fitted = LogisticRegression(max_iter=500).fit(genes, frame["relapse"])
        return frame.assign(told=fitted.predict_proba(genes)[:, 1])

    return plain(tables.genes(), "relapse", before=[first_model])


CASES: tuple[Case, ...] = (
    filled_by_class,
    bins_found_by_a_tree,
    discriminant_axis_before_the_split,
    districts_encoded_before_the_split,
    rates_read_from_a_file,
    targets_held_by_id,
    model_fitted_in_a_function,
)
