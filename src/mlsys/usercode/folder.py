"""The code of a model's folder, imported under a separate name when it is first needed."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import xxhash

from mlsys.errors import StateError

CODE = "code"
"""Name of the folder's part that holds code."""


def write_code(folder: Path, files: Mapping[str, str]) -> None:
    """Write modules, by file name, where :class:`FolderCode` finds them; nothing where there are none."""
    if files:
        (folder / CODE).mkdir()
        for file, text in {"__init__.py": "", **files}.items():
            (folder / CODE / file).write_text(text, encoding="utf-8")


class FolderCode:
    """Finds classes and functions by reference: in the folder's own modules first, then in installed ones.

    Parameters
    ----------
    folder : Path
        A model's folder whose files were checked.
    """

    def __init__(self, folder: Path) -> None:
        place = folder / CODE
        files = {path.stem: path for path in sorted(place.glob("*.py"))} if place.is_dir() else {}
        content = xxhash.xxh3_128(str(place.resolve()).encode())
        for path in files.values():
            content.update(path.read_bytes())
        self._files = files
        self._package = f"mlsys_model_{content.hexdigest()}"
        if files and self._package not in _FINDER.known:
            _FINDER.known[self._package] = files

    def find(self, reference: str) -> Any:
        """Return what ``module:name`` stands for."""
        module, _, name = reference.partition(":")
        try:
            found: Any = importlib.import_module(f"{self._package}.{module}" if module in self._files else module)
            for part in name.split("."):
                found = getattr(found, part)
        except (ImportError, AttributeError, ValueError) as error:
            raise StateError(
                f"the model needs {reference!r}, which cannot be imported: {error}",
                "install the packages it was trained with, in the same versions",
            ) from error
        return found


class _Source(SourceFileLoader):
    """Compiles the file itself: a compiled file beside it, which nobody checked, is neither read nor written."""

    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


class _Finder:
    """Finds the modules of models' folders, by package and file."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, Path]] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, module = fullname.partition(".")
        file = self.known.get(package, {}).get(module or "__init__")
        if file is None:
            return None
        spec = importlib.util.spec_from_file_location(fullname, file, loader=_Source(fullname, str(file)))
        assert spec is not None
        if not module:  # a package without a place: its modules are found here, never by Python's own finder
            spec.submodule_search_locations = []
        return spec


_FINDER = _Finder()
sys.meta_path.append(_FINDER)
