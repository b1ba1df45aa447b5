"""The library's own folder: ``.mlsys`` beside the script, closed to others, left alone by git."""

from __future__ import annotations

import sys
from pathlib import Path

from mlsys.settings import settings

NAME = ".mlsys"
ONLY_OWNER = 0o700
_IGNORE = "# Made by mlsys: cache, runs that wait for MLflow, predictions. Can be removed at any time.\n*\n"


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
    """Return a folder inside, made where it is missing, readable by its owner alone.

    Raises
    ------
    OSError
        When it cannot be made or written; callers say what that costs.

    Examples
    --------
    >>> made("cache").is_dir()
    True
    """
    top = home()
    if not (top / ".gitignore").is_file():
        top.mkdir(mode=ONLY_OWNER, parents=True, exist_ok=True)
        (top / ".gitignore").write_text(_IGNORE, encoding="utf-8")
    folder = top
    for part in parts:
        folder = folder / part
        folder.mkdir(mode=ONLY_OWNER, exist_ok=True)
    return folder


def _beside_the_script() -> Path:
    """Return the script's folder; the working directory for notebooks, prompts and installed programs."""
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    if not file or not Path(file).is_file():
        return Path.cwd()
    folder = Path(file).resolve().parent
    own = str(Path(__file__).parent)
    installed = {Path(place).resolve() for place in (sys.prefix, sys.base_prefix, sys.exec_prefix, own)}
    return Path.cwd() if any(folder.is_relative_to(place) for place in installed) else folder
