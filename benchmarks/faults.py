"""What becomes of runs, folders and stores that are killed, damaged, slow, full or many: one table.

Run: ``python benchmarks/faults.py``; with names (``kills``, ``kills.sync``) only those lines are measured and changed,
with ``--times`` each so often only, and nothing is kept; ``--more 20`` adds 20 times to what is kept. ``--page`` writes
the page from what was measured.
Writes ``docs/benchmarks/faults.rst``, and the figures beside it, one file a kind.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil

import faults
from faults.fault import FAULTS, Fault
from faults.page import keep, kept, page
from measuring import write_page

COMMAND = "OMP_NUM_THREADS=1 python benchmarks/faults.py"


def registered() -> dict[str, Fault]:
    """Return all faults; each module of the package registers its own when it is imported."""
    for module in pkgutil.iter_modules(faults.__path__):
        importlib.import_module(f"faults.{module.name}")
    return FAULTS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", help="kinds, or single lines of them; all when not given")
    parser.add_argument("--times", type=int, help="how often; nothing is kept then")
    parser.add_argument("--more", type=int, help="measure so many times more, and add them to what is kept")
    parser.add_argument("--page", action="store_true", help="measure nothing, write the page")
    parser.add_argument("--list", action="store_true", help="print the names of all lines")
    arguments = parser.parse_args()
    known = registered()
    if arguments.list:
        print(*(f"{name} ({each.times}): {each.tried}" for name, each in known.items()), sep="\n")
        return
    asked = {name for kind in arguments.kinds for name in known if kind in {name, name.partition(".")[0]}}
    wrong = [kind for kind in arguments.kinds if not any(kind in {n, n.partition(".")[0]} for n in known)]
    if wrong:
        parser.error(f"no such fault: {', '.join(wrong)}; --list shows all")
    for name, each in known.items():
        if arguments.page or (asked and name not in asked):
            continue
        before = kept().get(name) if arguments.more else None
        done = before.times if before else 0
        if arguments.more and done >= each.times:
            continue
        wanted = min(arguments.more, each.times - done) if arguments.more else arguments.times
        line = each.measured(wanted, done)
        print(name, line, flush=True)
        if arguments.times is None:
            keep(name, before + line if before else line)
    if arguments.times is None:
        write_page("faults", "Faults", COMMAND, page(kept()))


if __name__ == "__main__":
    main()
