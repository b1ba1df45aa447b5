"""Feature steps: seven jobs on a million mixed rows, beside scikit-learn, other packages, and code by hand.

Run: ``OMP_NUM_THREADS=1 python benchmarks/features.py``. Makes an environment with the other packages, where
``--kept folder`` has none. Writes ``docs/benchmarks/features.rst``. With ``--turns`` each side is asked so often.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

from measuring import measure, table, write_page

COMMAND = "OMP_NUM_THREADS=1 python benchmarks/features.py"
PEERS = ("polars==2.1.0", "feature-engine==1.9.4", "category-encoders==2.11.2", "skrub==0.11.0", "pyarrow")
PARTS = Path(__file__).parent / "features"
ROWS = 1_000_000
SIZES = (100_000, 1_000_000, 10_000_000)
JOBS = ("impute", "standardize", "one-hot", "hash", "target", "bins", "cross", "all")
SIDES = {"mlsys": JOBS, "sklearn": JOBS, "hand": JOBS, "polars": JOBS,
         "feature_engine": ("impute", "standardize", "one-hot", "target", "bins"),
         "category_encoders": ("one-hot", "target"), "skrub": ("all",)}  # fmt: skip
OURS = ("mlsys", "sklearn", "hand")
"""Sides that the library's own environment has what they need for."""
MOST_OF_SKLEARN, MOST_OF_HAND, MOST_MEMORY, FLAT, ROW = 1 / 8, 1.3, 1.5, 1.3, 0.001


def environment(folder: Path) -> str:
    """Return the interpreter beside the other packages; made where it is missing."""
    python = folder / "environment" / "bin" / "python"
    if not python.exists():
        venv.create(folder / "environment", with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PEERS], check=True)
    return str(python)


def asked(python: str, side: str, job: str, file: Path) -> dict[str, float]:
    """Run one job of one side in a process of its own."""
    found = measure([python, str(PARTS / "one_job.py"), side, job, str(file)], threads=1)
    answer: dict[str, float] = json.loads(found.output.splitlines()[-1])
    print(f"  {side} {job}: {answer['cpu']:.2f} s, {answer['peak']:.0f} MiB", file=sys.stderr)
    return answer


def made(folder: Path, rows: int) -> Path:
    """Return the file of a table with so many rows."""
    file = folder / f"rows_{rows}.parquet"
    if not file.exists():
        subprocess.run([sys.executable, str(PARTS / "table.py"), str(rows), str(file)], check=True)
    return file


def jobs_table(found: dict[tuple[str, str], list[dict[str, float]]]) -> str:
    """Return seconds of the processors and peak memory, by job and side."""

    def cell(side: str, job: str) -> str:
        answers = found.get((side, job))
        if not answers:
            return "not there"
        cpu, peak = (statistics.median(each[of] for each in answers) for of in ("cpu", "peak"))
        return f"{cpu:.2f} s, {peak:,.0f} MiB"

    rows = [[job, *(cell(side, job) for side in SIDES)] for job in JOBS]
    return table(("job", *(side.replace("_", "-") for side in SIDES)), rows)


def ratio(found: dict[tuple[str, str], list[dict[str, float]]], job: str, other: str, of: str = "cpu") -> float:
    """Return the median over turns of ours beside another side, turn by turn."""
    pairs = zip(found["mlsys", job], found[other, job], strict=True)
    return statistics.median(mine[of] / theirs[of] for mine, theirs in pairs)


def reached(found: dict[tuple[str, str], list[dict[str, float]]], flat: float, row: float) -> str:
    """Return what was to reach, beside what was found."""
    slower = [f"{job} ({ratio(found, job, 'sklearn'):.2f})" for job in JOBS if ratio(found, job, "sklearn") > 1]
    rows = [
        ["all jobs, CPU beside ColumnTransformer", f"{ratio(found, 'all', 'sklearn'):.3f}", f"{MOST_OF_SKLEARN:.3f}"],
        ["all jobs, CPU beside code by hand", f"{ratio(found, 'all', 'hand'):.2f}", f"{MOST_OF_HAND}"],
        ["all jobs, peak memory beside code by hand", f"{ratio(found, 'all', 'hand', 'peak'):.2f}", f"{MOST_MEMORY}"],
        ["jobs slower than scikit-learn's", ", ".join(slower) or "none", "none"],
        [f"CPU a row, {SIZES[-1]:,} rows beside {SIZES[0]:,}", f"{flat:.2f}", f"{FLAT}"],
        ["one served row, 20 features, CPU, p50", f"{row * 1000:.2f} ms", f"{ROW * 1000:.0f} ms"],
    ]
    return table(("what", "found", "to reach"), rows)


def main() -> None:
    """Ask all sides in turn, then write the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kept", type=Path)
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        kept = (given.kept or Path(temporary)).resolve()
        kept.mkdir(parents=True, exist_ok=True)
        peers, file = environment(kept), made(kept, ROWS)
        found: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for _ in range(given.turns):
            for job in JOBS:
                for side, own in SIDES.items():
                    if job in own:
                        python = sys.executable if side in OURS else peers
                        found.setdefault((side, job), []).append(asked(python, side, job, file))
        sizes = {rows: asked(sys.executable, "mlsys", "all", made(kept, rows))["cpu"] / rows for rows in SIZES}
        row = json.loads(
            measure([sys.executable, str(PARTS / "one_row.py"), str(file)], threads=1).output.splitlines()[-1]
        )["p50"]
    growth = table(("rows", "CPU a row, us"), [[f"{rows:,}", f"{each * 1e6:.2f}"] for rows, each in sizes.items()])
    text = f"""Eight numbers with nulls, text of 20 to 100,000 levels: medians with indicators (8 columns), scaling (8),
one column a level for the top 20 (2), hashing to 2\\ :sup:`18` (1), target means out of fold (2), ten quantile bins
(2), crossing of two columns, top 1,000. Seconds of the processors and peak memory beyond the table's, in processes of
their own that first give back what reading the table left, the sides in turn, median of {given.turns}. ``all``: one
after another on the same rows; scikit-learn's are one ``ColumnTransformer``. The code by hand drops each job's output,
the others hold all outputs to the end. feature-engine's and category-encoders' target means are learned from the
rows that they are shown to, and category-encoders keeps all levels; skrub's ``TableVectorizer`` does other work on the
same columns.

{jobs_table(found)}

{reached(found, sizes[SIZES[-1]] / sizes[SIZES[0]], row)}

{growth}"""
    write_page("features", "Feature steps", COMMAND, text)


if __name__ == "__main__":
    main()
