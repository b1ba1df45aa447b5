"""The data of the second hundred cases: made from seeds, or read from packages that carry real tables."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets

from leakbench.tables import drawn


def loans(rows: int = 2_400, seed: int = 41, zips: int = 150, strength: float = 1.0) -> pd.DataFrame:
    """Loans of many districts; the target is ``default``. The districts' risks are the same whatever the seed."""
    risk = np.random.default_rng(7).normal(0, strength, zips)
    rng = np.random.default_rng(seed)
    place = rng.integers(0, zips, rows)
    frame = pd.DataFrame(
        {
            "loan": [f"L{number:06d}" for number in rng.permutation(9 * rows)[:rows]],
            "zip": pd.Series([f"Z{number:03d}" for number in place], dtype="str"),
            "income": rng.lognormal(7.8, 0.4, rows).round(2),
            "amount": rng.lognormal(8.9, 0.6, rows).round(2),
            "years": rng.integers(1, 9, rows),
            "purpose": pd.Series(rng.choice(["car", "home", "study", "other"], rows), dtype="str"),
        }
    )
    burden = np.log(frame["amount"] / frame["income"]).to_numpy() - 1.1
    frame["default"] = drawn(rng, risk[place] + 0.7 * burden - 0.8)
    return frame


def clients(rows: int = 2_000, seed: int = 42) -> pd.DataFrame:
    """Clients of a gym; the target is ``left``, with a modest honest signal."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "client": [f"K{number:06d}" for number in rng.permutation(9 * rows)[:rows]],
            "months": rng.gamma(2.0, 11.0, rows).round(1),
            "fee": rng.normal(48, 12, rows).round(2),
            "visits": rng.poisson(3.1, rows),
            "distance": rng.lognormal(1.2, 0.6, rows).round(3),
            "tariff": pd.Series(rng.choice(["off-peak", "full", "family"], rows, p=[0.4, 0.4, 0.2]), dtype="str"),
        }
    )
    score = 0.5 - 0.02 * frame["months"] - 0.25 * (frame["visits"] - 3) + 0.015 * (frame["fee"] - 48)
    frame["left"] = drawn(rng, score.to_numpy() - 0.6)
    return frame


def recordings(patients: int = 110, each: int = 12, seed: int = 43) -> pd.DataFrame:
    """Recordings of patients: bands carry the patient's own signature, and the diagnosis is the patient's."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), each)
    own, ill = rng.normal(0, 1, (patients, 6)), (rng.random(patients) < 0.5).astype(int)
    bands = own[patient] + rng.normal(0, 0.5, (len(patient), 6)) + 0.2 * ill[patient][:, None]
    frame = pd.DataFrame(bands, columns=[f"band_{number}" for number in range(6)])
    frame["patient"] = pd.Series([f"P{number:03d}" for number in patient], dtype="str")
    frame["ill"] = ill[patient]
    return frame.sample(frac=1.0, random_state=seed, ignore_index=True)


def machines(count: int = 45, each: int = 44, seed: int = 44) -> pd.DataFrame:
    """A reading a day of machines that fail now and then, in order of time; the outcome is ``alarm``."""
    rng = np.random.default_rng(seed)
    wear = np.zeros(count)
    parts = []
    for day in range(each):
        wear += rng.gamma(1.0, 0.1, count)
        alarm = rng.random(count) < np.minimum(0.5, 0.04 + 0.06 * wear)
        parts.append(
            pd.DataFrame(
                {
                    "machine": pd.Series([f"M{number:02d}" for number in range(count)], dtype="str"),
                    "day": pd.Timestamp("2024-01-01") + pd.Timedelta(days=day),
                    "vibration": 20 + 3 * wear + rng.normal(0, 4, count),
                    "pressure": rng.normal(1.0, 0.2, count),
                    "alarm": alarm.astype(int),
                }
            )
        )
        wear[alarm] = 0.0
    frame = pd.concat(parts, ignore_index=True)
    frame.insert(0, "reading", np.arange(len(frame)) * 5 + 70_000)
    return frame


