"""The command ``mlsys``: send runs that wait for MLflow, look at the cache and empty it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import nullcontext

from mlsys.settings import override


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 1 when something goes on waiting.

    Parameters
    ----------
    argv : sequence of str, optional
        Words after ``mlsys``; by default those that were typed.

    Examples
    --------
    >>> from mlsys.cli import main
    >>> main(["sync"])
    nothing waits in ...
    0
    """
    words = _parser().parse_args(argv)
    with override(folder=words.folder) if words.folder else nullcontext():
        if words.command == "sync":
            return _sync(words.uri)
        return _cache(words.action)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mlsys", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    sync = commands.add_parser("sync", help="send the runs that wait to MLflow, each into exactly one run")
    sync.add_argument("--uri", help="a store to send them to; without it, each goes where it was meant to go")
    cache = commands.add_parser("cache", help="what earlier runs left for later ones")
    cache.add_argument("action", choices=["show", "clear"])
    for each in (sync, cache):
        each.add_argument("--folder", help="mlsys' own folder; by default .mlsys in the working directory")
    return parser


def _sync(uri: str | None) -> int:
    from mlsys.tracking import sync

    report = sync(uri)
    print(report)
    return 1 if report.waiting else 0


def _cache(action: str) -> int:
    from mlsys.cache import commands

    print(commands.show() if action == "show" else commands.clear())
    return 0
