"""Metrics by slice from counts, beside fairlearn, a loop over scikit-learn and a loop over sorted rows.

Run: ``python benchmarks/counts.py --peers /path/to/python`` with an environment that has fairlearn.
Writes ``docs/benchmarks/counts.rst``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from measuring import measure, ratios, spread, table, write_page

WAY = Path(__file__).parent / "counting" / "way.py"
FIVE = "accuracy,precision,recall,false_positive_rate,f1"
FOUR = "accuracy,precision,recall,f1"
TEXT = """
{rows:,} rows of two classes in random order, with whole numbers as labels and groups. ``score_slices`` counts them
once and reads every metric from the counts. CPU seconds are those of the call, after imports, in processes that take
turns; ``mlsys``, and the loop over rows sorted once (an ``argsort`` of the groups and a few sums for each), are means
over five calls. The values of all ways were equal to 1e-12 in every round. Ratios are of pairs of one round, with
their range over {rounds} rounds.

Five metrics, 10 groups
-----------------------

{five}

The goal was 200 times less CPU than fairlearn and 5 times less than the loop over sorted rows, and intervals in less
than a second. *With intervals* has Wilson's interval for four of the metrics, and that of the delta method for F1; they
cover as they should, see :doc:`coverage_of_scores`. *Sorting once, draws* finds the same by drawing the rows of each
group 1,000 times again.

Four metrics, 100 slices
------------------------

{four}

The goal was 100 times less CPU than a loop over ``sklearn.metrics``.
"""


def measured(ways: Mapping[str, str], rows: int, groups: int, metrics: str, rounds: int) -> dict[str, list[float]]:
    """Return the CPU seconds of each way, in rounds."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        values = {}
        for name, python in ways.items():
            command = [python, str(WAY), name, str(rows), str(groups), metrics]
            printed = json.loads(measure(command, threads=1).output.splitlines()[-1])
            found[name].append(printed["cpu"])
            values[name] = np.array(printed["values"])
            print(f"  round {number + 1}: {name} {printed['cpu']:.4f} s CPU, {printed['wall']:.4f} s", file=sys.stderr)
        for name, each in values.items():
            np.testing.assert_allclose(each, values["mlsys"], rtol=1e-12, err_msg=name)
    return found


def lines(found: Mapping[str, Sequence[float]]) -> str:
    """Return CPU milliseconds of each way, and how many times as much as the library it takes."""
    mine = found["mlsys"]
    rows = [[name, spread([1_000 * each for each in values], 1), "" if name == "mlsys" else ratios(values, mine)]
            for name, values in found.items()]  # fmt: skip
    return table(["way", "CPU ms", "times mlsys"], [[*row[:2], row[2] or "1"] for row in rows])


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--peers", default=sys.executable)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--rounds", type=int, default=3)
    given = asked.parse_args()
    mine = {"mlsys": sys.executable, "sorting once": sys.executable}
    first = {**mine, **dict.fromkeys(("mlsys with intervals", "sorting once, draws"), sys.executable)}
    first |= {"fairlearn": given.peers} if given.peers != sys.executable else {}
    five = measured(first, given.rows, 10, FIVE, given.rounds)
    four = measured({"mlsys": sys.executable, "sklearn": sys.executable}, given.rows, 100, FOUR, given.rounds)
    text = TEXT.format(rows=given.rows, rounds=given.rounds, five=lines(five), four=lines(four))
    write_page("counts", "Metrics by slice from counts", "python benchmarks/counts.py", text)


if __name__ == "__main__":
    main()
