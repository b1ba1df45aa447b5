"""Lines of code of five jobs with mlsys and by hand (scikit-learn, MLflow, evidently).

A line counts when it holds code: no blanks, comments or docstrings. Imports count, on both sides. What only makes the
data does not, on both sides: it stands between ``# --- data, not counted`` and ``# --- end of data``. Both sides are
formatted by ruff at 120 columns, so that a line means the same.

Run: ``python benchmarks/lines.py``; it writes ``docs/benchmarks/lines.rst``.
"""

from __future__ import annotations

import datetime
from pathlib import Path

from by_hand.count_lines import lines_of_code

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks" / "lines.rst"
BY_HAND, WITH_MLSYS = HERE / "by_hand", HERE / "with_mlsys"
FLIGHTS = HERE.parent / "examples" / "flight_delays.py"

JOBS = {
    "six_lines": "metric with interval beside two baselines, worst slice of all quarters, leakage checks, MLflow",
    "flight_pipeline": "real flights: joins, label, split, encoding, calibration, slices, drift, gate, MLflow",
    "variants": "two models on the same rows, paired intervals, latency, size, registry, reload, fit again",
    "clip": "a transformer of one's own that learns from training rows",
    "monitor": "drift of a foreign model's rows against windows of its reference, recorded in MLflow",
}


def with_mlsys(job: str) -> Path:
    """Return the file that does a job with mlsys."""
    return FLIGHTS if job == "flight_pipeline" else WITH_MLSYS / f"{job}.py"


def table() -> list[tuple[str, int, int]]:
    """Return job, lines by hand and lines with mlsys."""
    return [
        (job, lines_of_code((BY_HAND / f"{job}.py").read_text()), lines_of_code(with_mlsys(job).read_text()))
        for job in JOBS
    ]


def page(rows: list[tuple[str, int, int]]) -> str:
    """Return the page of the docs."""
    width = max(map(len, JOBS.values()))
    rule = f"{'=' * 15}  {'=' * width}  =======  ==========  ====="
    lines = [f"{job:<15}  {JOBS[job]:<{width}}  {hand:>7}  {ours:>10}  {ours / hand:.2f}" for job, hand, ours in rows]
    return "\n".join(
        [
            "Lines of code",
            "=============",
            "",
            "The same jobs by hand (scikit-learn, MLflow, evidently; ``benchmarks/by_hand``) and with mlsys",
            "(``benchmarks/with_mlsys``; the flights are ``examples/flight_delays.py``). A line counts when it holds",
            "code: no blanks, comments or docstrings; imports count on both sides, what makes the data on neither.",
            "",
            f"Counted on {datetime.date.today():%Y-%m-%d} with ``python benchmarks/lines.py``.",
            "",
            rule,
            f"{'job':<15}  {'what it does':<{width}}  by hand  with mlsys  ratio",
            rule,
            *lines,
            rule,
            "",
            "Neither side does less than the job says. Beyond it, a run with mlsys records the digests of data and",
            "states, the whole configuration, and rows and seconds of every step; the scripts by hand do not.",
            "",
            "The scripts of both sides were run on 2026-11-23 before they were counted, ``by_hand/monitor.py`` in an",
            "environment of its own with evidently 0.7.23 and pandas 2.3.3. Only the flights with mlsys were not run",
            "for this count; ``make demo`` runs them.",
            "",
        ]
    )


if __name__ == "__main__":
    counted = table()
    for job, hand, ours in counted:
        print(f"{job:<16} by hand {hand:>4}   with mlsys {ours:>4}   {ours / hand:.2f}")
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(counted), encoding="utf-8")
