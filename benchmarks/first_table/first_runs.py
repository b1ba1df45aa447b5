"""Whole first runs: six lines on each table as it is, and whether a card came out.

Run with one thread::

    python first_runs.py packages data kept [name ...]
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from first_table.judging import ESTIMATORS, answers, estimator_for  # noqa: E402  found from anywhere
from first_table.tables import as_task, listed, read  # noqa: E402

ROWS = 600
"""What a table is made of shows in these, and judging 360 runs by folds takes minutes rather than an hour."""


def first_run(frame: Any, target: str, which: str, task: str) -> dict[str, Any]:
    """Return that a card came out, or the sentence that came instead."""
    from mlsys import Pipeline

    begin = time.process_time()
    try:
        run = Pipeline([estimator_for(which, task)], target=target).run(frame, track=False, cache=False, verbose=False)
        card = str(run) and run._repr_html_()
    except Exception as error:  # what a newcomer would read
        said = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return {"card": False, "said": said[:600], "cpu": time.process_time() - begin}
    return {"card": bool(card), "said": "", "cpu": time.process_time() - begin}


def main(packages: Path, data: Path, kept: Path, names: list[str]) -> None:
    """Run what has not run yet."""
    warnings.simplefilter("ignore")
    known = {(each["table"], each["estimator"]) for each in answers(kept)}
    for table in listed():
        asked = [which for which in ESTIMATORS if (table.name, which) not in known]
        frame = read(table, packages, data) if asked and (not names or table.name in names) else None
        if frame is None:
            continue
        features, target, task = as_task(frame, table)
        frame = features.assign(**{table.target: target})
        frame = frame.sample(min(ROWS, len(frame)), random_state=0).reset_index(drop=True)
        for which in asked:
            answer = first_run(frame, table.target, which, task)
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"table": table.name, "estimator": which, **answer}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
