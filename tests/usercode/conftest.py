"""Modules of a user, written and imported for one test and then gone."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


class Modules:
    """Writes modules, by full name, into a folder and imports the first of them."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __call__(self, **modules: str) -> Any:
        self.forgotten()
        for name, text in modules.items():
            sys.modules.pop(name, None)  # of the same name, from a model that was loaded
            path = self.place / f"{name.replace('.', '/')}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        sys.path.insert(0, str(self.place))
        importlib.invalidate_caches()
        return importlib.import_module(next(iter(modules)))

    def forgotten(self) -> None:
        """Leave the process as if the modules had never been there; their files stay."""
        sys.path[:] = [each for each in sys.path if each != str(self.place)]
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", "")).startswith(str(self.place)):
                del sys.modules[name]


@pytest.fixture
def user(tmp_path: Path) -> Iterator[Modules]:
    """Modules of a user."""
    place = tmp_path / "user"
    place.mkdir()
    modules = Modules(place)
    yield modules
    modules.forgotten()
