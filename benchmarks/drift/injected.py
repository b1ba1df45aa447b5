"""Detectors on errors of classifiers whose task changes: SEA, Agrawal, and drift put into Elec2, weather and bikes.

Run: ``OMP_NUM_THREADS=1 python benchmarks/drift/injected.py --data /path/to/drift`` (15 minutes of one core); the
folder holds ``elec2.csv``, ``noaa_weather.csv`` (scikit-multiflow) and ``bike_sharing_dataset.zip`` (UCI). It needs
river; ``--frouros PYTHON`` names an environment with frouros, which is made and removed otherwise.
Writes ``docs/benchmarks/injected.rst``.
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from river.datasets import synth
from sklearn.ensemble import HistGradientBoostingClassifier

sys.path.insert(0, str(Path(__file__).parents[1]))
from measuring import peers, table, write_page
from mlsys import LossDetector
from streams_of_losses import EVERY, Alarms, alarms_of, ours

COMMAND = "OMP_NUM_THREADS=1 python benchmarks/drift/injected.py --data drift"
FROUROS = "frouros==0.9.0"
LEARNED, REFERENCE, BEFORE, AFTER = 1_000, 1_000, 2_000, 2_000
MEAN_TIME = 50_000
RIVERS = ["ADWIN", "PageHinkley", "DDM", "HDDM_A"]
Part = tuple[np.ndarray, np.ndarray]
Source = Callable[[np.random.Generator, int], tuple[Part, Part]]
TEXT = """
Gradient-boosted trees learn from {learned:,} rows; the errors on {before:,} rows before a change of the task and
{after:,} after it are the stream. {times} streams each. ``LossDetector.fit`` learns what the error rate is from
{reference:,} further rows, with ``mean_time_between_false_alarms={mean_time:,}``: at most 4 % of streams may have an
alarm before the change, and 1 % more because the rate is learned. Detectors of river and frouros have their defaults.

* *SEA* (Street and Kim 2001): the threshold goes from 8 to 13, with 10 % noise.
* *Agrawal* (Agrawal et al. 1993): from the first to the third function.
* *Elec2, weather, bikes*: real rows in random order, so that nothing else changes; later labels are turned where the
  first feature is in its upper quarter, at once, or (*slowly*) with a probability that rises over 1,000 rows.

A cell is: streams with an alarm before the change / changes missed / median delay in rows.

{lines}

*never* and *every {every}* are dummies: they show what each of the three figures alone is worth.
"""


def sea(rng: np.random.Generator, many: int) -> tuple[Part, Part]:
    def rows(limit: float) -> Part:
        x = rng.uniform(0, 10, (many, 3))
        return x, (x[:, 0] + x[:, 1] > limit) ^ (rng.random(many) < 0.1)

    return rows(8.0), rows(13.0)


def agrawal(rng: np.random.Generator, many: int) -> tuple[Part, Part]:
    def rows(function: int) -> Part:
        made = synth.Agrawal(classification_function=function, seed=int(rng.integers(2**31)))
        both = [(list(x.values()), y) for x, y in islice(made, many)]
        return np.array([x for x, _ in both], dtype=float), np.array([y for _, y in both]) == 1

    return rows(0), rows(2)


def turned(frame: pd.DataFrame, slowly: bool) -> Source:
    """Return a source that turns labels in a quarter of the rows after the change."""
    x, y = frame.drop(columns="target").to_numpy(dtype=float), frame["target"].to_numpy() == 1
    high = x[:, 0] > np.quantile(x[:, 0], 0.75)

    def source(rng: np.random.Generator, many: int) -> tuple[Part, Part]:
        first, second = (rng.choice(len(x), many, replace=False) for _ in range(2))
        chance = np.minimum(np.arange(many) / 1_000, 1.0) if slowly else np.ones(many)
        return (x[first], y[first]), (x[second], y[second] ^ (high[second] & (rng.random(many) < chance)))

    return source


def sources(folder: Path) -> dict[str, Source]:
    electricity = pd.read_csv(folder / "elec2.csv")[["feat_3", "feat_1", "feat_2", "feat_5", "feat_6", "target"]]
    weather = pd.read_csv(folder / "noaa_weather.csv")
    with zipfile.ZipFile(folder / "bike_sharing_dataset.zip") as archive, archive.open("hour.csv") as file:
        hours = pd.read_csv(file)
    bikes = hours[["temp", "hr", "workingday", "hum", "windspeed", "weathersit"]]
    bikes = bikes.assign(target=(hours["cnt"] > hours["cnt"].median()).astype(int))
    return {
        "SEA": sea, "Agrawal": agrawal, "Elec2": turned(electricity, slowly=False),
        "Elec2, slowly": turned(electricity, slowly=True), "weather": turned(weather, slowly=False),
        "bikes": turned(bikes, slowly=False),
    }  # fmt: skip


def streams(source: Source, times: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the errors of reference rows, and the stream."""
    for number in range(times):
        rng = np.random.default_rng([7, number])
        (x, y), (x_after, y_after) = source(rng, LEARNED + REFERENCE + BEFORE)
        model = HistGradientBoostingClassifier(max_iter=30, random_state=0).fit(x[:LEARNED], y[:LEARNED])
        before = model.predict(x[LEARNED:]) != y[LEARNED:]
        after = model.predict(x_after[:AFTER]) != y_after[:AFTER]
        yield before[:REFERENCE], np.r_[before[REFERENCE:], after]


def cell(alarms: Alarms) -> str:
    before = np.mean([any(at <= BEFORE for at in found) for found in alarms])
    delays = np.array([min((at - BEFORE for at in found if at > BEFORE), default=np.inf) for found in alarms])
    middle = np.median(delays)
    return f"{before:.0%} / {np.isinf(delays).mean():.0%} / {f'{middle:,.0f}' if np.isfinite(middle) else 'never'}"


def compared(source: Source, times: int, python: str) -> dict[str, str]:
    made = list(streams(source, times))
    references, both = (np.array([each[place] for each in made]) for place in (0, 1))
    found = {
        "LossDetector": ours(
            both,
            lambda number: LossDetector.fit(references[number], mean_time_between_false_alarms=MEAN_TIME),
        ),
        **alarms_of(sys.executable, both, RIVERS),
        **alarms_of(python, both, RIVERS, Path(__file__).parent / "frouros_detectors.py"),
        "never": [[]] * times, f"every {EVERY}": [list(range(EVERY, both.shape[1], EVERY))] * times,
    }  # fmt: skip
    return {name: cell(alarms) for name, alarms in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--times", type=int, default=200, help="streams of each source")
    parser.add_argument("--frouros", help="a Python that has frouros")
    given = parser.parse_args()
    found = {}
    with peers([FROUROS], given.frouros) as python:
        for name, source in sources(given.data).items():
            found[name] = compared(source, given.times, python)
            print(name, found[name], file=sys.stderr)
    names = list(next(iter(found.values())))
    lines = table(["detector", *found], [[name, *(each[name] for each in found.values())] for name in names])
    text = TEXT.format(
        learned=LEARNED, reference=REFERENCE, before=BEFORE, after=AFTER, times=given.times, mean_time=MEAN_TIME,
        every=EVERY, lines=lines,
    )  # fmt: skip
    command = COMMAND if given.times == parser.get_default("times") else f"{COMMAND} --times {given.times}"
    write_page("injected", "Errors of classifiers whose task changes", command, text)


if __name__ == "__main__":
    main()
