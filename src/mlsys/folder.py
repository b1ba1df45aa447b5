"""The library's own folder: ``.mlsys`` beside the script, closed to others, left alone by git."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

from mlsys.settings import settings
from mlsys.unfinished import whole

NAME = ".mlsys"
MARK = ".gitignore"
ONLY_OWNER = 0o700
_IGNORE = "# Made by mlsys: cache, runs that wait for MLflow, predictions. Can be removed at any time.\n*\n"
_INSIDE = "set MLSYS_FOLDER to a folder inside it"


def home() -> Path:
    """Return the folder, without making it.

    Examples
    --------
    >>> home().name
    '.mlsys'
    """
    chosen = settings().folder
    return Path(chosen).expanduser() if chosen else _beside_the_script() / NAME


def made(*parts: str) -> Path:
    """Return a folder inside, made where it is missing, open to its owner alone.

    Raises
    ------
    OSError
        When it cannot be made or written, or belongs to somebody else; callers say what that costs.

    Examples
    --------
    >>> made("cache").is_dir()
    True
    """
    top = home()
    top.mkdir(mode=ONLY_OWNER, parents=True, exist_ok=True)
    if _is_ours(top):
        _close(top)
    else:
        _refuse_strange(top, _INSIDE)
        _refuse_open(top, _INSIDE)
    if not os.path.lexists(top / MARK):
        with whole(top / MARK) as making:
            making.write_text(_IGNORE, encoding="utf-8")
    folder = top
    for part in parts:
        folder = folder / part
        folder.mkdir(mode=ONLY_OWNER, exist_ok=True)
        _close(folder)
    return folder


def _is_ours(top: Path) -> bool:
    """Whether a folder was made by this library or for it, rather than chosen among the user's own."""
    mark = top / MARK
    return top.name == NAME or (mark.is_file() and mark.read_bytes() == _IGNORE.encode()) or not any(top.iterdir())


def _close(folder: Path) -> None:
    """Close a folder of the user's to everybody else."""
    remedy = "set MLSYS_FOLDER to a folder of your own"
    _refuse_strange(folder, remedy)
    if stat.S_IMODE(folder.stat().st_mode) & ~ONLY_OWNER:
        try:
            folder.chmod(ONLY_OWNER)
        except OSError:  # a file system that is read-only or knows no modes
            _refuse_open(folder, remedy)


def _refuse_strange(folder: Path, remedy: str) -> None:
    """Refuse what belongs to another user; of a link its owner counts too, who may point it elsewhere."""
    if {folder.lstat().st_uid, folder.stat().st_uid} != {os.geteuid()}:
        raise PermissionError(errno.EPERM, f"the folder belongs to another user; {remedy}", str(folder))


def _refuse_open(folder: Path, remedy: str) -> None:
    """Refuse what others may write to: they could lay anything into it."""
    if stat.S_IMODE(folder.stat().st_mode) & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(errno.EPERM, f"others may write to the folder; {remedy}", str(folder))


def _beside_the_script() -> Path:
    """Return the script's folder; the working directory for notebooks, prompts and installed programs."""
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    if not file or not Path(file).is_file():
        return Path.cwd()
    folder = Path(file).resolve().parent
    own = str(Path(__file__).parent)
    installed = {Path(place).resolve() for place in (sys.prefix, sys.base_prefix, sys.exec_prefix, own)}
    return Path.cwd() if any(folder.is_relative_to(place) for place in installed) else folder
