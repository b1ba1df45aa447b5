"""The table of the last run of all tests, the long tier included.

Run: ``make test-all``. Reads what pytest wrote and writes ``docs/benchmarks/test_all.rst``.
"""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from itertools import chain
from pathlib import Path
from xml.etree import ElementTree

from measuring import ROOT, table, write_page


def long_names() -> set[tuple[str, str]]:
    """Return file and name, with its case, of each test of the long tier."""
    command = [sys.executable, "-m", "pytest", "-m", "long", "--collect-only", "-q", "tests"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    named = (line.partition("::") for line in listed)
    return {(file.removeprefix("tests/").removesuffix(".py"), name) for file, found, name in named if found}


def main(paths: list[Path]) -> None:
    """Write the page; fail if a test failed."""
    left = long_names()
    slow: dict[str, list[ElementTree.Element]] = defaultdict(list)
    quick = []
    for case in chain.from_iterable(ElementTree.parse(path).getroot().iter("testcase") for path in paths):
        file, name = "/".join(case.get("classname", "").split(".")[1:]), case.get("name", "")
        (slow[file] if (file, name) in left else quick).append(case)
        left.discard((file, name))
    rows = [row(file, found) for file, found in sorted(slow.items())]
    rows += [row("all long tests", list(chain.from_iterable(slow.values()))), row("all quick tests", quick)]
    text = f"""Seconds of tests that run two at a time, so their sum is about twice the wall time.

{table(["long tests of", "cases", "passed", "skipped", "failed", "seconds"], rows)}
"""
    if left:
        text += f"\nNot run: {len(left):,} long tests, of {', '.join(sorted({file for file, _ in left}))}.\n"
    write_page("test_all", "The long tier", "make test-all", text)
    if any(each[4] for each in rows):
        raise SystemExit("a test failed")


def row(name: str, cases: list[ElementTree.Element]) -> list[object]:
    """Return name, numbers of cases by outcome, and seconds."""
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    seconds = sum(float(case.get("time", 0)) for case in cases)
    return [name, len(cases), len(cases) - failed - skipped, skipped, failed, f"{seconds:.0f}"]


if __name__ == "__main__":
    main([Path(each) for each in sys.argv[1:]])
