"""The same cases put to other libraries: environments, questions written to disk, answers read back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from leakbench.case import ByHand, Case, Trial

DRIVERS = Path(__file__).parent / "peers"


@dataclass(frozen=True)
class Peer:
    """One other library.

    Parameters
    ----------
    name : str
        Of the distribution and of its driver.
    packages : tuple of str
        To install; bounds only where the newest version does not import.
    module : str
        What must import.
    given, counts : str
        What it is given; what counts as an accusation.
    shown : tuple of str
        Other distributions whose versions are told.
    """

    name: str
    packages: tuple[str, ...]
    module: str
    given: str
    counts: str
    shown: tuple[str, ...] = ()


PEERS = (
    Peer(
        "deepchecks",
        ("deepchecks", "pandas<3", "numpy<2", "scikit-learn<1.8", "pyarrow<22", "setuptools"),
        "deepchecks.tabular",
        "both parts, with label, time, and the group or else the id as index",
        "a condition that is not met, of the checks of its suites that speak of leakage",
        ("pandas", "numpy", "scikit-learn"),
    ),
    Peer(
        "preventleak",
        ("preventleak", "pandas", "pyarrow"),
        "preventleak",
        "both parts as numbers; group and time where the split by hand ignores them",
        "a duplicate across the parts, or a gap whose interval lies above zero",
        ("pandas", "numpy"),
    ),
    Peer(
        "trustcv",
        ("trustcv", "pandas", "pyarrow"),
        "trustcv",
        "both parts as numbers, group or else id, time; the table before and after preparation",
        "any kind of leakage that it reports",
        ("pandas", "numpy"),
    ),
    Peer(
        "mlw",
        ("mlw", "pyarrow"),
        "ml",
        "both parts; for what is done with parts, its own verbs",
        "a check that does not pass, or a guard's error",
        ("pandas",),
    ),
    Peer(
        "skore",
        ("skore", "pandas", "pyarrow"),
        "skore",
        "a logistic regression on both parts",
        "a golden feature as good as the target itself, or times that overlap",
        ("scikit-learn",),
    ),
    Peer(
        "skrub",
        ("skrub", "pandas", "pyarrow"),
        "skrub",
        "training rows; a learner applied before ``mark_as_X``",
        "Cramer's V of .8 with the target, or any word about the order",
        ("scikit-learn",),
    ),
)


@dataclass(frozen=True)
class Told:
    """What another library said of one trial; ``why`` it was not asked, or what it said aside.

    A column is right where it names one of those expected.
    """

    said: tuple[str, ...]
    columns: tuple[str, ...]
    asked: bool
    why: str = ""

    @property
    def accuses(self) -> bool:
        """Whether it holds anything against the trial."""
        return self.asked and bool(self.said)


def environment(peer: Peer, folder: Path) -> Path:
    """Return the interpreter of a peer's environment, made where it is missing."""
    python = folder / peer.name / "bin" / "python"
    if not python.exists():
        venv.create(folder / peer.name, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *peer.packages], check=True)
    subprocess.run([str(python), "-c", f"import {peer.module}"], check=True, stdout=subprocess.DEVNULL)
    return python


def versions(peer: Peer, python: Path) -> str:
    """Return what is installed, in words."""
    names = [peer.name, *peer.shown]
    program = f"import importlib.metadata as m; print(*[m.version(name) for name in {names!r}])"
    found = subprocess.run([str(python), "-c", program], capture_output=True, text=True, check=True).stdout.split()
    rest = ", ".join(f"{name} {version}" for name, version in zip(names[1:], found[1:], strict=True))
    return f"{found[0]} ({rest})" if rest else found[0]


def write_questions(cases: Sequence[Case], folder: Path) -> None:
    """Write both trials of each case that can be said without this library."""
    for case in cases:
        for twin, trial in (("leaky", case.leaky()), ("clean", case.clean())):
            if trial.by_hand is not None:
                _write(trial, trial.by_hand, folder / f"{case.name}.{twin}")


def ask(peer: Peer, python: Path, questions: Path) -> dict[str, Told]:
    """Put all questions in one process; the answers by trial."""
    variables = {
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
        "DEEPCHECKS_DISABLE_LATEST": "1",
        "PYTHONWARNINGS": "ignore",
    }
    command = [str(python), str(DRIVERS / f"with_{peer.name}.py"), str(questions)]
    done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=False)
    lines = [json.loads(line[5:]) for line in done.stdout.splitlines() if line.startswith("TOLD ")]
    if done.returncode:
        print(f"{peer.name} ended with code {done.returncode}: {done.stderr.strip()[-2000:]}", file=sys.stderr)
    return {
        each["name"]: Told(tuple(each["said"]), tuple(each["columns"]), each["asked"], each["why"]) for each in lines
    }


def _write(trial: Trial, by_hand: ByHand, folder: Path) -> None:
    folder.mkdir(parents=True)
    train, test, original = _parts(trial, by_hand)
    drop = [name for name in (*by_hand.drop, *_excluded(trial)) if name in train.columns]
    for name, frame in (("train", train), ("test", test)):
        frame.drop(columns=drop).to_parquet(folder / f"{name}.parquet")
    kept = [name for name in original.columns if name not in drop]
    original[kept].to_parquet(folder / "original.parquet")
    roles = {role: trial.roles.get(role) for role in ("target", "time", "group", "id")}
    asked = {role: name if name in train.columns and name not in drop else None for role, name in roles.items()}
    told = {
        **asked,
        "split": by_hand.split,
        "learner": by_hand.learner,
        "columns": list(by_hand.columns),
        "deed": by_hand.deed,
    }
    (folder / "question.json").write_text(json.dumps(told), encoding="utf-8")


def _excluded(trial: Trial) -> list[str]:
    """Columns that the pipeline excludes, but for those that have a role."""
    named = {trial.roles.get(role) for role in ("target", "time", "group", "id")}
    return [name for name in trial.roles.get("exclude", ()) if name not in named]


def _parts(trial: Trial, by_hand: ByHand) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return training rows, judged rows, and all rows before anything was done."""
    if isinstance(trial.data, dict):
        parts = {name: by_hand.prepare(frame).reset_index(drop=True) for name, frame in trial.data.items()}
        return parts["train"], parts["validation"], pd.concat(trial.data.values(), ignore_index=True)
    rows = by_hand.prepare(trial.data).reset_index(drop=True)
    train = _training(rows, trial, by_hand)
    test = ~train
    if by_hand.split not in ("random", "time", "group"):
        test &= rows[by_hand.split].notna().to_numpy()
        rows = rows.drop(columns=by_hand.split)
    return rows[train].reset_index(drop=True), rows[test].reset_index(drop=True), trial.data


def _training(rows: pd.DataFrame, trial: Trial, by_hand: ByHand) -> np.ndarray:
    """Say which rows train: six in ten, dealt as the case says."""
    rng = np.random.default_rng(0)
    if by_hand.split == "random":
        return rng.random(len(rows)) < 0.6
    if by_hand.split == "time":
        times = rows[trial.roles["time"]]
        return (times < times.sort_values().iloc[int(0.6 * len(rows))]).to_numpy()
    if by_hand.split == "group":
        codes, names = pd.factorize(rows[trial.roles["group"]])
        return (rng.random(len(names)) < 0.6)[codes]
    return (rows[by_hand.split] == "train").to_numpy()
