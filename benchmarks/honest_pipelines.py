"""Honest pipelines over clean tables: held thresholds and codes, class weights, groups, seeds; who is accused.

Run: ``OMP_NUM_THREADS=1 python benchmarks/honest_pipelines.py``. ``--packages``, ``--kept`` and ``--part`` are those of
``false_alarms.py``; ``--page`` asks nothing and writes ``docs/benchmarks/honest_pipelines.rst`` of what is kept.
"""

from __future__ import annotations

import collections
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from false_alarms.honest import MOST_ROWS, kinds, said_of_honest
from false_alarms.kept import answers, environment, parser
from false_alarms.tables import tasks
from measuring import table, write_page

COMMAND = "OMP_NUM_THREADS=1 python benchmarks/honest_pipelines.py"
SHOWN = 160
HISTORY = """Before ``LK220`` weighed the chance that other rows have the same value, on 2026-11-28, 12 of the first 94
tables were accused by it, all for one quantile or extreme of a column of few values; on these tables it was mended. In
the first run after that, four tables were accused by ``LK226`` (bins of an earlier period), one by ``LK229`` (a column
computed from the year of a balanced panel). Both were mended, and these tables, with those that ``LK220`` still names,
were run again. The errors that are left are about a target that a column determines (the litter of a pig, the logarithm
of an age): a table of an earlier period has it for every level, and so has one of held-out rows."""


def ask(packages: Path, kept: Path, part: int, parts: int, asked: Sequence[str]) -> None:
    """Run what has not run yet, the last task of each table; each answer is written at once."""
    known = {(each["table"], each["kind"]) for each in answers(kept)}
    last = {task.table: task for task in tasks(packages)}
    for place, task in enumerate(last.values()):
        for kind in asked if place % parts == part else ():
            if (task.table, kind) not in known:
                with kept.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"table": task.table, **said_of_honest(task, kind)}) + "\n")


def accused(found: Sequence[dict[str, Any]], severities: Sequence[str]) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield kind of pipeline, code, table, columns and message of findings."""
    for each in found:
        for code, severity, columns, message in each["findings"]:
            if severity in severities:
                yield each["kind"], code, each["table"], " ".join(columns), message


def page(found: Sequence[dict[str, Any]]) -> str:
    """Return the text of the page."""
    ran = collections.Counter(each["kind"] for each in found if each["runs"])
    loud, quiet = (
        {(kind, code, name) for kind, code, name, *_ in accused(found, severities)}
        for severities in (("error", "warning"), ("information",))
    )
    rows = []
    for kind, many in ran.items():
        codes = sorted({code for of, code, _ in [*loud, *quiet] if of == kind})
        counted = [
            (code, *(sum(each[:2] == (kind, code) for each in told) for told in (loud, quiet))) for code in codes
        ]
        rows += [[kind, many, code, *counts] for code, *counts in counted] or [[kind, many, "none", 0, 0]]
    told = [[kind, code, name, columns, message[:SHOWN]]
            for kind, code, name, columns, message in accused(found, ("error", "warning"))]  # fmt: skip
    refused = [f"* {each['table']}, {each['kind']}: {each['refused']}" for each in found if each["refused"]]
    return f"""Pipelines that leak nothing, made by a machine over the tables of :doc:`false_alarms` ({MOST_ROWS:,} rows
at most, the last task of each table). Functions hold quantiles, bounds of five bins, means and deviations of two
numbers, and means, medians and shares by level of two columns, as pandas gives them, computed from training rows (with
class weights of these rows in the model), or from the other rows of the table (with means of the target by level), as
of an earlier period. Groups are the finest column of 20 levels or more whose rows recur. A loop over five seeds of a
model runs twice. Counted are tables with a finding of the codes that speak of held data, codes, groups and seeds.

{table(["pipeline", "tables", "code", "error or warning", "information"], rows)}

{table(["pipeline", "code", "table", "columns", "said"], told) if told else "No error and no warning."}

Refused, with the sentence that was said:

{chr(10).join(refused) or "None."}

{HISTORY}
"""


def main() -> None:
    """Ask what was not asked, then show or write."""
    words = parser(__doc__)
    words.add_argument("--kinds", nargs="*", default=list(kinds()))
    given = words.parse_args()
    part, parts = (int(each) for each in given.part.split("/"))
    with tempfile.TemporaryDirectory() as temporary:
        kept = given.kept or Path(temporary) / "kept.jsonl"
        if not given.page:
            packages = given.packages or environment(Path(temporary) / "environment")
            ask(packages, kept, part - 1, parts, given.kinds)
        if parts == 1:
            write_page("honest_pipelines", "Honest pipelines", COMMAND, page(answers(kept)))


if __name__ == "__main__":
    main()
