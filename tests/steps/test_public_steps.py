"""Every public step keeps what its kind promises, whatever else it does."""

from __future__ import annotations

import http.server
import json
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.naive_bayes import GaussianNB

import mlsys
from mlsys.labeling import threshold
from mlsys.steps import Step
from mlsys.testing import check_step

KINDS = set(vars(import_module("mlsys.steps"))["__all__"])
ROLES = {"target": "returned", "time": "ordered", "group": "customer"}
FEATURES = ["price", "days_since_last", "country"]
WARNINGS = {"Apply_2": ("unseen_values",)}  # scikit-learn's PCA refuses nulls, and the data has none
Case = tuple[Step, Any, dict[str, Any]]
CASES: dict[str, Callable[[pd.DataFrame], Case]] = {}


def case(make: Callable[[pd.DataFrame], Case]) -> Callable[[pd.DataFrame], Case]:
    """Register a function under the name of the step, with a number behind it for further configurations."""
    CASES[make.__name__] = make
    return make


def public_steps() -> list[str]:
    found = []
    for name in mlsys.__all__:
        value = getattr(mlsys, name)
        if isinstance(value, type) and issubclass(value, Step) and name not in KINDS:
            found.append(name)
    return found


@pytest.fixture(scope="module")
def orders(shop: pd.DataFrame) -> pd.DataFrame:
    """Orders with nulls in a number and in a text, ids that are no positions, and predictions of no model."""
    first = shop.iloc[::5].set_axis(np.arange(5_000, 5_400))
    share = 1 / (1 + np.exp(-(first["price"] - 60) / 30))
    return first.assign(
        country=first["country"].where(np.arange(400) % 17 > 0),
        hour=first["ordered"].dt.hour,
        prediction=(share > 0.5).astype(int),
        probability_0=1 - share,
        probability_1=share,
    )


def over_ten(orders: pd.DataFrame) -> pd.Series:
    return orders["price"] > 10


def letters_of(texts: list[str]) -> np.ndarray:
    return np.array([[text.count(letter) for letter in "abcde"] for text in texts], dtype=float)


def numbers(orders: pd.DataFrame) -> pd.DataFrame:
    return orders[["price", "hour", "returned", "ordered", "customer"]]


@case
def ReadCSV(orders: pd.DataFrame) -> Case:
    orders.to_csv("orders.csv", index=False)
    return mlsys.ReadCSV("orders.csv", times=["ordered"], known_at={"refund": "7D"}), None, {}


@case
def ReadParquet(orders: pd.DataFrame) -> Case:
    orders.to_parquet("orders.parquet")
    return mlsys.ReadParquet("orders.parquet"), None, {}


@case
def ReadEvents(orders: pd.DataFrame) -> Case:
    orders.to_json("orders.jsonl", orient="records", lines=True, date_format="iso")
    return mlsys.ReadEvents("orders.jsonl", time="ordered", lateness="7D"), None, {}


@case
def WindowAggregate(orders: pd.DataFrame) -> Case:
    columns = {"orders": "count", "spent": ("price", "mean"), "countries": ("country", "distinct")}
    return mlsys.WindowAggregate("customer", columns, "30D"), orders, ROLES


@case
def Forecast(orders: pd.DataFrame) -> Case:
    days = orders.assign(ordered=pd.date_range("2024-01-01", periods=len(orders)), returned=orders["returned"] * 1.0)
    return mlsys.Forecast("2D", season="7D", known_ahead=["country"]), days, {"target": "returned", "time": "ordered"}


@case
def Lag(orders: pd.DataFrame) -> Case:
    return mlsys.Lag("customer", ["price", "country"], [1, "7D"]), orders, ROLES


@case
def ReadGraph(orders: pd.DataFrame) -> Case:
    customers = orders.drop_duplicates("customer").rename(columns={"customer": "id"})
    met = pd.DataFrame({"source": customers["id"].iloc[:-1].array, "target": customers["id"].iloc[1:].array})
    met["met"] = customers["ordered"].iloc[1:].array
    return mlsys.ReadGraph(customers, met, time="met", at="ordered", means=["price"]), None, {}


