"""Samples: how fast they are drawn, how often their intervals hold, and how much bias raking takes away.

A reservoir of 10,000 of 10 million rows beside Algorithm R in Python; 10,000 of a million rows in proportion to size
beside ``pandas.DataFrame.sample``; means and totals of a population from 1,000 draws of each design; a quota sample of
who answers first, before and after raking. Everything is paired: the same rows, one process, in turn.

Run: ``python benchmarks/sampling.py``, about four minutes; ``--draws`` and ``--rows`` make it shorter.
Writes ``docs/benchmarks/sampling.rst``.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

import mlsys
from measuring import ratios, spread, table, write_page

PIECE, KEPT, ROUNDS = 1_000_000, 10_000, 5
SHARES = {"sex": {"f": 0.5, "m": 0.5}, "age": {"old": 0.4, "young": 0.6}}
DESIGNS: dict[str, Callable[[int], Any]] = {
    "RandomSample(300)": lambda seed: mlsys.RandomSample(300, seed=seed),
    "HashSample(300)": lambda seed: mlsys.HashSample(300, seed=seed),
    "HashSample(300, size=)": lambda seed: mlsys.HashSample(300, seed=seed, size="turnover"),
    "ReservoirSample(300)": lambda seed: mlsys.ReservoirSample(300, seed=seed),
    "ReservoirSample(300, size=)": lambda seed: mlsys.ReservoirSample(300, seed=seed, size="turnover"),
    "WeightedSample(300)": lambda seed: mlsys.WeightedSample(300, size="turnover", seed=seed),
    "ImportanceSample(300)": lambda seed: mlsys.ImportanceSample(300, importance="turnover", even=0.3, seed=seed),
    "StratifiedSample(300), proportional": lambda seed: mlsys.StratifiedSample("region", rows=300, seed=seed),
    "StratifiedSample(300), Neyman": lambda seed: mlsys.StratifiedSample(
        "region", rows=300, allocation="neyman", spread="turnover", seed=seed
    ),
    "ClusterSample(60 of 600)": lambda seed: mlsys.ClusterSample("street", clusters=60, seed=seed),
    "TwoStageSample(60 of 600, 6 of each)": lambda seed: mlsys.TwoStageSample("street", clusters=60, rows=6, seed=seed),
}


def seconds(work: Callable[[], object]) -> float:
    """Seconds of the processor for a piece of work."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def in_turn(works: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Seconds of each, A B A B, after one round that is not counted."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds + 1):
        for name, work in works.items():
            taken = seconds(work)
            if turn:
                found[name].append(taken)
    return found


def pieces(rows: int) -> list[pd.DataFrame]:
    """A stream in frames."""
    return [pd.DataFrame({"x": np.arange(start, start + PIECE)}) for start in range(0, rows, PIECE)]


def algorithm_r(stream: Iterator[int]) -> list[int]:
    """Return a reservoir: each row is drawn for (Vitter 1985, Algorithm R)."""
    draw, kept = random.Random(1).random, []
    for place, row in enumerate(stream):
        if place < KEPT:
            kept.append(row)
        else:
            slot = int(draw() * (place + 1))
            if slot < KEPT:
                kept[slot] = row
    return kept


def pushed(design: Any, stream: list[pd.DataFrame]) -> pd.DataFrame:
    """Return what a design draws from a stream."""
    draw = design.stream(1)
    for piece in stream:
        draw.push(piece)
    return draw.sample()


def speed(rows: int) -> str:
    """Return the tables of both speeds."""
    stream = pieces(rows)
    reservoirs = in_turn(
        {
            "Algorithm R in Python": lambda: algorithm_r(iter(range(rows))),
            "ReservoirSample.stream()": lambda: pushed(mlsys.ReservoirSample(KEPT), stream),
            "HashSample.stream()": lambda: pushed(mlsys.HashSample(KEPT), stream),
        },
        rounds=3,
    )
    frame = pd.DataFrame({"x": np.arange(PIECE), "size": np.random.default_rng(0).lognormal(size=PIECE)})
    weighted = in_turn(
        {
            "pandas.DataFrame.sample": lambda: frame.sample(KEPT, weights="size", random_state=1),
            "WeightedSample": lambda: mlsys.WeightedSample(KEPT, size="size").select(frame),
            "HashSample, size=": lambda: mlsys.HashSample(KEPT, size="size").select(frame),
            "ReservoirSample, size= (A-ExpJ)": lambda: mlsys.ReservoirSample(KEPT, size="size").select(frame),
        }
    )
    tables = []
    for found in (reservoirs, weighted):
        first = next(iter(found))
        lines = [[name, spread(taken, 3), ratios(found[first], taken)] for name, taken in found.items()]
        tables.append(table(["way", "CPU s", f"times as fast as {first}"], lines))
    return f"""
A reservoir of {KEPT:,} of {rows:,} rows, a million a piece:

{tables[0]}

{KEPT:,} of a million rows in proportion to sizes (log-normal), without replacement. pandas returns rows alone;
the others their weights as well, and those below it the same rows in any order, or from a stream. pandas refuses such
sizes where the largest times the number of rows is above their sum; these designs do not.

{tables[1]}
"""