def homes(rows: int = 1_800, seed: int = 45) -> pd.DataFrame:
    """Homes sold; the target is the ``price``."""
    rng = np.random.default_rng(seed)
    area = rng.gamma(9.0, 9.0, rows).round(1) + 20
    rooms = np.maximum(1, (area / 26 + rng.normal(0, 0.8, rows)).round()).astype(int)
    age, distance = rng.integers(0, 110, rows), rng.gamma(2.0, 3.0, rows).round(2)
    rate = 4200 * np.exp(-0.05 * distance - 0.004 * age + rng.normal(0, 0.22, rows))
    return pd.DataFrame(
        {
            "home": [f"H{number:06d}" for number in rng.permutation(9 * rows)[:rows]],
            "area": area,
            "rooms": rooms,
            "age": age,
            "distance": distance,
            "garden": rng.integers(0, 2, rows),
            "price": (area * rate).round(),
        }
    )


def notes(rows: int = 1_500, seed: int = 46, telling: float = 0.0) -> pd.DataFrame:
    """Notes of a help desk; the target is ``refunded``. A share of those ends with a word written afterwards."""
    rng = np.random.default_rng(seed)
    heads, tails = "ka le mo nu pa ri so tu", "bar del fin gol hun jes kip lor mas not"
    words = np.array([head + tail for head in heads.split() for tail in tails.split()])
    wait, topic = rng.gamma(2.0, 2.0, rows), rng.integers(0, 4, rows)
    refunded = drawn(rng, 0.35 * (wait - 4) + 0.8 * (topic == 1) - 0.5)
    opening = np.array(["parcel late", "screen broken", "invoice wrong", "login lost"])[topic]
    texts = [f"{start} {' '.join(rng.choice(words, 14))}" for start in opening]
    ended = (refunded == 1) & (rng.random(rows) < telling)
    texts = [f"{text} reimbursed" if end else text for text, end in zip(texts, ended, strict=True)]
    return pd.DataFrame({"note": pd.Series(texts, dtype="str"), "wait": wait.round(2), "refunded": refunded})


def windows(recordings: int = 60, each: int = 26, seed: int = 47) -> pd.DataFrame:
    """Overlapping windows of long signals, their mean, spread and slope; the target is the signal's ``fault``."""
    rng = np.random.default_rng(seed)
    parts = []
    for number in range(recordings):
        fault = int(rng.random() < 0.5)
        signal = np.cumsum(rng.normal(0, 0.25, 20 + 6 * each)) + rng.normal(0, 0.8, 20 + 6 * each) + 0.5 * fault
        cut = [signal[6 * place : 6 * place + 20] for place in range(each)]
        parts.append(
            pd.DataFrame(
                {
                    "signal": f"S{number:02d}",
                    "mean": [piece.mean() for piece in cut],
                    "spread": [piece.std() for piece in cut],
                    "slope": [np.polyfit(np.arange(20), piece, 1)[0] for piece in cut],
                    "highest": [piece.max() for piece in cut],
                    "fault": fault,
                }
            )
        )
    return pd.concat(parts, ignore_index=True).sample(frac=1.0, random_state=seed, ignore_index=True)


def matches(count: int = 1_100, seed: int = 48) -> pd.DataFrame:
    """Matches of two sides drawn by chance; the target is whether the first one ``won``."""
    rng = np.random.default_rng(seed)
    home, away = rng.normal(0, 1, (count, 4)), rng.normal(0, 1, (count, 4))
    weights = np.array([0.5, -0.3, 0.2, 0.1])
    names = ("speed", "height", "rank", "rest")
    frame = pd.DataFrame({f"{name}_a": home[:, place] for place, name in enumerate(names)})
    frame = frame.assign(**{f"{name}_b": away[:, place] for place, name in enumerate(names)})
    frame["won"] = drawn(rng, (home - away) @ weights + rng.normal(0, 1.5, count))
    return frame