@case
def CheckSchema(orders: pd.DataFrame) -> Case:
    name = str(orders.columns[0])
    return mlsys.CheckSchema(mlsys.Schema({name: "any"}, key=[])), orders, ROLES


@case
def ImputeForward(orders: pd.DataFrame) -> Case:
    return mlsys.ImputeForward("customer", ["price", "country"]), orders, ROLES


@case
def Aggregate(orders: pd.DataFrame) -> Case:
    columns = {"orders": "count", "spent": ("price", "sum"), "last": ("country", "last")}
    return mlsys.Aggregate("customer", columns, str(orders["ordered"].max()), "ordered"), orders, ROLES


@case
def Pivot(orders: pd.DataFrame) -> Case:
    return mlsys.Pivot("customer", "country", "price", function="mean"), orders, ROLES


@case
def Deduplicate(orders: pd.DataFrame) -> Case:
    return mlsys.Deduplicate(["country", "hour"], near={"price": 1.0}), orders, ROLES


@case
def Filter(orders: pd.DataFrame) -> Case:
    return mlsys.Filter(over_ten), orders, ROLES


@case
def Filter_2(orders: pd.DataFrame) -> Case:
    return mlsys.Filter((pd.col("price") > 10) & pd.col("country").str.startswith("D")), orders, ROLES


@case
def Rename(orders: pd.DataFrame) -> Case:
    return mlsys.Rename({"price": "amount"}), orders, ROLES


@case
def Cast(orders: pd.DataFrame) -> Case:
    return mlsys.Cast({"hour": "Int64", "country": "category"}), orders, ROLES


@case
def ReadJSON(orders: pd.DataFrame) -> Case:
    orders.to_json("orders.jsonl", orient="records", lines=True, date_format="iso")
    return mlsys.ReadJSON("orders.jsonl", times=["ordered"], where=[("price", ">", 5)]), None, {}


@case
def ReadDocuments(orders: pd.DataFrame) -> Case:
    records = [{"price": price, "to": {"country": country}} for price, country in [(1.5, "DE"), (2.5, "FR")] * 20]
    Path("orders.json").write_text(json.dumps(records))
    return mlsys.ReadDocuments("orders.json"), None, {}


@case
def ReadSQL(orders: pd.DataFrame) -> Case:
    with closing(sqlite3.connect("orders.db")) as database:
        orders.to_sql("orders", database, index=False)
    return mlsys.ReadSQL("sqlite:///orders.db", "SELECT * FROM orders WHERE price > :p", {"p": 5}), None, {}


@case
def ReadService(orders: pd.DataFrame) -> Case:
    answer = orders[["price", "country"]].to_json(orient="records").encode()

    class Orders(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None: ...

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Orders)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return mlsys.ReadService(f"http://127.0.0.1:{server.server_port}/orders"), None, {}


@case
def ReadFrame(orders: pd.DataFrame) -> Case:
    return mlsys.ReadFrame(orders, known_at={"refund": "7D"}), None, {}


@case
def Flatten(orders: pd.DataFrame) -> Case:
    to = [{"country": country, "days": days} for country, days in zip(orders["country"], orders["hour"], strict=True)]
    return mlsys.Flatten(), orders.assign(to=to), ROLES


@case
def Derive(orders: pd.DataFrame) -> Case:
    return mlsys.Derive({"hour_of_day": lambda frame: frame["ordered"].dt.hour}), orders, ROLES


@case
def Derive_2(orders: pd.DataFrame) -> Case:
    return mlsys.Derive({"cents": pd.col("price") * 100}), orders, ROLES


