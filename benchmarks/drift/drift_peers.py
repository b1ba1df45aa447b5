"""Drift beside evidently and NannyML: power at an equal rate of false alarms, CPU and memory of a table.

Run: ``python benchmarks/drift/drift_peers.py`` (20 minutes, and 3 GB for environments that are made and removed;
``--evidently``, ``--nannyml`` name the Python of environments that stand already, ``--times 40`` is a first look).
Writes ``docs/benchmarks/drift_peers.rst``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))
from measuring import ROOT, Measured, measure, table, write_page
from tables import SHIFTS, mixed

HERE = Path(__file__).parent
COMMAND = "python benchmarks/drift/drift_peers.py"
PACKAGES = {
    "evidently": ("evidently==0.7.23", "pandas<3", "pyarrow"),
    "nannyml": ("nannyml==0.13.1", "statsmodels", "pyarrow"),
}
"""Without the bound on pandas, and without statsmodels, neither can be imported after it was installed."""
TOOLS = ("mlsys", "evidently", "nannyml")
LEVEL = 0.05
TEXT = """
*Power.* A column is drawn twice alike, {times} times, and as often once with a shift. A tool's statistic of a column is
the one of its default: the p-value of the monitor; evidently's p-value (Kolmogorov-Smirnov or chi-square up to 1,000
rows) or distance (Wasserstein or Jensen-Shannon beyond); NannyML's Jensen-Shannon distance. A column alarms if its
statistic exceeds the 95 % quantile of the same tool's statistic without a shift, so that all have 5 % false alarms;
with their own thresholds they do not (``false_alarms_of_drift``). Ties are broken by chance. A cell is the share of
shifts found; its standard error is at most {error:.1%}. Bold: more than two standard errors of the difference below
the best.

{power}

*Cost.* Two tables of {rows:,} rows and 20 columns (12 floats, of which 3 with nulls, 2 ints, 6 texts with 2 to 1,000
levels), compared as each tool does by default. CPU and memory are those beyond a process that imports the tool and
reads the files. The monitor's figure has the profile of the reference in it, which is made once.

{cost}

"""


def environment(tool: str, folder: Path) -> str:
    place = folder / tool
    venv.create(place, with_pip=True)
    python = str(place / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES[tool]], check=True)
    return python


def power_of(found: dict[str, dict[str, list[list[float]]]]) -> pd.DataFrame:
    """Return the share of shifts found, by shift and tool."""
    rng = np.random.default_rng(0)
    rows = {}
    for shift in SHIFTS:
        for tool, each in found.items():
            before, after = (np.array(values) + 1e-9 * rng.random(len(values)) for values in each[shift])
            rows.setdefault(shift, {})[tool] = float((after > np.quantile(before, 1 - LEVEL)).mean())
    return pd.DataFrame(rows).T


def run(python: str, *words: str) -> Measured:
    source = {"PYTHONPATH": str(ROOT / "src")} if python == sys.executable else {}
    quiet = {"NML_DISABLE_USAGE_LOGGING": "1", "DO_NOT_TRACK": "1", "MLSYS_FOLDER": tempfile.mkdtemp()}
    return measure([python, str(HERE / "one_tool.py"), *words], 1, **source, **quiet)


def costs(pythons: dict[str, str], folder: Path, rows: int, turns: int) -> list[list[str]]:
    files = [str(folder / f"{name}.parquet") for name in ("reference", "today")]
    for seed, file in enumerate(files, 1):
        mixed(seed, rows).to_parquet(file)
    found = {}
    for tool, python in pythons.items():
        each = [(run(python, tool, "load", *files), run(python, tool, "table", *files)) for _ in range(turns)]
        cpu = sorted(whole.cpu - bare.cpu for bare, whole in each)[turns // 2]
        peak = sorted(whole.peak - bare.peak for bare, whole in each)[turns // 2]
        found[tool] = (cpu, peak, each[0][1].peak)
    mine = found["mlsys"][0]
    return [
        [tool, f"{rows:,}", f"{cpu:.2f} s", f"{cpu / mine:.1f}", f"{peak:,.0f} MiB", f"{whole:,.0f} MiB"]
        for tool, (cpu, peak, whole) in found.items()
    ]


def shown(power: pd.DataFrame, times: int) -> str:
    lines = []
    for shift, row in power.iterrows():
        best = row.max()
        error = np.sqrt((best * (1 - best) + row * (1 - row)) / times)
        cells = [f"**{row[t]:.0%}**" if best - row[t] > 2 * error[t] else f"{row[t]:.0%}" for t in power.columns]
        lines.append([shift, *cells])
    return table(["shift", *power.columns], lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=300)
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000, 5_000])
    parser.add_argument("--table-rows", type=int, nargs="*", default=[200_000, 2_000_000])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--evidently")
    parser.add_argument("--nannyml")
    words = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        peers = {tool: getattr(words, tool) or environment(tool, folder) for tool in PACKAGES}
        pythons = {"mlsys": sys.executable, **peers}
        power = []
        for rows in words.rows:
            found = {}
            for tool, python in pythons.items():
                printed = run(python, tool, "statistics", str(words.times), str(rows)).output
                found[tool] = json.loads(next(line for line in printed.splitlines() if line.startswith("JSON"))[4:])
                print(f"{rows:,} rows: {tool}", file=sys.stderr)
            power.append(f"{rows:,} rows on either side:\n\n{shown(power_of(found), words.times)}")
        lines = []
        for rows in words.table_rows:
            first = rows == words.table_rows[0]
            lines += costs(pythons if first else {"mlsys": sys.executable}, folder, rows, words.turns)
    head = ["tool", "rows", "CPU", "times the monitor's", "memory beyond the data", "peak of the process"]
    error = 0.5 / np.sqrt(words.times)
    text = TEXT.format(
        times=words.times, error=error, power="\n\n".join(power), rows=words.table_rows[0], cost=table(head, lines)
    )
    write_page("drift_peers", "Drift beside evidently and NannyML", COMMAND, text)


if __name__ == "__main__":
    main()
