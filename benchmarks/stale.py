"""Stale results: which libraries answer with what the code computed before it was edited.

The same edits of the same code for mlsys, scikit-learn's ``memory=``, skrub and Hamilton, each in an environment of
its own that is made for the purpose and thrown away. Every case is run in a fresh process, again without an edit (is
anything kept at all?), and again after the edit.

Run: ``python benchmarks/stale.py``; with ``--environments folder`` the environments are kept there and used again.
Writes ``docs/benchmarks/stale.rst``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "stale"))

from edits import CELLS, HEAD, NODE, NOT_REDONE, NOTEBOOK, NOTICED, WORK, Edit

from measuring import table, write_page

PARTS = Path(__file__).parent / "stale"
ESTIMATOR = """
from sklearn.base import BaseEstimator, TransformerMixin

class Step(TransformerMixin, BaseEstimator):
    def fit(self, frame, y=None):
        return self

    def transform(self, frame):
        return self.apply(frame)
"""


@dataclass(frozen=True)
class Library:
    """One column of the table.

    Parameters
    ----------
    title : str
        Head of the column.
    driver : str
        File that asks the library.
    base : str
        Module ``base``, where the class that steps inherit from comes from.
    packages : tuple of str
        To install; nothing for this library, which is measured where the script runs.
    distribution : str
        Whose version is told.
    """

    title: str
    driver: str
    base: str
    distribution: str
    packages: tuple[str, ...] = ()


LIBRARIES = (
    Library("mlsys", "with_mlsys.py", "from mlsys import RowTransform as Step\n", "mlsys"),
    Library(
        "scikit-learn ``memory=``", "with_sklearn.py", ESTIMATOR, "scikit-learn", ("scikit-learn", "pandas", "pyarrow")
    ),
    Library("skrub", "with_skrub.py", ESTIMATOR, "skrub", ("skrub", "pandas", "pyarrow")),
    Library(
        "Hamilton", "with_hamilton.py", "class Step:\n    pass\n", "apache-hamilton",
        ("apache-hamilton", "pandas", "pyarrow"),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What one process said: the factor it computed, whether it did the work, or its error."""

    factor: float | None
    worked: bool
    error: str = ""


def environment(library: Library, folder: Path) -> Path:
    """Return the interpreter of a library's environment, made where it is missing."""
    if not library.packages:
        return Path(sys.executable)
    place = folder / library.distribution
    python = place / "bin" / "python"
    if not python.exists():
        venv.create(place, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *library.packages], check=True)
    return python