def population(rows: int = 6_000) -> pd.DataFrame:
    """Households in regions and streets that differ, with a turnover and what is spent of it."""
    rng = np.random.default_rng(7)
    street = rng.integers(0, 600, rows)
    turnover = rng.gamma(4.0, 1.0, rows) * (1 + street % 4)
    spent = turnover * rng.uniform(0.5, 1.0, rows) + rng.normal(0, 0.5, 600)[street] + 3
    return pd.DataFrame({"region": street % 4, "street": street, "turnover": turnover, "spent": spent})


def coverage(draws: int) -> str:
    """Return how often intervals hold the true mean and total."""
    people = population()
    truth = {"mean": people["spent"].mean(), "total": people["spent"].sum()}
    lines = []
    for name, make in DESIGNS.items():
        held, widths, off = dict.fromkeys(truth, 0), [], []
        for seed in range(draws):
            design = make(seed)
            found = design.estimate(design.select(people, seed=seed), "spent").set_index("of")
            for of, value in truth.items():
                held[of] += bool(found.at[of, "lower"] <= value <= found.at[of, "upper"])
            widths.append(found.at["mean", "upper"] - found.at["mean", "lower"])
            off.append(found.at["total", "value"] / truth["total"] - 1)
        shares = [f"{held[of] / draws:.1%}" for of in truth]
        lines.append([name, *shares, f"{statistics.mean(off):+.2%}", f"{statistics.mean(widths):.2f}"])
    rows = table(["design", "mean held", "total held", "total off on average", "width of the mean's"], lines)
    return f"""
Intervals of 95 % from {draws:,} draws of each design, of {len(people):,} households in 600 streets and four regions:

{rows}
"""


def survey(seed: int, within: float) -> tuple[float, float]:
    """Return how far the mean wage is off in a quota sample of who answers first, before and after raking."""
    rng = np.random.default_rng(seed)
    rows = 50_000
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], rows), "age": rng.choice(["old", "young"], rows, p=[0.4, 0.6])})
    own = rng.normal(0, 4, rows)
    frame["wage"] = 20 + 6 * (frame["sex"] == "m") + 10 * (frame["age"] == "old") + own
    answers = 0.1 + 0.1 * (frame["sex"] == "m") + 0.4 * (frame["age"] == "old")
    first = (rng.exponential(size=rows) / (answers * np.exp(within * own / 4))).argsort()
    quota = mlsys.QuotaSample("sex", {"f": 1_000, "m": 1_000}).select(frame.iloc[first])
    raked = mlsys.Rake(SHARES).select(quota)
    truth = frame["wage"].mean()
    return quota["wage"].mean() - truth, np.average(raked["wage"], weights=raked["sampling_weight"]) - truth


def raking(repeats: int) -> str:
    """Return how much bias raking takes away."""
    lines = []
    for within, what in ((0.0, "sex and age alone"), (0.1, "and a little on the wage within them"),
                         (0.5, "and much on the wage within them")):  # fmt: skip
        before, after = (
            np.array(each) for each in zip(*(survey(seed, within) for seed in range(repeats)), strict=True)
        )
        gone = 1 - abs(after.mean()) / abs(before.mean())
        lines.append([what, f"{before.mean():+.2f}", f"{after.mean():+.2f}", f"{gone:.0%}"])
    rows = table(["whether one answers depends on", "bias before", "bias after", "gone"], lines)
    return f"""
A quota sample by sex of 2,000 who answer first, of 50,000 people with a mean wage of 27; raked to the shares of sex
and age; means of {repeats} surveys:

{rows}

Before raking each report warns of it (SA101); after it, what is left is said to be not known (SA102): the last line
is a bias that no margin shows.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1_000, help="draws of each design")
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the stream")
    arguments = parser.parse_args()
    text = f"{speed(arguments.rows)}\n{coverage(arguments.draws)}\n{raking(max(arguments.draws // 20, 10))}"
    write_page("sampling", "Samples: speed, intervals, bias", "python benchmarks/sampling.py", text)


if __name__ == "__main__":
    main()
