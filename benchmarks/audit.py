"""The audit: what it costs on the flights, and how often it accuses a pipeline that does nothing wrong.

Run: ``OMP_NUM_THREADS=2 python benchmarks/audit.py [runs]``. Writes ``docs/benchmarks/audit.rst``.

Cost: ``audit_leakage()`` with its default sample, each run in a process of its own, cache off, so that the source is
read from its zipped CSV file. False alarms: the pipelines of ``benchmarks/innocent``, each run and then audited.
"""

from __future__ import annotations

import contextlib
import io
import json
import runpy
import statistics
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from innocent import SETS, in_folder, members
from measuring import ROOT, measure, spread, table, write_page

RUNS = 5
REACH = 10.0


def audit_flights() -> None:
    """Audit the flight pipeline; the last line is JSON."""
    sys.path.insert(0, str(ROOT / "examples"))
    import flight_delays

    begin, cpu = time.perf_counter(), time.process_time()
    audit = flight_delays.pipeline.audit_leakage(cache=False)
    said = {"wall": time.perf_counter() - begin, "cpu": time.process_time() - cpu, "verdict": audit.verdict}
    said |= {"rows": audit.rows, "probes": len(set(audit.table["probe"])), "traces": len(audit.table)}
    print(json.dumps(said))


def flights(runs: int) -> tuple[str, str]:
    """Return the sentence and the table of the cost."""
    command = [sys.executable, str(Path(__file__).resolve()), "--flights"]
    found = []
    for turn in range(runs + 1):
        measured = measure(command)
        said = json.loads(measured.output.splitlines()[-1])
        print(f"  {'run ' + str(turn) if turn else 'warm-up'}: {said['wall']:.2f} s", file=sys.stderr)
        found += [{**said, "peak": measured.peak}] * bool(turn)
    walls = [each["wall"] for each in found]
    sentence = (
        f"Median of {runs} runs: **{statistics.median(walls):.1f} s** (to reach: under {REACH:.0f} s), "
        f"{found[0]['probes']} probes over {found[0]['rows']:,} rows, {found[0]['traces']} answers, verdict "
        f"*{found[0]['verdict']}*."
    )
    rows = [
        ["wall seconds", spread(walls)],
        ["processor seconds", spread([each["cpu"] for each in found])],
        ["peak memory of the process, MiB", spread([each["peak"] for each in found], 0)],
    ]
    return sentence, table(["audit_leakage() on the flights", "median [range]"], rows)


def audited(path: Path, folder: Path) -> tuple[Counter[str], list[str]]:
    """Run an innocent script and audit every run it leaves; returns verdicts, and what was held against it."""
    from mlsys import Run

    verdicts: Counter[str] = Counter()
    accused: list[str] = []
    with in_folder(folder), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        left = runpy.run_path(str(path), run_name="__main__")
        runs = [run for value in left.values() for run in members(value) if isinstance(run, Run)]
        for run in runs:
            audit = run.pipeline.audit_leakage(run._data)
            verdicts[audit.verdict] += 1
            accused += [f"``{path.stem}``: {row.step}, {row.probe}: {row.detail}" for row in _rows(audit.violated)]
            accused += [
                f"``{path.stem}``, not assessed: {row.step}, {row.probe}: {row.detail}"
                for row in _rows(audit.not_assessed)
                if audit.verdict == "not assessed"
            ]
    return verdicts, accused


def _rows(frame: Any) -> Any:
    return frame.itertuples(index=False)


def innocents() -> str:
    """Return how often pipelines that do nothing wrong are accused."""
    total: Counter[str] = Counter()
    accused: list[str] = []
    paths = [path for _, folder in SETS for path in sorted(folder.glob("[0-9][0-9]_*.py"))]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        for path in paths:
            verdicts, said = audited(path, Path(place) / path.stem)
            total += verdicts
            accused += said
            print(f"  {path.stem}: {dict(verdicts)}", file=sys.stderr)
    audits = sum(total.values())
    listed = "\n".join(f"* {text}" for text in dict.fromkeys(accused))
    return (
        f"{audits} audits of the runs of {len(paths)} scripts: **{total['violated']} violated**, "
        f"{total['not assessed']} not assessed, {total['not observed']} not observed. No alarm in {audits} audits "
        f"means a rate of false alarms below {100 * 3 / audits:.0f} % with 95 % confidence (rule of three).\n\n{listed}"
    )


def main(runs: int) -> None:
    sentence, cost = flights(runs)
    text = f"""
What moved when rows were replaced that must not matter (:doc:`/leakage`): what it costs to ask, and how often somebody
is accused who did nothing. How often a leak is found stands in :doc:`leakbench`.

Cost
----

The pipeline of ``examples/flight_delays.py``, 336,776 rows, default sample; each run in a process of its own,
cache off.

{sentence}

{cost}

False alarms
------------

The pipelines of :doc:`innocent`: clean scripts in the style of public tutorials.

{innocents()}
"""
    write_page("audit", "The leakage audit", "OMP_NUM_THREADS=2 python benchmarks/audit.py", text)


if __name__ == "__main__":
    if "--flights" in sys.argv:
        audit_flights()
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
