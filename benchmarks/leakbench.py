"""LeakBench: leaks and their clean twins, put to mlsys and to other libraries, scored against what was expected.

Run: ``OMP_NUM_THREADS=1 python benchmarks/leakbench.py``; with ``--environments folder`` the other libraries'
environments and answers are kept there; with ``--kept folder`` what was said of each case is kept there, and only what
is missing is asked; with names, or with ``--half tuned``, only those cases are asked, and no page is written.
Writes ``docs/benchmarks/leakbench.rst``, and the measurement beside the first one in ``leakbench/*.json``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import astuple
from pathlib import Path
from typing import Any

from leakbench.asked_elsewhere import PEERS, Told, environment, versions, write_questions
from leakbench.asked_elsewhere import ask as ask_peer
from leakbench.cases import CASES
from leakbench.cases.limits import LIMITS
from leakbench.halves import HALVES, of_half
from leakbench.measured import scored, write
from leakbench.page import page
from leakbench.real import available
from measuring import table, write_page

COMMAND = "OMP_NUM_THREADS=1 python benchmarks/leakbench.py"


def elsewhere(folder: Path, again: bool) -> tuple[dict[str, dict[str, Told]], dict[str, str]]:
    """Return what other libraries say of all cases, and their versions; the answers are kept beside the environments.

    With ``again`` those of the last time are taken: they do not change when only mlsys does.
    """
    kept = folder / "answers.json"
    if not again:
        folder.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(_asked(folder)), encoding="utf-8")
    found = json.loads(kept.read_text(encoding="utf-8"))
    answers = {name: {trial: Told(*told) for trial, told in each["told"].items()} for name, each in found.items()}
    return answers, {name: each["version"] for name, each in found.items()}


def _asked(folder: Path) -> dict[str, dict[str, Any]]:
    found = {}
    with tempfile.TemporaryDirectory() as place:
        write_questions(CASES, Path(place))
        for peer in PEERS:
            python = environment(peer, folder)
            told = {trial: astuple(each) for trial, each in ask_peer(peer, python, Path(place)).items()}
            found[peer.name] = {"version": versions(peer, python), "told": told}
            print(f"asked {peer.name} {found[peer.name]['version']}", file=sys.stderr, flush=True)
    return found


def on_real_data(kept: Path) -> str:
    """Return the table of real data; what is absent is said."""
    rows = []
    for case, missing in available():
        if missing:
            rows.append([case.name, case.means, f"**skipped**: {missing}", "", ""])
            continue
        score = scored(case, kept)
        said = score.counted[0].said.split(";")[0] if score.counted else "nothing"
        clean = "; ".join(score.accused) or "nothing"
        rows.append([case.name, case.means, score.verdict, said[:150], clean[:150]])
    return table(["data", "leak", "verdict", "said of the leak", "said of the twin"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", help="names of cases; all when not given")
    parser.add_argument("--environments", type=Path, help="folder in which environments are kept and used again")
    parser.add_argument("--kept", type=Path, help="folder in which what was said of each case is kept and used again")
    parser.add_argument("--half", choices=HALVES, help="ask only the cases of this half")
    parser.add_argument("--again", action="store_true", help="take the other libraries' answers of the last time")
    arguments = parser.parse_args()
    unknown = set(arguments.cases) - {case.name for case in CASES}
    if unknown:
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    if arguments.again and arguments.environments is None:
        parser.error("--again needs --environments, where answers were kept")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        _measure(arguments, Path(place))


def _measure(arguments: argparse.Namespace, place: Path) -> None:
    kept = (arguments.kept or place / "kept").resolve()
    asked = of_half(CASES, arguments.half) if arguments.half else CASES
    scores = [scored(case, kept) for case in asked if not arguments.cases or case.name in arguments.cases]
    if arguments.cases or arguments.half:
        for score in scores:
            print(*[each.said for each in score.leaky.accusations], sep="\n")
        return
    write(scores)
    others, installed = elsewhere((arguments.environments or place / "peers").resolve(), arguments.again)
    limits = [scored(case, kept) for case in LIMITS]
    write_page("leakbench", "LeakBench", COMMAND, page(scores, limits, others, installed, on_real_data(kept)))


if __name__ == "__main__":
    main()
