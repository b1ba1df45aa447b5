"""Which rows evaluated which models: stored in the folder for tracked runs, and while the process lives."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from mlsys import folder

FILE = "judged.jsonl"
MOST_READ = 1_000_000
"""Bytes of the file that are read, from its end: some 5,000 judgings."""
_NO_OTHER = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Flags that refuse links and pipes, which somebody else may have put there."""


@dataclass(frozen=True)
class Judging:
    """One model evaluated on some rows; only digests, so that nothing of the rows is stored.

    Parameters
    ----------
    rows : str
        Digest of the rows: ids and targets.
    said : str
        Digest of the predictions: a model with equal predictions is the same model.
    dealing : str
        Digest of the rows and the split without its seed; empty if no seed is involved.
    seed : int
        The seed of the split.
    score : float
        The headline metric, greater is better; minus infinity if there is none.
    chosen : int
        Number of candidates that these rows chose from; 0 if nothing was chosen.
    trained : str
        Digest of all steps without the seeds of the model; empty if it has none.
    model_seed : str
        The seeds of the model.
    """

    rows: str
    said: str
    dealing: str = ""
    seed: int = 0
    score: float = float("-inf")
    chosen: int = 0
    trained: str = ""
    model_seed: str = ""


_here: dict[str, list[Judging]] = {}
"""Evaluations by folder: those of tests and other projects do not count."""


def judgings() -> list[Judging]:
    """Return earlier evaluations, the oldest first, including repeated ones."""
    return [*_kept(), *_here.get(str(folder.home()), [])]


def note_judging(judging: Judging, keep: bool) -> None:
    """Record that some rows evaluated a model; stored beyond the process if its run is stored."""
    if not (keep and _written(judging)):
        _here.setdefault(str(folder.home()), []).append(judging)


def _written(judging: Judging) -> bool:
    line = (json.dumps(asdict(judging)) + "\n").encode()
    try:
        file = os.open(folder.made() / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _NO_OTHER, 0o600)
    except OSError:  # the run itself says where its folder cannot be written
        return False
    try:
        return os.write(file, line) == len(line)  # at once, so that two processes do not mix theirs
    except OSError:
        return False
    finally:
        os.close(file)


def _kept() -> Iterator[Judging]:
    try:
        path = folder.home() / FILE
        if not stat.S_ISREG(path.lstat().st_mode):  # a pipe would never end
            return
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - MOST_READ))
            lines = file.read().splitlines()[1 if size > MOST_READ else 0 :]
    except OSError:
        return
    for line in lines:
        try:
            yield Judging(**json.loads(line))
        except (ValueError, TypeError):  # cut off, or of another version
            continue
