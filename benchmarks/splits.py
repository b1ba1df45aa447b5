"""Rows that stand on two sides of a split, and a split of many ids: CPU seconds beside pandas.

Run: ``python benchmarks/splits.py``. Two minutes; rounds in turn, in one process. Writes
``docs/benchmarks/splits.rst``.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from measuring import ratios, spread, table, write_page
from mlsys import RandomSplit
from mlsys.steps.repeats import find_repeats
from mlsys.summaries import equal_rows

MUST_REACH = 5.0
"""Times less CPU than ``pandas.concat([train, test]).duplicated()``."""
MAY_TAKE = 2.0
"""CPU seconds for a split of 10 million ids."""


def orders(rows: int, repeated: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Five floats, two whole numbers, three texts; a fifth for test, of which some rows repeat a training row."""
    rng = np.random.default_rng(0)
    columns: dict[str, Any] = {f"amount_{place}": rng.lognormal(size=rows) for place in range(5)}
    columns |= {"quantity": rng.integers(0, 1_000, rows), "customer": rng.integers(0, 10**9, rows)}
    for distinct in (50, 1_000, 20_000):
        levels = pd.array([f"level {number}" for number in range(distinct)], dtype="str")
        columns[f"text_{distinct}"] = levels.take(rng.integers(0, distinct, rows))
    frame = pd.DataFrame(columns)
    train, test = frame[: rows * 4 // 5], frame[rows * 4 // 5 : rows - repeated]
    return train, pd.concat([test, train.sample(repeated, random_state=1)], ignore_index=True)


def by_concat(train: pd.DataFrame, test: pd.DataFrame) -> int:
    """Count test rows that equal an earlier row, as pandas users do."""
    return int(pd.concat([train, test], ignore_index=True).duplicated()[len(train) :].sum())


def by_hash(train: pd.DataFrame, test: pd.DataFrame) -> int:
    """Count test rows whose hash is that of a training row; equal hashes are not confirmed."""
    known = pd.util.hash_pandas_object(train, index=False)
    return int(pd.util.hash_pandas_object(test, index=False).isin(known).sum())


def by_mlsys(train: pd.DataFrame, test: pd.DataFrame) -> int:
    """Count test rows that equal a training row, confirmed value by value."""
    return int(equal_rows(train, test).sum())


def in_turn(works: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Return CPU seconds of each round, A B C A B C, after one that is not counted."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds + 1):
        for name, work in works.items():
            begin = time.process_time()
            work()
            if turn:
                found[name].append(time.process_time() - begin)
    return found


def repeats_across(rows: int, rounds: int) -> str:
    """Time the three ways, which must find the same rows."""
    train, test = orders(rows, repeated=rows // 100)
    counts = {work.__name__: work(train, test) for work in (by_concat, by_hash, by_mlsys)}
    assert len(set(counts.values())) == 1, counts
    took = in_turn(
        {
            "pandas, concat and duplicated": lambda: by_concat(train, test),
            "pandas, row hash and isin": lambda: by_hash(train, test),
            "mlsys, equal_rows": lambda: by_mlsys(train, test),
        },
        rounds,
    )
    mine = took["mlsys, equal_rows"]
    shown = [[name, spread(seconds), ratios(seconds, mine)] for name, seconds in took.items()]
    return (
        f"{len(train):,} training and {len(test):,} test rows of {train.shape[1]} columns (five floats, two whole "
        f"numbers, three texts of 50, 1,000 and 20,000 levels); {counts['by_mlsys']:,} test rows equal a training row, "
        f"which all three find. Median [range] of {rounds} rounds in turn, one thread; the ratio is taken round by "
        f"round. To reach: {MUST_REACH:g} times less than ``concat`` and ``duplicated``. The row hash of pandas does "
        "not confirm what it finds, and ``1`` and ``1.0`` hash apart.\n\n"
        + table(["way", "CPU seconds", "times mlsys"], shown)
    )


def many_ids(rows: int, rounds: int) -> str:
    """Time the split of many ids, and the search for repeats on a table as wide as the flights."""
    keys = pd.DataFrame({"id": np.arange(rows)})
    texts = pd.DataFrame({"id": pd.array([f"order-{number}" for number in range(rows // 10)], dtype="str")})
    frames = [orders(420_000, 3_360)[0].add_suffix(f"_{copy}") for copy in range(5)]
    once = pd.concat(frames, axis=1).iloc[:, :45]
    wide = pd.concat([once[:-3_360], once[:3_360]], ignore_index=True)
    wide_keys = pd.DataFrame({"id": np.arange(len(wide))})
    took = in_turn(
        {
            f"RandomSplit of {rows:,} whole-number ids": lambda: RandomSplit().assign(keys),
            f"RandomSplit of {len(texts):,} texts as ids": lambda: RandomSplit().assign(texts),
            f"RandomSplit(exact=True) of {len(texts):,} whole-number ids": lambda: RandomSplit(exact=True).assign(
                keys[: rows // 10]
            ),
            f"repeats among {len(wide):,} rows of 45 columns": lambda: find_repeats(wide, wide_keys),
        },
        rounds,
    )
    return f"To reach: a split of 10 million ids in less than {MAY_TAKE:g} CPU seconds.\n\n" + table(
        ["work", "CPU seconds"], [[name, spread(seconds)] for name, seconds in took.items()]
    )


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--ids", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    text = (
        "Rows that stand on two sides\n----------------------------\n\n"
        f"{repeats_across(given.rows, given.rounds)}\n\n"
        f"Splits by hash\n--------------\n\n{many_ids(given.ids, given.rounds)}"
    )
    write_page("splits", "Splits and repeated rows", "python benchmarks/splits.py", text)


if __name__ == "__main__":
    main()