@case
def Function(orders: pd.DataFrame) -> Case:
    def in_euro(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(price=frame["price"] * 0.9)

    return mlsys.Function(in_euro), orders, ROLES


@case
def Join(orders: pd.DataFrame) -> Case:
    countries = pd.DataFrame({"country": ["DE", "FR", "PL"], "tax": [19, 20, 23], "currency": ["EUR", "EUR", "PLN"]})
    return mlsys.Join(countries, on="country"), orders, ROLES


@case
def AsOfJoin(orders: pd.DataFrame) -> Case:
    hours = pd.date_range("2024-01-01", "2024-12-31", freq="7h")
    rates = pd.DataFrame({"hour_of": hours, "rate": np.sin(np.arange(len(hours)))})
    return mlsys.AsOfJoin(rates, [], "hour_of", known_after="1h", tolerance="2D", at="ordered"), orders, ROLES


@case
def WriteCSV(orders: pd.DataFrame) -> Case:
    return mlsys.WriteCSV("out", compression="gzip"), orders, ROLES


@case
def WriteSQL(orders: pd.DataFrame) -> Case:
    return mlsys.WriteSQL(f"sqlite:///{Path.cwd()}/out.db", "rows"), orders, ROLES


@case
def WriteParquet(orders: pd.DataFrame) -> Case:
    return mlsys.WriteParquet("out"), orders, ROLES


@case
def NaturalLabel(orders: pd.DataFrame) -> Case:
    step = mlsys.NaturalLabel("slow", from_column="days_since_last", rule=lambda days: days > 20, known_at="3D")
    return step, orders, ROLES


@case
def WeakLabel(orders: pd.DataFrame) -> Case:
    @mlsys.labeling_function(on="price", votes=True)
    def dear(price: pd.Series) -> pd.Series:
        return price > 80

    @mlsys.labeling_function(on="days_since_last", votes=False)
    def recent(days: pd.Series) -> pd.Series:
        return days < 5

    return mlsys.WeakLabel("guess", [dear, recent]), orders, ROLES


@case
def CastVotes(orders: pd.DataFrame) -> Case:
    return mlsys.CastVotes([threshold("price", True, above=80), threshold("price", False, below=20)]), orders, ROLES


@case
def LabelModel(orders: pd.DataFrame) -> Case:
    dear = pd.Series(orders["price"] > 80).astype(int)
    recent = pd.Series(orders["days_since_last"] < 5).astype(int)
    return mlsys.LabelModel(), orders.assign(vote_dear=dear, vote_recent=recent, vote_late=1 - recent), ROLES


@case
def RandomSplit(orders: pd.DataFrame) -> Case:
    return mlsys.RandomSplit(), orders, {}


@case
def StratifiedSplit(orders: pd.DataFrame) -> Case:
    return mlsys.StratifiedSplit(), orders, {"target": "returned"}


@case
def GroupSplit(orders: pd.DataFrame) -> Case:
    return mlsys.GroupSplit(), orders, ROLES


@case
def KFolds(orders: pd.DataFrame) -> Case:
    return mlsys.KFolds(4, repeats=2, test=0.2), orders, {"target": "returned"}


@case
def GroupFolds(orders: pd.DataFrame) -> Case:
    return mlsys.GroupFolds(4, test=0.2), orders, ROLES


@case
def TimeFolds(orders: pd.DataFrame) -> Case:
    return mlsys.TimeFolds(4, "sliding", test=0.2, embargo="1D"), orders, {"target": "returned", "time": "ordered"}


@case
def TimeSplit(orders: pd.DataFrame) -> Case:
    return mlsys.TimeSplit(validation="60D", test=0.2, embargo="1D"), orders, {"target": "returned", "time": "ordered"}


@case
def PredefinedSplit(orders: pd.DataFrame) -> Case:
    parts = np.where(np.arange(len(orders)) % 4 == 0, "test", "train")
    return mlsys.PredefinedSplit("part"), orders.assign(part=parts), {}


@case
def PredefinedSplit_2(orders: pd.DataFrame) -> Case:
    return mlsys.PredefinedSplit(parts={"train": 0.6, "calibration": 0.2, "test": 0.2}), orders, ROLES


@case
def StratifiedSample(orders: pd.DataFrame) -> Case:
    return mlsys.StratifiedSample("country", share=0.5), orders, ROLES


@case
def ReservoirSample(orders: pd.DataFrame) -> Case:
    return mlsys.ReservoirSample(50), orders, ROLES


@case
def RandomSample(orders: pd.DataFrame) -> Case:
    return mlsys.RandomSample(share=0.5), orders, ROLES


@case
def HashSample(orders: pd.DataFrame) -> Case:
    return mlsys.HashSample(50), orders, ROLES


@case
def WeightedSample(orders: pd.DataFrame) -> Case:
    return mlsys.WeightedSample(50, size="size"), orders.assign(size=np.arange(len(orders)) + 1.0), ROLES


@case
def ImportanceSample(orders: pd.DataFrame) -> Case:
    return mlsys.ImportanceSample(50, importance="size"), orders.assign(size=np.arange(len(orders)) + 1.0), ROLES


@case
def ClusterSample(orders: pd.DataFrame) -> Case:
    return mlsys.ClusterSample("shop", clusters=3), orders.assign(shop=np.arange(len(orders)) % 6), ROLES


@case
def TwoStageSample(orders: pd.DataFrame) -> Case:
    return mlsys.TwoStageSample("shop", clusters=3, rows=9), orders.assign(shop=np.arange(len(orders)) % 6), ROLES


@case
def ConvenienceSample(orders: pd.DataFrame) -> Case:
    return mlsys.ConvenienceSample(50), orders, ROLES


@case
def JudgementSample(orders: pd.DataFrame) -> Case:
    return mlsys.JudgementSample("typical"), orders.assign(typical=np.arange(len(orders)) % 3 == 0), ROLES


@case
def QuotaSample(orders: pd.DataFrame) -> Case:
    return mlsys.QuotaSample("shop", {0: 20, 1: 20}), orders.assign(shop=np.arange(len(orders)) % 6), ROLES


@case
def SnowballSample(orders: pd.DataFrame) -> Case:
    edges = pd.DataFrame({"one": orders.index[:-1], "other": orders.index[1:]})
    return mlsys.SnowballSample(edges, ends=("one", "other"), starts=2, waves=9), orders, ROLES


@case
def Rake(orders: pd.DataFrame) -> Case:
    return mlsys.Rake({"shop": {0: 0.4, 1: 0.6}}), orders.assign(shop=np.arange(len(orders)) % 2), ROLES


@case
def Augment(orders: pd.DataFrame) -> Case:
    return mlsys.Augment(mlsys.Jitter({"price": 1.0}), copies=0.5), orders, ROLES


@case
def WeighClasses(orders: pd.DataFrame) -> Case:
    return mlsys.WeighClasses(), numbers(orders), ROLES


@case
def Resample(orders: pd.DataFrame) -> Case:
    sampler = pytest.importorskip("imblearn.over_sampling").RandomOverSampler()
    return mlsys.Resample(sampler), numbers(orders), ROLES


@case
def Resample_2(orders: pd.DataFrame) -> Case:
    sampler = pytest.importorskip("imblearn.under_sampling").RandomUnderSampler()
    return mlsys.Resample(sampler), numbers(orders), ROLES


@case
def Resample_3(orders: pd.DataFrame) -> Case:
    sampler = pytest.importorskip("imblearn.over_sampling").SMOTE()
    return mlsys.Resample(sampler), numbers(orders), ROLES


def some_unlabelled(orders: pd.DataFrame) -> pd.DataFrame:
    return numbers(orders).assign(returned=orders["returned"].where(np.arange(400) % 3 > 0))


@case
def QueriedSplit(orders: pd.DataFrame) -> Case:
    chosen = np.array([None, "margin", "random", "random"], dtype=object)[np.arange(400) % 4]
    return mlsys.QueriedSplit(), orders.assign(queried_by=pd.Series(chosen, orders.index, dtype="str")), ROLES


@case
def FindLabelErrors(orders: pd.DataFrame) -> Case:
    return mlsys.FindLabelErrors(GaussianNB()), numbers(orders), ROLES


@case
def SelfTraining(orders: pd.DataFrame) -> Case:
    return mlsys.SelfTraining(GaussianNB(), threshold=0.7), some_unlabelled(orders), ROLES


@case
def LabelSpreading(orders: pd.DataFrame) -> Case:
    return mlsys.LabelSpreading(threshold=0.6), some_unlabelled(orders), ROLES


@case
def Impute(orders: pd.DataFrame) -> Case:
    return mlsys.Impute(), orders[[*FEATURES, *ROLES.values()]], ROLES


@case
def Impute_2(orders: pd.DataFrame) -> Case:
    return mlsys.Impute(["days_since_last"], numeric="mean", indicator=False), orders, ROLES


@case
def Impute_3(orders: pd.DataFrame) -> Case:
    return mlsys.Impute(["days_since_last"], by="country"), orders, ROLES


@case
def Impute_4(orders: pd.DataFrame) -> Case:
    step = mlsys.Impute(["days_since_last", "price", "country"], numeric="model", categorical="mode")
    return step, orders, ROLES


@case
def DropMissing(orders: pd.DataFrame) -> Case:
    return mlsys.DropMissing(most=0.01), orders, ROLES


@case
def SelectFeatures(orders: pd.DataFrame) -> Case:
    return mlsys.SelectFeatures(top=2, coverage=0.5, related=0.9), orders, ROLES


@case
def SelectFeatures_2(orders: pd.DataFrame) -> Case:
    return mlsys.SelectFeatures(by="importance", top=2), orders[[*FEATURES, *ROLES.values()]], ROLES


@case
def DropMissingRows(orders: pd.DataFrame) -> Case:
    return mlsys.DropMissingRows(["country"]), orders, ROLES


@case
def DiagnoseMissing(orders: pd.DataFrame) -> Case:
    return mlsys.DiagnoseMissing(), {"train": orders}, {"target": "returned"}


@case
def Standardize(orders: pd.DataFrame) -> Case:
    return mlsys.Standardize(), orders[[*FEATURES, *ROLES.values()]], ROLES


@case
def Standardize_2(orders: pd.DataFrame) -> Case:
    return mlsys.Standardize(["price", "hour"], logs=True, clip=10.0, keep_flags=True), orders, ROLES


@case
def MinMaxScale(orders: pd.DataFrame) -> Case:
    return mlsys.MinMaxScale(clip=True), orders[[*FEATURES, *ROLES.values()]], ROLES


@case
def RobustScale(orders: pd.DataFrame) -> Case:
    return mlsys.RobustScale(), orders[[*FEATURES, *ROLES.values()]], ROLES


@case
def Log(orders: pd.DataFrame) -> Case:
    return mlsys.Log(), orders[[*FEATURES, *ROLES.values()]], ROLES


@case
def PowerTransform(orders: pd.DataFrame) -> Case:
    return mlsys.PowerTransform(), orders[[*FEATURES, *ROLES.values()]], ROLES


@case
def ClipOutliers(orders: pd.DataFrame) -> Case:
    return mlsys.ClipOutliers(beyond=0.1, indicator=True), orders[[*FEATURES, *ROLES.values()]], ROLES


@case
def Bin(orders: pd.DataFrame) -> Case:
    return mlsys.Bin(bins=4, labels=True), orders[[*FEATURES, *ROLES.values()]], ROLES


@case
def Bin_2(orders: pd.DataFrame) -> Case:
    return mlsys.Bin(["price", "hour"], by="tree", bins=4), orders, ROLES


@case
def Categories(orders: pd.DataFrame) -> Case:
    return mlsys.Categories(["country", "hour"], top=5), orders, ROLES


@case
def OneHot(orders: pd.DataFrame) -> Case:
    return mlsys.OneHot(["country"], other=True), orders, ROLES


@case
def OrdinalEncode(orders: pd.DataFrame) -> Case:
    return mlsys.OrdinalEncode(["country", "hour"]), orders, ROLES


@case
def CountEncode(orders: pd.DataFrame) -> Case:
    return mlsys.CountEncode(["country", "hour"], measure="log"), orders, ROLES


@case
def Cross(orders: pd.DataFrame) -> Case:
    return mlsys.Cross([["country", "hour"]], top=20), orders, ROLES


@case
def PositionalEncode(orders: pd.DataFrame) -> Case:
    return mlsys.PositionalEncode(["price", "hour"], waves=3), orders, ROLES


@case
def HashEncode(orders: pd.DataFrame) -> Case:
    return mlsys.HashEncode(["country", "hour"]), orders, ROLES


@case
def TextHash(orders: pd.DataFrame) -> Case:
    return mlsys.TextHash(["country"], "characters"), orders, ROLES


@case
def TfIdf(orders: pd.DataFrame) -> Case:
    return mlsys.TfIdf(["said"]), of_every_kind(orders), ROLES


@case
def Embed(orders: pd.DataFrame) -> Case:
    return mlsys.Embed(letters_of, "country"), orders, ROLES


@case
def Embedding(orders: pd.DataFrame) -> Case:
    vectors = list(np.random.default_rng(0).normal(size=(len(orders), 3)))
    return mlsys.Embedding(["vector"]), orders.assign(vector=[each.tolist() for each in vectors]), ROLES


@case
def TargetEncode(orders: pd.DataFrame) -> Case:
    return mlsys.TargetEncode(["country", "hour"]), orders, ROLES


@case
def TargetEncode_2(orders: pd.DataFrame) -> Case:
    size = pd.cut(orders["price"], [0, 40, 80, np.inf], labels=["small", "middle", "large"]).astype("str")
    return mlsys.TargetEncode(["country"]), orders.assign(size=size), {"target": "size"}


def of_every_kind(orders: pd.DataFrame) -> pd.DataFrame:
    """Orders with a flag, a price and a day as texts, a code of many levels, remarks, and what says nothing."""
    rng = np.random.default_rng(3)
    words = rng.choice(["quick", "red", "wooden", "boat", "sails", "away"], (len(orders), 3))
    return orders.assign(
        number=np.arange(len(orders)) + 1,
        gift=np.where(orders["hour"] % 3 == 0, "yes", "no"),
        paid="$" + (orders["price"] * 100).astype(int).map("{:,}".format),
        shown=(orders["ordered"] - pd.Timedelta("3D")).dt.strftime("%Y-%m-%d"),
        code=[f"{letter}-{size}" for letter, size in zip(words[:, 0], rng.integers(0, 9, len(orders)), strict=True)],
        said=[f"{' '.join(each)} {at}" for at, each in enumerate(words)],
        currency="EUR",
    )


@case
def Clean(orders: pd.DataFrame) -> Case:
    return mlsys.Clean(), of_every_kind(orders), ROLES


@case
def Prepare(orders: pd.DataFrame) -> Case:
    return mlsys.Prepare(), of_every_kind(orders), ROLES


@case
def Prepare_2(orders: pd.DataFrame) -> Case:
    return mlsys.Prepare(categories="native", nulls="keep", scale=False), of_every_kind(orders), ROLES


@case
def Prepare_3(orders: pd.DataFrame) -> Case:
    size = pd.cut(orders["price"], [0, 40, 80, np.inf], labels=["small", "middle", "large"]).astype("str")
    step = mlsys.Prepare(few=5, high="target", text="words")
    return step, of_every_kind(orders).assign(size=size), {"target": "size", "group": "customer"}


@case
def DateParts(orders: pd.DataFrame) -> Case:
    sent = orders["ordered"] - pd.to_timedelta(orders["hour"], unit="D")
    return mlsys.DateParts(["sent"], before="1h before ordered"), orders.assign(sent=sent), ROLES


@case
def DateParts_2(orders: pd.DataFrame) -> Case:
    return mlsys.DateParts(cyclic=True), orders.assign(sent=orders["ordered"]), ROLES


@case
def TextComponents(orders: pd.DataFrame) -> Case:
    return mlsys.TextComponents(["country"], components=3), orders, ROLES


@case
def TextComponents_2(orders: pd.DataFrame) -> Case:
    orders = orders.assign(said=orders["country"].fillna("") + " at " + orders["hour"].astype("str"))
    return mlsys.TextComponents(["said"], by="words"), orders, ROLES


@case
def CyclicEncode(orders: pd.DataFrame) -> Case:
    return mlsys.CyclicEncode({"hour": 24}), orders, ROLES


@case
def Apply(orders: pd.DataFrame) -> Case:
    from sklearn.preprocessing import QuantileTransformer

    return mlsys.Apply(QuantileTransformer(n_quantiles=20), columns=["price", "days_since_last"]), orders, ROLES


@case
def Apply_2(orders: pd.DataFrame) -> Case:
    from sklearn.decomposition import PCA

    return mlsys.Apply(PCA(1, svd_solver="randomized")), numbers(orders), ROLES


@case
def Train(orders: pd.DataFrame) -> Case:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return mlsys.Train(HistGradientBoostingClassifier(max_iter=3, max_leaf_nodes=7)), numbers(orders), ROLES


@case
def Train_2(orders: pd.DataFrame) -> Case:
    from sklearn.linear_model import Ridge

    return mlsys.Train(Ridge()), numbers(orders).assign(returned=orders["refund"]), ROLES


@case
def Train_3(orders: pd.DataFrame) -> Case:
    from sklearn.linear_model import SGDClassifier

    frame = numbers(orders).assign(price=orders["price"] / 100, hour=orders["hour"] / 24)
    return mlsys.Train(SGDClassifier(loss="log_loss")), frame, ROLES


@case
def Train_4(orders: pd.DataFrame) -> Case:
    from sklearn.ensemble import IsolationForest

    return mlsys.Train(IsolationForest(n_estimators=20)), numbers(orders), ROLES


@case
def Train_5(orders: pd.DataFrame) -> Case:
    from sklearn.cluster import KMeans

    return mlsys.Train(KMeans(3)), numbers(orders), ROLES


@case
def Voting(orders: pd.DataFrame) -> Case:
    from sklearn.tree import DecisionTreeClassifier

    return mlsys.Voting([GaussianNB(), DecisionTreeClassifier(max_depth=3)]), numbers(orders), ROLES


@case
def Stacking(orders: pd.DataFrame) -> Case:
    from sklearn.tree import DecisionTreeClassifier

    members = [GaussianNB(), DecisionTreeClassifier(max_depth=3)]
    roles = {name: column for name, column in ROLES.items() if name != "group"}
    return mlsys.Stacking(members, folds=2), numbers(orders).drop(columns="customer"), roles


@case
def Bagging(orders: pd.DataFrame) -> Case:
    from sklearn.tree import DecisionTreeClassifier

    return mlsys.Bagging(DecisionTreeClassifier(max_depth=3), members=3), numbers(orders), ROLES


@case
def Boosting(orders: pd.DataFrame) -> Case:
    from sklearn.tree import DecisionTreeClassifier

    return mlsys.Boosting(DecisionTreeClassifier(max_depth=1), members=5), numbers(orders), ROLES


@case
def TrainInPhases(orders: pd.DataFrame) -> Case:
    return mlsys.TrainInPhases(GaussianNB()), numbers(orders), ROLES


@case
def TuneThreshold(orders: pd.DataFrame) -> Case:
    return mlsys.TuneThreshold(share=0.1), orders, ROLES


@case
def TuneThreshold_2(orders: pd.DataFrame) -> Case:
    return mlsys.TuneThreshold(costs={0: {1: 1.0}, 1: {0: 5.0}}), orders, ROLES


@case
def Conformal(orders: pd.DataFrame) -> Case:
    return mlsys.Conformal(0.8), orders, ROLES


@case
def Conformal_2(orders: pd.DataFrame) -> Case:
    return mlsys.Conformal(0.8, by=["country"]), orders, ROLES


@case
def Abstain(orders: pd.DataFrame) -> Case:
    return mlsys.Abstain(rate=0.2), orders, ROLES


@case
def FillGaps(orders: pd.DataFrame) -> Case:
    days = orders.assign(ordered=pd.date_range("2024-01-01", periods=len(orders)))
    step = mlsys.FillGaps((), {"price": 0.0}, time="ordered")
    return step, days.drop(index=days.index[[3, 4, 9]]), {"target": "returned", "time": "ordered"}


@case
def SeasonLag(orders: pd.DataFrame) -> Case:
    days = orders.assign(ordered=pd.date_range("2024-01-01", periods=len(orders)))
    step = mlsys.SeasonLag((), "price", season="7D", horizon=3, seasons=2, time="ordered")
    return step, days, {"target": "returned", "time": "ordered"}


@case
def TrainForecast(orders: pd.DataFrame) -> Case:
    from sklearn.linear_model import Ridge

    frame = numbers(orders).assign(steps_ahead=1 + orders["hour"] % 2, returned=orders["returned"] * 1.0)
    return mlsys.TrainForecast(Ridge(), strategy="per_horizon", coverage=0.8), frame, ROLES


@case
def Calibrate(orders: pd.DataFrame) -> Case:
    return mlsys.Calibrate(), orders, ROLES


@case
def Evaluate(orders: pd.DataFrame) -> Case:
    parts = {"train": orders.iloc[:200], "validation": orders.iloc[200:]}
    return mlsys.Evaluate(metrics=["roc_auc", "recall"], slices=["country"]), parts, {"target": "returned"}


@case
def PartialDependence(orders: pd.DataFrame) -> Case:
    parts = {"train": orders.iloc[:200], "validation": orders.iloc[200:]}
    return mlsys.PartialDependence(), parts, {"target": "returned"}


@case
def FeatureImportance(orders: pd.DataFrame) -> Case:
    parts = {"train": orders.iloc[:200], "validation": orders.iloc[200:]}
    return mlsys.FeatureImportance(), parts, {"target": "returned"}


@case
def PerturbationTest(orders: pd.DataFrame) -> Case:
    parts = {"train": orders.iloc[:200], "validation": orders.iloc[200:]}
    return mlsys.PerturbationTest("typos", ["country"]), parts, {"target": "returned"}


@case
def WeakSpotSearch(orders: pd.DataFrame) -> Case:
    parts = {"train": orders.iloc[:200], "validation": orders.iloc[200:]}
    return mlsys.WeakSpotSearch(tries=3), parts, {"target": "returned"}


@case
def InvarianceTest(orders: pd.DataFrame) -> Case:
    parts = {"train": orders.iloc[:200], "validation": orders.iloc[200:]}
    return mlsys.InvarianceTest("country"), parts, {"target": "returned"}


@case
def DirectionalTest(orders: pd.DataFrame) -> Case:
    parts = {"train": orders.iloc[:200], "validation": orders.iloc[200:]}
    return mlsys.DirectionalTest("price", "up"), parts, {"target": "returned"}


@case
def FindSlices(orders: pd.DataFrame) -> Case:
    parts = {"train": orders.iloc[:200], "validation": orders.iloc[200:]}
    return mlsys.FindSlices("recall", smallest=5), parts, {"target": "returned"}


@case
def FeatureGeneralization(orders: pd.DataFrame) -> Case:
    parts = {"train": orders.iloc[:200], "validation": orders.iloc[200:]}
    return mlsys.FeatureGeneralization(), parts, {"target": "returned"}


@case
def DetectDrift(orders: pd.DataFrame) -> Case:
    parts = {"train": orders.iloc[:200], "validation": orders.iloc[200:]}
    return mlsys.DetectDrift(), parts, {"target": "returned"}


LONG = {"Prepare", "Prepare_3"}
"""Other settings of steps that stand in the table once more."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] if name in LONG else []) for name in CASES]
)
def test_public_steps_keep_their_promises(name: str, orders: pd.DataFrame, tmp_path: Path) -> None:
    step, data, roles = CASES[name](orders)
    report = check_step(step, data, raise_on_failure=False, **roles)
    assert type(step).__name__ == name.split("_", maxsplit=1)[0]
    assert report.failed == (), report
    assert report.warned == WARNINGS.get(name, ()), report


def test_no_public_step_is_left_out() -> None:
    assert set(public_steps()) == {name.split("_", maxsplit=1)[0] for name in CASES}
