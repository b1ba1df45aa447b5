"""Which rows have judged which models: kept in the folder for runs that are tracked, and while the process lives."""

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
"""Neither a link nor a pipe, which somebody else may have put there."""


@dataclass(frozen=True)
class Judging:
    """One model judged by some rows; digests, so that nothing of the rows is kept.

    Parameters
    ----------
    rows : str
        Of the rows: ids and targets.
    said : str
        Of what the model said of them: a model that says the same is no other one.
    dealing : str
        Of what was dealt out, and how, seed aside; empty where no seed decides.
    seed : int
        The seed of the split.
    score : float
        The headline metric, greater for a better one; minus infinity where there is none.
    """

    rows: str
    said: str
    dealing: str = ""
    seed: int = 0
    score: float = float("-inf")


_here: dict[str, list[Judging]] = {}
"""By folder: what a test or another project judged is of no concern."""


def judgings() -> list[Judging]:
    """Return what was judged before, the oldest first; repeated ones stand as often as they were judged."""
    return [*_kept(), *_here.get(str(folder.home()), [])]


def note_judging(judging: Judging, keep: bool) -> None:
    """Note that some rows judged a model; kept beyond the process where its run is kept as well."""
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
