"""The data of the cases: small tables with a cause, made from seeds."""

from __future__ import annotations

import numpy as np
import pandas as pd

CITIES = ("Bonn", "Brest", "Essen", "Gent", "Graz", "Lille", "Lodz", "Metz", "Nice", "Porto", "Turin", "Varna")
TOPICS = ("late parcel", "broken screen", "wrong invoice", "lost password", "missing part", "slow refund")


def drawn(rng: np.random.Generator, score: np.ndarray) -> np.ndarray:
    """Draw 0 or 1 with the probability that a score in log-odds stands for."""
    return (rng.random(len(score)) < 1 / (1 + np.exp(-score))).astype(int)


def orders(rows: int = 2_400, seed: int = 11) -> pd.DataFrame:
    """Orders of a shop, one row each; the target is ``returned``."""
    rng = np.random.default_rng(seed)
    distance = rng.gamma(2.0, 9.0, rows)
    items = rng.integers(1, 9, rows)
    age = np.where(rng.random(rows) < 0.08, np.nan, rng.normal(42, 12, rows))
    city = rng.choice(CITIES, rows)
    channel = rng.choice(["web", "app", "shop"], rows, p=[0.5, 0.3, 0.2])
    amount = (items * rng.gamma(3.0, 7.0, rows)).round(2)
    score = 0.04 * (distance - 18) + 0.15 * (items - 4) + 0.6 * (channel == "app") + 0.3 * (city < "Graz") - 1.1
    return pd.DataFrame(
        {
            "order": [f"O{number:06d}" for number in rng.permutation(10 * rows)[:rows]],
            "distance": distance,
            "items": items,
            "amount": amount,
            "age": age,
            "city": pd.Series(city, dtype="str"),
            "channel": pd.Series(channel, dtype="str"),
            "returned": drawn(rng, score),
        }
    )


def purchases(rows: int = 2_400, seed: int = 12) -> pd.DataFrame:
    """Purchases of 300 customers over a year, in order of time; the target is ``returned``."""
    rng = np.random.default_rng(seed)
    frame = orders(rows, seed)
    customer = rng.integers(0, 300, rows)
    habit = rng.normal(0, 0.9, 300)
    frame["customer"] = pd.Series([f"C{number:04d}" for number in customer], dtype="str")
    frame["ordered"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 365 * 1440, rows)), "min")
    frame["returned"] = drawn(rng, habit[customer] + 0.03 * (frame["distance"].to_numpy() - 18) - 0.4)
    return frame


def specimens(rows: int = 1_500, seed: int = 13) -> pd.DataFrame:
    """Measured specimens, six numbers each; the target is ``defect``."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, (rows, 6)) @ (np.eye(6) + 0.3)
    frame = pd.DataFrame(values, columns=["length", "width", "mass", "gloss", "tension", "hardness"])
    frame["defect"] = drawn(rng, 0.6 * values[:, 0] - 0.5 * values[:, 3] - 0.6)
    return frame


def genes(rows: int = 1_000, columns: int = 60, seed: int = 14) -> pd.DataFrame:
    """Expression of 60 genes, five of which have a weak cause; the target is ``relapse``."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, (rows, columns))
    frame = pd.DataFrame(values, columns=[f"gene_{number:02d}" for number in range(columns)])
    frame["relapse"] = drawn(rng, 0.5 * values[:, :5].sum(axis=1))
    return frame


