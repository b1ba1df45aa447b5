"""Which code ran: the script, its commit, and whether it has changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def code_state() -> dict[str, str]:
    """Return the commit of the script's repository and whether it has changes, where there is one."""
    where = Path(getattr(sys.modules.get("__main__"), "__file__", "") or ".").resolve()
    folder = where if where.is_dir() else where.parent
    script = where.name if where.is_file() else "notebook"
    shown = {"code.script": script, "mlflow.source.name": script, "mlflow.source.type": "LOCAL"}
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return {**shown, "code.commit": "not under version control"}
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return {
        "mlflow.source.git.commit": commit,
        "code.commit": commit[:12],
        "code.dirty": "yes" if changed else "no",
        **shown,
    }


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
