"""Each finding about a step says what mends its own cause: the table is gone over, cause by cause."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from mlsys import (
    AsOfJoin,
    Derive,
    History,
    Label,
    Pipeline,
    Postprocess,
    PredefinedSplit,
    RandomSplit,
    Reshape,
    StratifiedSplit,
    Transform,
)
from mlsys.errors import Finding
from mlsys.findings import TABLE as KNOWN
from mlsys.leakage.remedies import CAUSES, REMEDIES, advised

ROWS = 400
SOURCE = Path(__file__).parents[2] / "src" / "mlsys"
GIVEN_BY = ("REMEDIES[", "advised(", "_remedy(", ".remedy")
"""What takes a remedy from the table; text that stands in a message is none."""


def sales() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    price = rng.gamma(2.0, 20.0, ROWS)
    return pd.DataFrame(
        {
            "order": range(ROWS),
            "price": price,
            "country": rng.choice(["DE", "FR", "PL"], ROWS),
            "shop": rng.integers(0, 40, ROWS),
            "at": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(ROWS), "h"),
            "late": (rng.random(ROWS) < 1 / (1 + np.exp(-(price - 40) / 20))).astype(int),
        }
    )


def rate_by_shop(frame):
    return frame.groupby("shop")["late"].transform("mean")


class LooksAhead(History):
    by: str = "shop"

    def apply(self, frame, past):
        return frame.assign(z=frame.groupby("shop")["price"].shift(-1))


class AsksTooLate(AsOfJoin):
    def apply(self, frame, /):
        return super().apply(frame.assign(at=frame["at"] + pd.Timedelta("24h"))).assign(at=frame["at"])


class Centred(Reshape):
    def reshape(self, frame):
        rows = pd.DataFrame(frame)
        return rows.assign(z=rows["price"] - rows["price"].mean())


class HoldsItsLabel(Reshape):
    """A window that ends with the row."""

    def reshape(self, frame):
        rows = pd.DataFrame(frame)
        recent = rows.groupby("shop")["late"].transform(lambda each: each.rolling(3, min_periods=1).mean())
        return rows.assign(was_late=rows["late"], z=recent)


class AboveTheMedian(Label):
    def label(self, frame):
        return (frame["price"] > frame["price"].median()).astype(int)


class InSample(Transform):
    def learn(self, train):
        return train.y.groupby(train["shop"]).mean().to_dict()

    def apply(self, frame, rates):
        return frame.assign(z=frame["shop"].map(rates).fillna(0.5))


class OfItsBatch(Transform):
    def learn(self, train):
        return 0.0

    def apply(self, frame, state):
        return frame.assign(z=frame["price"] - frame["price"].mean() - state)


class ReadsLabelsInBulk(Transform):
    def learn(self, train):
        return 0.0

    def apply(self, frame, state):
        return frame.assign(z=frame["late"] * 1.0 if len(frame) > 50 else state)


def weather() -> pd.DataFrame:
    hours = pd.date_range("2024-01-01", periods=ROWS + 48, freq="h")
    return pd.DataFrame({"hour": hours, "z": np.random.default_rng(3).normal(size=len(hours))})


def of_one_row(frame):
    return pd.Series(np.gradient(frame["price"].to_numpy()), index=frame.index)


MEAN = float(sales()["price"].mean())
TABLE = sales()

CASES: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "statistic": (Derive({"z": lambda f: f["price"] - f["price"].mean()}), "LK301", {}),
    "codes": (Derive({"z": lambda f: f["country"].astype("category").cat.codes}), "LK201", {}),
    "order": (Derive({"z": lambda f: f["price"].shift(-1)}), "LK301", {}),
    "past": (LooksAhead("shop"), "LK301", {}),
    "side table": (AsksTooLate(weather(), [], "hour", columns=["z"], known_after="0s"), "LK301", {}),
    "by target": (Derive({"z": rate_by_shop}), "LK301", {}),
    "reshape": (Centred(), "LK301", {"id": "order"}),
    "label": (AboveTheMedian("dear"), "LK301", {"target": "dear", "exclude": ["order", "country", "late"]}),
    "in sample": (InSample(), "LK302", {}),
    "own row": (HoldsItsLabel(), "LK302",
                {"target": "was_late", "id": "order", "exclude": ["late", "country"]}),
    "own label": (ReadsLabelsInBulk(), "LK304", {}),
    "batch": (OfItsBatch(), "LK303", {}),
    "alone": (Derive({"z": of_one_row}), "LK202", {}),
    "held": (Derive({"z": lambda f: f["price"] - MEAN}), "LK220", {}),
    "held rows": (Derive({"z": lambda f: f["price"] - TABLE["price"].mean()}), "LK221", {}),
}  # fmt: skip


def missing_filled(f: pd.DataFrame) -> pd.DataFrame:
    gaps = f["price"].where(np.random.default_rng(1).random(ROWS) < 0.8)
    return f.assign(z=gaps.fillna(gaps.mean()))


def cut_at_the_ends(f: pd.DataFrame) -> pd.DataFrame:
    return f.assign(z=f["price"].clip(*f["price"].quantile([0.05, 0.95])))


def coded_by_mean(f: pd.DataFrame) -> pd.DataFrame:
    return f.assign(z=f["shop"].map(f.groupby("shop")["late"].mean()))


def ended_with_itself(f: pd.DataFrame) -> pd.DataFrame:
    return f.assign(z=f["late"].rolling(5, min_periods=1).mean())


def copied(f: pd.DataFrame) -> pd.DataFrame:
    return f.assign(z=f["late"] + np.random.default_rng(2).normal(0, 0.05, ROWS))


def nulled(f: pd.DataFrame) -> pd.DataFrame:
    return f.assign(z=f["price"].where(f["late"] == 1))


def parts_of_a_sum(f: pd.DataFrame) -> pd.DataFrame:
    z = np.random.default_rng(3).gamma(2.0, 9.0, ROWS).round(2)
    return f.assign(z=z, price=f["price"].round(2), total=(f["price"].round(2) + z).round(2))


def predicted_by_a_parabola(f: pd.DataFrame) -> pd.DataFrame:
    return f.assign(z=np.polyval(np.polyfit(f["price"], f["late"], 2), f["price"]))


def taken_apart(f: pd.DataFrame) -> pd.DataFrame:
    directions = np.linalg.svd(f[["price", "shop"]].to_numpy(), full_matrices=False)[0]
    return f.assign(z=directions[:, 0], other=directions[:, 1])


def told_in_two_columns(f: pd.DataFrame) -> pd.DataFrame:
    z = np.random.default_rng(4).integers(0, 2, ROWS)
    return f.assign(z=z, other=z ^ f["late"].to_numpy())


def told_by_a_word(f: pd.DataFrame) -> pd.DataFrame:
    endings = [f"{place} {'refunded' if late else 'sent'}" for place, late in enumerate(f["late"])]
    return f.assign(z=[f"parcel {country} {end}" for country, end in zip(f["country"], endings, strict=True)])


COLUMNS: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "scaled beforehand": (lambda f: f.assign(z=(f["price"] - f["price"].mean()) / f["price"].std()), "LK226", {}),
    "filled beforehand": (missing_filled, "LK226", {}),
    "cut beforehand": (cut_at_the_ends, "LK226", {}),
    "by level beforehand": (
        lambda f: f.assign(z=f.groupby("shop")["price"].transform("mean")), "LK226", {}
    ),
    "encoded beforehand": (coded_by_mean, "LK229", {}),
    "score beforehand": (predicted_by_a_parabola, "LK229", {}),
    "components beforehand": (taken_apart, "LK226", {}),
    "own row": (ended_with_itself, "LK228", {}),
    "late column": (copied, "LK204", {}),
    "nulls": (nulled, "LK206", {}),
    "formula": (parts_of_a_sum, "LK209", {"target": "total", "exclude": ["order", "country", "late", "at"]}),
    "late column, two together": (told_in_two_columns, "LK223", {}),
    "late column, in a text": (told_by_a_word, "LK224", {}),
}  # fmt: skip
"""What came with the data: a column 'z' of the frame."""


def found_of_column(cause: str) -> Finding:
    made, code, roles = COLUMNS[cause]
    roles = {"target": "late", "exclude": ["order", "country", "at"], **roles}
    by_chance = StratifiedSplit() if roles["target"] == "late" else RandomSplit()
    tree = DecisionTreeClassifier(max_depth=3) if roles["target"] == "late" else DecisionTreeRegressor(max_depth=3)
    run = Pipeline([by_chance, tree], **roles).run(made(sales()), track=False, cache=False)
    mine = [finding for finding in run.findings if finding.code == code]
    assert mine, run.findings
    return mine[0]


def found(cause: str) -> Finding:
    step, code, roles = CASES[cause]
    roles = {"target": "late", "time": "at", "exclude": ["order", "country"], **roles}
    roles["exclude"] = [name for name in roles["exclude"] if name != roles.get("id")]
    run = Pipeline([step, DecisionTreeClassifier(max_depth=3)], **roles).run(sales(), track=False, cache=False)
    run.audit_leakage()
    mine = [finding for finding in run.findings if finding.code == code]
    assert mine, run.findings
    return mine[0]


@pytest.mark.quick(every=2)
@pytest.mark.parametrize("cause", CASES)
def test_a_finding_names_step_and_column_and_mends_its_own_cause(cause: str) -> None:
    finding = found(cause)
    assert REMEDIES[cause] in finding.message
    assert not [other for other in REMEDIES.values() if other in finding.message and other not in REMEDIES[cause]]
    assert finding.step and finding.step in finding.message
    named = "dear" if cause == "label" else "z"
    assert cause == "alone" or named in finding.columns
    if finding.code == "LK301":
        assert re.search(r"\d+ of \d+ training rows change", finding.message)


@pytest.mark.quick(every=2)
@pytest.mark.parametrize("cause", COLUMNS)
def test_a_finding_about_a_column_says_how_much_it_carries_and_what_mends_it(cause: str) -> None:
    finding = found_of_column(cause)
    remedy = cause.partition(",")[0]
    assert REMEDIES[remedy] in finding.message and remedy in CAUSES[finding.code]
    assert "z" in finding.columns and "'z'" in finding.message
    assert re.search(r"AUC \d\.\d+|\d+%", finding.message), finding.message


def test_class_weights_of_all_rows_are_mended_by_balanced_weights() -> None:
    frame = sales()
    counts = frame["late"].value_counts()
    model = LogisticRegression(class_weight={each: ROWS / (2 * int(counts[each])) for each in (0, 1)})
    run = Pipeline([RandomSplit(), model], target="late", exclude=["at", "order", "country"]).run(
        frame, track=False, cache=False
    )
    message = next(each.message for each in run.findings if each.code == "LK220")
    assert REMEDIES["class weights"] in message and REMEDIES["held"] not in message


class Above(Postprocess):
    """A threshold that is held, and was not learned here."""

    at: float

    def learn(self, calibration):
        return 0.0

    def apply(self, predictions, state):
        return predictions.assign(prediction=(predictions["probability_1"] >= self.at).astype(int))


def test_a_threshold_chosen_by_judged_rows_is_mended_in_a_postprocess() -> None:
    frame = sales().assign(part=np.repeat(["train", "validation", "test", "train"], ROWS // 4))[
        ["price", "late", "part"]
    ]
    train, judged = (frame[frame["part"] == part] for part in ("train", "validation"))
    said = LogisticRegression().fit(train[["price"]], train["late"]).predict_proba(judged[["price"]])[:, 1]
    steps = [PredefinedSplit("part"), LogisticRegression(), Above(float(np.sort(said)[20]))]
    run = Pipeline(steps, target="late").run(frame, track=False, cache=False)
    found = [each for each in run.findings if each.code == "LK220"]
    assert [each.step for each in found] == ["Above"] and REMEDIES["held predictions"] in found[0].message


def test_every_code_of_leakage_has_its_causes_and_every_cause_its_remedy() -> None:
    assert set(CAUSES) == {each.code for each in KNOWN if each.code.startswith("LK")}
    assert {cause for causes in CAUSES.values() for cause in causes} == set(REMEDIES)
    said = [REMEDIES[cause] for cause in REMEDIES]
    assert all(len(each) > 10 and each.strip().rstrip(".") == each for each in said)


def findings_in_source() -> Iterator[tuple[str, str, str]]:
    """Yield file, code and text of each place that makes a finding about leakage, with the functions it calls there."""
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = {each.name: each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}
        for function in functions.values():
            called = [each.func.id for each in ast.walk(function)
                      if isinstance(each, ast.Call) and isinstance(each.func, ast.Name)]  # fmt: skip
            text = "\n".join(ast.unparse(functions[name]) for name in {function.name, *called} if name in functions)
            for call in (each for each in ast.walk(function) if isinstance(each, ast.Call)):
                if isinstance(call.func, ast.Name) and call.func.id == "Finding" and call.args:
                    code = ast.unparse(call.args[0])
                    if code.startswith("'LK") or ("'" not in code and "LK" in path.read_text(encoding="utf-8")):
                        yield path.name, code, text


def test_no_message_about_leakage_is_written_without_a_remedy_of_the_table() -> None:
    places = list(findings_in_source())
    assert len(places) > 30
    without = [(file, code) for file, code, text in places if not any(word in text for word in GIVEN_BY)]
    assert without == []


def test_every_cause_is_given_somewhere() -> None:
    texts = (path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py") if path.name != "remedies.py")
    sources = "\n".join([*texts, inspect.getsource(advised)])
    assert [cause for cause in REMEDIES if f'"{cause}"' not in sources and f"'{cause}'" not in sources] == []


def test_clusters_of_all_rows_are_not_called_rows_of_the_data() -> None:
    frame = sales()
    clusters = KMeans(8, n_init=1, random_state=0).fit(frame[["price"]].to_numpy())
    step = Derive({"z": lambda f: clusters.predict(f[["price"]].to_numpy())})
    pipeline = Pipeline(
        [step, DecisionTreeClassifier(max_depth=3)], target="late", time="at", exclude=["order", "country"]
    )
    run = pipeline.run(frame, track=False, cache=False)
    told = {finding.code: finding.message for finding in run.findings if finding.step == "Derive"}
    assert "LK221" not in told and set(told) & {"LK220", "LK222"}, told