def version(library: Library, python: Path) -> str:
    """Return the version that is installed."""
    program = f"import importlib.metadata as m; print(m.version({library.distribution!r}))"
    return subprocess.run([str(python), "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def ask(python: Path, folder: Path, *arguments: str) -> list[Answer]:
    """Run ``once.py`` in a fresh process; one answer for each time it was asked in it.

    Bytecode is not kept: Python takes an edit within the same second and of the same length for none.
    """
    variables = {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "HAMILTON_TELEMETRY_ENABLED": "false"}
    done = subprocess.run(
        [str(python), "once.py", *arguments],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return [Answer(None, False, done.stderr.strip().splitlines()[-1])]
    answers, worked = [], False
    for line in done.stdout.splitlines():
        worked |= line == "CALLED"
        if line.startswith("TOLD "):
            answers.append(Answer(json.loads(line[5:])["factor"], worked))
            worked = False
    return answers


def write(folder: Path, library: Library, edit: Edit) -> None:
    """Write the project of one case."""
    node = NODE if "class Made" in edit.code and library.distribution == "apache-hamilton" else ""
    files = {"user.py": HEAD + edit.code + ("\n\n" + node if node else ""), **edit.files, **common(library)}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def common(library: Library) -> dict[str, str]:
    """Files of every project."""
    return {
        "work.py": WORK,
        "base.py": library.base,
        "library.py": (PARTS / library.driver).read_text(encoding="utf-8"),
        "once.py": (PARTS / "once.py").read_text(encoding="utf-8"),
    }


def three_answers(library: Library, python: Path, edit: Edit) -> list[Answer]:
    """Answers of three processes: first, again, after the edit."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place)
        write(folder, library, edit)
        answers = ask(python, folder) + ask(python, folder)
        path = folder / edit.file
        text = path.read_text(encoding="utf-8")
        if text.count(edit.old) != 1:
            raise SystemExit(f"{edit.old!r} stands {text.count(edit.old)} times in {edit.file}")
        path.write_text(text.replace(edit.old, edit.new), encoding="utf-8")
        return answers + ask(python, folder)


def notebook_answers(library: Library, python: Path) -> list[Answer]:
    """Answers within one process: first, again, after a helper is defined again."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place)
        for name, text in common(library).items():
            (folder / name).write_text(text, encoding="utf-8")
        (folder / "cells.json").write_text(json.dumps([HEAD, *CELLS]), encoding="utf-8")
        return ask(python, folder, "cells.json")


def verdict(answers: Sequence[Answer], wanted: float) -> str:
    """Return the cell of the table for three answers.

    An edit that must be noticed has another factor after it; for one that must not be, the work done again counts.
    """
    error = next((each.error for each in answers if each.error), "")
    if error:
        return "not expressible"
    first, again, edited = answers
    if first.factor != 2 or again.factor != 2:
        raise SystemExit(f"the code without an edit came to {first.factor} and {again.factor}, not to 2")
    if edited.factor != wanted:
        return "**stale**"
    if again.worked:
        return "never kept"
    if wanted == 2:
        return "redone" if edited.worked else "hit"
    return "noticed"


def measured(python: Mapping[str, Path], workers: int) -> tuple[dict[str, list[str]], dict[str, list[str]], list[str]]:
    """Return verdicts of both tables by edit, in the order of the libraries, and the errors met."""
    errors: list[str] = []

    def judged(name: str, library: Library) -> str:
        where = python[library.title]
        edit = NOTICED.get(name) or NOT_REDONE.get(name)
        answers = three_answers(library, where, edit) if edit else notebook_answers(library, where)
        found = verdict(answers, 2 if name in NOT_REDONE else 3)
        said = next((each.error for each in answers if each.error), "")
        if said:
            errors.append(f"* {library.title}, {name}: ``{re.sub(' at 0x[0-9a-f]+', '', said)[:90].rstrip()}``")
        print(f"{name}, {library.title}: {found} {said}", file=sys.stderr, flush=True)
        return found

    with ThreadPoolExecutor(workers) as pool:
        waiting = {
            name: [pool.submit(judged, name, library) for library in LIBRARIES if library.title in python]
            for name in [*NOTICED, NOTEBOOK, *NOT_REDONE]
        }
        found = {name: [each.result() for each in cells] for name, cells in waiting.items()}
    first = {name: found[name] for name in [*NOTICED, NOTEBOOK]}
    return first, {name: found[name] for name in NOT_REDONE}, sorted(errors)


def counted(rows: Mapping[str, Sequence[str]], wrong: str) -> list[str]:
    """Return how often each column says ``wrong``."""
    return [f"{cells.count(wrong)} of {len(cells)}" for cells in zip(*rows.values(), strict=True)]


def page(
    heads: Sequence[str], noticed: Mapping[str, list[str]], kept: Mapping[str, list[str]], errors: list[str]
) -> str:
    """Return the page's text."""
    first = [[name, *cells] for name, cells in noticed.items()] + [["stale results", *counted(noticed, "**stale**")]]
    second = [[name, *cells] for name, cells in kept.items()] + [
        ["done again for nothing", *counted(kept, "redone")],
        ["never kept", *counted(kept, "never kept")],
    ]
    problems = "\n".join(["What *not expressible* stands for:", "", *errors]) if errors else ""
    return f"""
A step computes ``z`` as twice ``x`` and takes 0.3 s. It is run in a fresh process, run again in another (is anything
kept?), then its code is edited and a third process asks once more. *Stale*: the third process answered with what the
old code computed, and said nothing. *Never kept*: right, because the work is done each time. The libraries are used as
their documentation shows, with their caches switched on; the code is the same but for the class a step inherits from.

{table(["edit", *heads], first)}

Edits that change no result, and code that keeps something between calls: the work should not be done again. (Who does
not look at the code hits here without merit.)

{table(["edit", *heads], second)}

{problems}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environments", type=Path, help="folder in which environments are kept and used again")
    parser.add_argument("--only", help="measure one library and print the verdicts, writing no page")
    parser.add_argument("--workers", type=int, default=2, help="processes at once")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        kept = arguments.environments or Path(place)
        chosen = [each for each in LIBRARIES if arguments.only in (None, each.distribution)]
        python = {library.title: environment(library, kept.resolve()) for library in chosen}
        noticed, not_redone, errors = measured(python, arguments.workers)
        heads = [f"{library.title} {version(library, python[library.title])}" for library in chosen]
    text = page(heads, noticed, not_redone, errors)
    if arguments.only:
        print(text)
        return
    write_page("stale", "Stale results after an edit", "python benchmarks/stale.py", text)


if __name__ == "__main__":
    main()
