"""LeakBench: leaks and their clean twins, put to mlsys and to other libraries, scored against what was expected.

Run: ``OMP_NUM_THREADS=1 python benchmarks/leakbench.py``; with ``--environments folder`` the other libraries are asked
again, in environments that are kept there, else the page tells what they said last; with ``--kept folder`` what was
said of each case is kept there, and only what is missing is asked; with names, or with ``--half tuned``, only those
cases are asked, and no page is written. Writes ``docs/benchmarks/leakbench.rst``, and the measurement beside the first
one in ``leakbench/*.json``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from leakbench.asked_elsewhere import PEERS, environment, versions, write_questions
from leakbench.asked_elsewhere import ask as ask_peer
from leakbench.cases import CASES
from leakbench.cases.limits import LIMITS
from leakbench.halves import HALVES, of_half
from leakbench.measured import scored, write
from leakbench.others import KEPT, others
from leakbench.page import page
from leakbench.real import available
from measuring import table, write_page

COMMAND = "OMP_NUM_THREADS=1 python benchmarks/leakbench.py"


def elsewhere(folder: Path) -> str:
    """Ask other libraries about all cases, and keep the section of the page that tells what they say."""
    answers, found = {}, {}
    with tempfile.TemporaryDirectory() as place:
        write_questions(CASES, Path(place))
        for peer in PEERS:
            python = environment(peer, folder)
            answers[peer.name] = ask_peer(peer, python, Path(place))
            found[peer.name] = versions(peer, python)
            print(f"asked {peer.name} {found[peer.name]}", file=sys.stderr, flush=True)
    KEPT.write_text(others(answers, found), encoding="utf-8")
    return KEPT.read_text(encoding="utf-8")


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
    parser.add_argument("--environments", type=Path, help="ask other libraries, in environments kept in this folder")
    parser.add_argument("--kept", type=Path, help="folder in which what was said of each case is kept and used again")
    parser.add_argument("--half", choices=HALVES, help="ask only the cases of this half")
    arguments = parser.parse_args()
    unknown = set(arguments.cases) - {case.name for case in CASES}
    if unknown:
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
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
    told = elsewhere(arguments.environments.resolve()) if arguments.environments else KEPT.read_text(encoding="utf-8")
    limits = [scored(case, kept) for case in LIMITS]
    write_page("leakbench", "LeakBench", COMMAND, page(scores, limits, told.strip(), on_real_data(kept)))


if __name__ == "__main__":
    main()
