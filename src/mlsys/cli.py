"""The command ``mlsys``: look at runs, send those that wait, run one again, predict, check, promote, roll back."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlsys.errors import ConfigurationError, MlsysError
from mlsys.files import refuse_no_place
from mlsys.settings import override
from mlsys.version import __version__

if TYPE_CHECKING:
    import pandas as pd

REFUSED = 2
"""Exit status when something asked for cannot be done; 1 is a plain no."""
LOOKED_AT_LATER = 3
"""Exit status of a check that has found drift which needs nobody tonight."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status.

    Parameters
    ----------
    argv : sequence of str, optional
        Words after ``mlsys``; by default those that were typed.

    Returns
    -------
    int
        0 when done; 1 when the answer is no: something goes on waiting, a run is not the same again, a check pages, a
        version is not promoted; 2 when it could not be done, with the reason on standard error; 3 when a check has a
        ticket.

    Examples
    --------
    >>> from mlsys.cli import main
    >>> main(["sync"])
    nothing is waiting in ...
    0
    """
    parser = _parser()
    words = parser.parse_args(argv)
    if words.command is None:
        parser.print_help()
        return 0
    try:
        with override(folder=words.folder) if words.folder else nullcontext():
            return _COMMANDS[words.command](words)
    except MlsysError as error:
        print(f"mlsys {words.command}: {error}", file=sys.stderr)
        return REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mlsys", description=__doc__)
    parser.add_argument("--version", action="version", version=f"mlsys {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    made: dict[str, argparse.ArgumentParser] = {}
    for name, said in _SAID.items():
        made[name] = commands.add_parser(name, help=said, description=said)
        made[name].add_argument("--folder", help="folder of mlsys; by default .mlsys in the working directory")
    for name in ("show", "report", "reproduce"):
        made[name].add_argument("run", help="MLflow's id of the run, or run.id")
    made["report"].add_argument("file", nargs="?", help="file to write; by default <run>.html")
    made["predict"].add_argument("model", help="a folder, a run id, models:/name@alias or models:/name/3")
    made["predict"].add_argument("rows", help="a CSV or Parquet file")
    made["predict"].add_argument("answers", nargs="?", help="the CSV or Parquet file to write")
    made["predict"].add_argument("--check", action="store_true", help="only check whether the rows can be predicted")
    check = made["check"]
    check.add_argument("model", help="the folder of a monitor; or a folder, run id or models:/name@alias of a model")
    check.add_argument("rows", help="a CSV or Parquet file with today's rows")
    check.add_argument("--labels", help="a CSV or Parquet file with labels that are known by now")
    check.add_argument("--monitor", help="folder of the monitor; by default the one kept for the model's run")
    check.add_argument("--webhook", action="append", default=[], help="web address to tell; may be repeated")
    check.add_argument("--alert-on", choices=["page", "ticket"], default="page", help="which checks are told")
    check.add_argument("--mlflow", action="store_true", help="add the check to the run in MLflow, as metrics over time")
    check.add_argument("--report", help="HTML file to write: all checks over time")
    made["promote"].add_argument("model", help="name of the registered model")
    made["promote"].add_argument("version", help="number of a version, or an alias that names it, such as challenger")
    made["promote"].add_argument("--to", default="champion", metavar="ALIAS", help="alias to set; by default champion")
    made["promote"].add_argument("--reason", default="", help="needed for a version that mlsys has not evaluated")
    made["roll-back"].add_argument("model", help="name of the registered model")
    made["roll-back"].add_argument("--alias", default="champion", help="alias to move back; by default champion")
    made["plan"].add_argument("script", help="a Python file; code outside its __main__ block is run")
    made["sync"].add_argument("--uri", help="store to send them to; by default each run goes to its intended store")
    made["cache"].add_argument("action", choices=["show", "clear"])
    return parser


_SAID = {
    "show": "print the card of a run",
    "report": "write the report of a run as one HTML file",
    "reproduce": "run a tracked run again from its own code, and check that every step gives the same result",
    "predict": "predict the rows of a file with a saved or registered model",
    "check": "check rows for drift, and a model for a higher loss, with a monitor",
    "promote": "point an alias to another version of a registered model",
    "roll-back": "point an alias of a registered model back to its previous version",
    "plan": "print the plans of the pipelines in a script",
    "sync": "send waiting runs to MLflow, each into exactly one run",
    "cache": "show or empty the cache of earlier results",
}


def _show(words: argparse.Namespace) -> int:
    from mlsys.outcome import outcome_of_run

    print(outcome_of_run(words.run))
    return 0


def _report(words: argparse.Namespace) -> int:
    from mlsys.outcome import outcome_of_run
    from mlsys.outcome.report import report
    from mlsys.unfinished import whole

    outcome = outcome_of_run(words.run)
    path = Path(words.file or f"{outcome.run[:12]}.html")
    refuse_no_place(path)
    with whole(path) as making:
        making.write_text(report(outcome), encoding="utf-8")
    print(path)
    return 0


def _reproduce(words: argparse.Namespace) -> int:
    from mlsys.run import reproduce

    found = reproduce(words.run)
    print(found)
    return 0 if found else 1


def _predict(words: argparse.Namespace) -> int:
    from mlsys.serving import load
    from mlsys.unfinished import whole

    if not words.check and words.answers is None:
        raise ConfigurationError("no file for the predictions was named", "name one, or use only --check")
    rows = _read(Path(words.rows))
    answers = load(words.model).predict(rows)
    if not words.check:
        path = Path(words.answers)
        refuse_no_place(path)
        write: Callable[[Path], Any] = answers.to_parquet if _is_parquet(path) else _as_csv(answers)
        with whole(path) as making:
            write(making)
    print(f"{len(answers):,} rows {'can be' if words.check else 'are'} predicted")
    return 0


def _check(words: argparse.Namespace) -> int:
    from mlsys.drift import Monitor, Webhook
    from mlsys.drift.watching.kept import holds_monitor
    from mlsys.serving import load
    from mlsys.serving.loaded import with_answers

    rows, folder = _read(Path(words.rows)), Path(words.monitor or words.model)
    if words.monitor or not holds_monitor(folder):
        model = load(words.model)
        rows = with_answers(model, rows)
        monitor = Monitor.load(folder) if words.monitor else Monitor.from_run(model.details.get("run", ""))
    else:
        monitor = Monitor.load(folder)
    labels = None if words.labels is None else _read(Path(words.labels))
    hooks = [Webhook(url) for url in words.webhook]
    check = monitor.check(rows, labels, alert=hooks, alert_on=words.alert_on)
    print(check)
    if words.report:
        print(monitor.history.report(words.report, title=f"Monitor of {Path(words.model).name}"))
    if words.mlflow:
        print(f"the check is in MLflow, run {monitor.history.to_mlflow()}")
    return {"page": 1, "ticket": LOOKED_AT_LATER}.get(check.level, 0)


def _promote(words: argparse.Namespace) -> int:
    from mlsys.run import promote

    done = promote(words.model, words.version, to=words.to, reason=words.reason)
    print(done)
    return 0 if done else 1


def _roll_back(words: argparse.Namespace) -> int:
    from mlsys.run import roll_back

    print(roll_back(words.model, words.alias))
    return 0


def _plan(words: argparse.Namespace) -> int:
    import runpy

    from mlsys.pipeline import Pipeline

    path = Path(words.script)
    if not path.is_file():
        raise ConfigurationError(f"there is no script {words.script!r}", "give the path of a Python file")
    sys.path.insert(0, str(path.resolve().parent))
    try:
        made = runpy.run_path(str(path), run_name="mlsys plan")
    finally:
        sys.path.pop(0)
    plans = [each.plan() for each in made.values() if isinstance(each, Pipeline)]
    if not plans:
        raise ConfigurationError(f"{words.script!r} creates no pipeline", "assign it to a name outside functions")
    print("\n\n".join(map(repr, plans)))
    return 0


def _sync(words: argparse.Namespace) -> int:
    from mlsys.tracking import sync

    report = sync(words.uri)
    print(report)
    return 1 if report.waiting else 0


def _cache(words: argparse.Namespace) -> int:
    from mlsys.cache import commands

    print(commands.show() if words.action == "show" else commands.clear())
    return 0


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "show": _show, "report": _report, "reproduce": _reproduce, "predict": _predict, "check": _check,
    "promote": _promote, "roll-back": _roll_back, "plan": _plan, "sync": _sync, "cache": _cache,
}  # fmt: skip


def _read(path: Path) -> pd.DataFrame:
    from mlsys.data import ReadCSV, ReadParquet

    return (ReadParquet if _is_parquet(path) else ReadCSV)(str(path)).read()


def _as_csv(answers: pd.DataFrame) -> Callable[[Path], Any]:
    return lambda path: answers.to_csv(path, index=False)


def _is_parquet(path: Path) -> bool:
    return path.suffix in {".parquet", ".pq"}
