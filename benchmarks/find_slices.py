"""Search for slices: Adult beside sliceline and DivExplorer, a large table, and how often noise is called worse.

Run: ``python benchmarks/find_slices.py --adult adult.data --others /path/to/python`` with an environment that has
sliceline, divexplorer, scikit-learn and pandas. Writes ``docs/benchmarks/find_slices.rst``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

from measuring import Measured, in_turn, measure, ratios, spread, table, write_page

HERE = Path(__file__).parent / "slices"
ALL = "14"
TEXT = """
Adult (32,561 rows, 14 columns, numbers cut into 10 ranges) with the errors of a linear model, predicted out of fold.
Each way searches the 10 best slices of at least 1 % of the rows by SliceLine's score with alpha .95; DivExplorer lists
all slices of at least that size. CPU seconds are those of the search alone; memory is what the process needs at its
peak above one that imports and reads only. Ways run in turn, after one round that is not counted.
"""


def main() -> None:
    """Measure, and write the page."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--adult", required=True)
    asked.add_argument("--others", default=sys.executable)
    asked.add_argument("--times", type=int, default=3)
    asked.add_argument("--rows", type=int, default=2_500_000)
    asked.add_argument("--runs", type=int, default=2_000)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        archive = str(Path(folder) / "adult.npz")
        measure([sys.executable, str(HERE / "adult.py"), given.adult, archive])
        ways = {
            "mlsys, 3 conditions": [sys.executable, str(HERE / "with_mlsys.py"), archive, "3"],
            "mlsys, any number": [sys.executable, str(HERE / "with_mlsys.py"), archive, ALL],
            "sliceline, 3 conditions": [given.others, str(HERE / "with_sliceline.py"), archive, "3"],
            "DivExplorer, any number": [given.others, str(HERE / "with_divexplorer.py"), archive, "0.01"],
        }
        idle = {way: measure([*command[:-1], "0"], threads=1).peak for way, command in ways.items()}
        found = in_turn(ways, given.times, threads=1)
        parts = [TEXT, compared(found, idle)]
        honest = measure([sys.executable, str(HERE / "honest.py"), archive, str(given.runs), "20000"], threads=1)
        parts.append(honesty(json.loads(honest.output)))
    large = measure([sys.executable, str(HERE / "census.py"), str(given.rows), "3"], threads=1)
    parts.append(size(given.rows, json.loads(large.output)))
    write_page(
        "find_slices",
        "Slices",
        "python benchmarks/find_slices.py --adult adult.data --others /path/to/python",
        "\n\n".join(parts),
    )


def compared(found: dict[str, list[Measured]], idle: dict[str, float]) -> str:
    """Return the ways on Adult."""
    cpu = {way: [json.loads(each.output)["cpu"] for each in runs] for way, runs in found.items()}
    scores = {way: json.loads(runs[0].output)["scores"] for way, runs in found.items()}
    above = {way: [max(each.peak - idle[way], 0.1) for each in runs] for way, runs in found.items()}
    first, whole, peer, _ = found
    rows = [
        [way, spread(cpu[way]), spread(above[way], 1), ratios(cpu[way], cpu[first]), ratios(above[way], above[first])]
        for way in found
    ]
    said = "the same" if scores[first] == scores[peer] else "not the same"
    least = statistics.median(cpu[whole])
    told = (
        f"The 10 best scores of sliceline are {said} to four digits. All slices of any number of conditions take the "
        f"library {least:.2f} CPU seconds, sliceline with up to 3 conditions {statistics.median(cpu[peer]):.2f}."
    )
    header = ["way", "CPU seconds", "memory, MiB", "CPU, times the first", "memory, times the first"]
    return f"{table(header, rows)}\n\n{told}"


def honesty(said: dict[str, float]) -> str:
    """Return how often a slice is confirmed, of noise and of what is planted."""
    false, right = said["false"] / said["runs"], said["right"] / said["runs"]
    title = "Noise and planted slices"
    return (
        f"{title}\n{'-' * len(title)}\n\n{said['rows']:,} rows of Adult, up to 2 conditions, half of the rows kept "
        f"aside, {said['runs']:,} runs. With the errors shuffled, {false:.1%} of the searches call a slice worse (at "
        f"most 6.5 % are allowed). With an error of {said['rate']:.1%}, and twice that in a slice of two conditions "
        f"with 2 % of the rows, drawn anew in each run, a slice that has half of the rows of either in common with "
        f"it is found and confirmed in {right:.0%}."
    )


def size(rows: int, said: dict[str, float]) -> str:
    """Return the large table."""
    title = "A large table"
    lines = [[name, f"{said[f'{name} wall']:.1f}", f"{said[f'{name} cpu']:.1f}"] for name in ("alpha .95", "evidence")]
    return (
        f"{title}\n{'-' * len(title)}\n\n{rows:,} rows of 68 columns with 3 to 17 skewed values that depend on "
        f"12 hidden classes, errors of 0 or 1, up to 3 conditions, one thread. The columns take {said['data']:.0f} "
        f"MiB; the process needs {said['peak']:.0f} MiB at its peak, the making of the table included.\n\n"
        f"{table(['slices ordered by', 'seconds', 'CPU seconds'], lines)}"
    )


if __name__ == "__main__":
    main()