def demand(rows: int = 2_000, seed: int = 49) -> pd.DataFrame:
    """Hourly load of a plant with daily shape and memory; the target is ``load``."""
    rng = np.random.default_rng(seed)
    at = pd.date_range("2024-03-01", periods=rows, freq="h")
    pushed, noise = rng.normal(0, 3, rows), np.zeros(rows)
    for place in range(1, rows):
        noise[place] = 0.9 * noise[place - 1] + pushed[place]
    temperature = 12 + 8 * np.sin(2 * np.pi * np.arange(rows) / 24) + rng.normal(0, 2, rows)
    level = np.repeat(rng.normal(0, 8, rows // 24 + 1), 24)[:rows]
    load = 120 + 20 * np.sin(2 * np.pi * (np.arange(rows) - 5) / 24) + noise + level + 0.4 * temperature
    return pd.DataFrame(
        {
            "hour_id": np.arange(rows) * 7 + 40_000,
            "at": at,
            "day": pd.Series(at.strftime("%Y-%m-%d"), dtype="str"),
            "n": np.arange(rows, dtype="float64"),
            "temperature": temperature,
            "hour": at.hour.astype("int64"),
            "wind": rng.gamma(2.0, 3.0, rows),
            "load": load,
        }
    )


def biopsies() -> pd.DataFrame:
    """Real: 569 tumours of Wisconsin, whose means only are kept; the target is ``benign``."""
    frame: pd.DataFrame = datasets.load_breast_cancer(as_frame=True).frame
    kept = [name for name in frame.columns if name.startswith("mean ")]
    return frame[[*kept, "target"]].rename(columns={"target": "benign"})


def diabetes() -> pd.DataFrame:
    """Real: 442 patients; the target is the ``progression`` a year later."""
    frame: pd.DataFrame = datasets.load_diabetes(as_frame=True, scaled=False).frame
    return frame.rename(columns={"target": "progression"})


def wine() -> pd.DataFrame:
    """Real: 178 wines of three growers; the target is the ``grower``."""
    frame: pd.DataFrame = datasets.load_wine(as_frame=True).frame
    names = np.array(["first", "second", "third"])
    return frame.drop(columns="target").assign(grower=pd.Series(names[frame["target"]], dtype="str"))


def digits() -> pd.DataFrame:
    """Real: 1,797 handwritten digits of 8 by 8 pixels; the target is ``even``."""
    frame: pd.DataFrame = datasets.load_digits(as_frame=True).frame
    even = (frame["target"] % 2 == 0).astype(int)
    return frame.drop(columns="target").assign(even=even)


@functools.lru_cache(maxsize=1)
def _vega() -> Path:
    import vega_datasets

    return Path(vega_datasets.__file__).parent / "_data"


def cars() -> pd.DataFrame:
    """Real: 398 cars of the seventies; the target is ``mpg``."""
    frame = pd.read_json(_vega() / "cars.json").dropna(subset=["Miles_per_Gallon"]).reset_index(drop=True)
    frame = frame.rename(columns=str.lower).rename(columns={"miles_per_gallon": "mpg", "weight_in_lbs": "weight"})
    frame["year"] = pd.to_datetime(frame["year"]).dt.year
    return frame.drop(columns="name").astype({"origin": "str"})


def weather() -> pd.DataFrame:
    """Real: four years of weather in Seattle, a row a day; the target is whether it ``rained``."""
    frame = pd.read_csv(_vega() / "seattle-weather.csv", parse_dates=["date"])
    frame["rained"] = (frame["precipitation"] > 0).astype(int)
    return frame.drop(columns="weather").assign(month=frame["date"].dt.month)


def temperatures(rows: int = 3_000) -> pd.DataFrame:
    """Real: hourly temperatures of San Francisco; the target is ``warm``, above 56 degrees."""
    frame = pd.read_csv(_vega() / "sf-temps.csv", parse_dates=["date"]).iloc[:rows]
    at = frame["date"]
    place = np.arange(len(frame))
    return pd.DataFrame(
        {
            "reading": place * 3 + 9_000,
            "at": at,
            "n": place.astype("float64"),
            "hour": at.dt.hour,
            "day": at.dt.day_of_year,
            "temperature": frame["temp"],
            "warm": (frame["temp"] > 56).astype(int),
        }
    ).drop_duplicates("at", ignore_index=True)