def rare(rows: int = 2_000, seed: int = 15) -> pd.DataFrame:
    """Transactions of which one in twelve is a ``fraud``."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(0, 1, (rows, 6)), columns=["hour", "sum", "speed", "range", "tenure", "risk"])
    frame["fraud"] = drawn(rng, 0.7 * frame["sum"].to_numpy() + 0.6 * frame["risk"].to_numpy() - 2.9)
    return frame


def tickets(rows: int = 1_200, seed: int = 16) -> pd.DataFrame:
    """Texts of customers, 25 words each; the target is ``escalated``."""
    rng = np.random.default_rng(seed)
    heads, tails = "ba co du fe gi lo mu na", "rak sil tor ven wim xal yor zen mik pol ruf dan"
    words = np.array([head + tail for head in heads.split() for tail in tails.split()])
    topic = rng.integers(0, len(TOPICS), rows)
    texts = [f"{TOPICS[t]} {' '.join(rng.choice(words, 25))}" for t in topic]
    urgency = rng.normal(0, 1, rows)
    return pd.DataFrame(
        {
            "text": pd.Series(texts, dtype="str"),
            "urgency": urgency,
            "escalated": drawn(rng, 0.9 * urgency + 0.5 * (topic < 2) - 0.3),
        }
    )


def hours(rows: int = 2_600, seed: int = 17) -> pd.DataFrame:
    """Demand for power, a row an hour; the target is ``peak``, which follows from ``demand``."""
    rng = np.random.default_rng(seed)
    time = pd.date_range("2024-01-01", periods=rows, freq="h")
    slow = np.cumsum(rng.normal(0, 0.15, rows))
    temperature = 9 + 6 * np.sin(2 * np.pi * (time.hour - 9) / 24) + slow + rng.normal(0, 0.8, rows)
    wind = np.abs(rng.normal(5, 2, rows))
    demand = 60 - 1.1 * (temperature - 9) + 0.8 * wind + rng.normal(0, 10, rows)
    return pd.DataFrame(
        {
            "time": time,
            "station": pd.Series(["north"] * rows, dtype="str"),
            "temperature": temperature,
            "wind": wind,
            "humidity": np.where(rng.random(rows) < 0.06, np.nan, rng.normal(70, 12, rows)),
            "hour": time.hour.astype("int64"),
            "demand": demand,
            "peak": (demand > 68.0).astype(int),
        }
    )


def visits(patients: int = 300, seed: int = 18) -> pd.DataFrame:
    """Six visits of each patient; the target is ``relapse``, which goes with the patient."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), 6)
    frailty, age = rng.normal(0, 1.3, patients), rng.normal(58, 12, patients)
    rows = len(patient)
    frame = pd.DataFrame(
        {
            "patient": pd.Series([f"P{number:04d}" for number in patient], dtype="str"),
            "visit": np.tile(np.arange(1, 7), patients),
            "age": age[patient].round(),
            "pressure": 125 + 6 * frailty[patient] + rng.normal(0, 9, rows),
            "glucose": 5.5 + 0.3 * frailty[patient] + rng.normal(0, 0.8, rows),
            "weight": rng.normal(75, 12, patients)[patient] + rng.normal(0, 1.5, rows),
        }
    )
    frame["relapse"] = drawn(rng, frailty[patient] + 0.02 * (frame["pressure"].to_numpy() - 125) - 0.4)
    return frame.sample(frac=1.0, random_state=seed, ignore_index=True)


def returns(rows: int = 1_600, seed: int = 19) -> pd.DataFrame:
    """A price, a row a day; whether it stands ``higher`` thirty days later is known thirty days later."""
    rng = np.random.default_rng(seed)
    day = pd.date_range("2019-01-01", periods=rows + 30)
    change = rng.normal(0.0003, 0.01, rows + 30)
    price = 100 * np.exp(np.cumsum(change))
    series = pd.Series(price)
    frame = pd.DataFrame(
        {
            "day": day,
            "momentum": series.pct_change(20, fill_method=None).fillna(0.0),
            "spread": pd.Series(change).rolling(15, min_periods=1).std().fillna(0.01),
            "volume": rng.gamma(3.0, 1.0, rows + 30),
            "later": series.shift(-30) / series - 1,
            "settles": day + pd.Timedelta("30D"),
        }
    )
    return frame.iloc[:rows].reset_index(drop=True)
