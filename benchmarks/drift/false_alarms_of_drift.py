"""False alarms of drift tests at a nominal 5 %: every type of column, 2 to 1,000 levels, 1,000 to 100,000 rows.

Run: ``OMP_NUM_THREADS=1 python benchmarks/drift/false_alarms_of_drift.py`` (25 minutes of one core; ``--times 60`` for
a first look). Writes ``docs/benchmarks/false_alarms_of_drift.rst``.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import beta

sys.path.insert(0, str(Path(__file__).parents[1]))
from measuring import table, write_page
from mlsys import Monitor
from tables import of_every_type

COMMAND = "OMP_NUM_THREADS=1 python benchmarks/drift/false_alarms_of_drift.py"
ROWS = (1_000, 1_001, 5_000, 100_000)
TEXT = """
The reference and today's rows are drawn alike, and as many of both. A cell is the share of {times} repetitions in which
p of a column's values is at most 5 %; the last row is the share in which the monitor as it comes raises an alarm for
any column (5 % over all columns together, and effects above the least one). The largest cell is {worst} of
{where}; its 95 % interval is {low:.1%} to {high:.1%}.

"""


def p_values(rows: int, times: int) -> tuple[pd.DataFrame, float]:
    """Return p of the values of every column, a row a repetition, and the share of checks with an alarm."""
    found, alarms = [], 0
    for time in range(times):
        rng = np.random.default_rng([rows, time])
        monitor = Monitor.fit(of_every_type(rng, rows))
        check = monitor.check(of_every_type(rng, rows))
        signals = check.tables["signals"]
        found.append(signals[signals["signal"] == "values"].set_index("column")["p"])
        alarms += check.verdict != "no alarm"
    return pd.DataFrame(found), alarms / times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=500)
    parser.add_argument("--rows", type=int, nargs="*", default=ROWS)
    words = parser.parse_args()
    warnings.simplefilter("ignore")
    shares, alarms = {}, {}
    for rows in words.rows:
        p, alarms[rows] = p_values(rows, words.times)
        shares[rows] = (p <= 0.05).mean()
        print(f"{rows:,} rows: {shares[rows].max():.1%} at most, alarms {alarms[rows]:.1%}", file=sys.stderr)
    made = pd.DataFrame(shares)
    worst = float(made.to_numpy().max())
    column, rows = made.stack().idxmax()
    k = round(worst * words.times)
    low, high = beta.ppf([0.025, 0.975], [k, k + 1], [words.times - k + 1, words.times - k])
    lines = [[name, *(f"{value:.1%}" for value in row)] for name, row in zip(made.index, made.to_numpy(), strict=True)]
    lines.append(["any alarm of the monitor", *(f"{alarms[each]:.1%}" for each in words.rows)])
    where = f"{column} with {rows:,} rows"
    said = TEXT.format(times=words.times, worst=f"{worst:.1%}", where=where, low=low, high=high)
    head = ["column", *(f"{each:,} rows" for each in words.rows)]
    write_page("false_alarms_of_drift", "False alarms of drift tests", COMMAND, said + table(head, lines))


if __name__ == "__main__":
    main()
