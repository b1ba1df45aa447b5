"""Imports inside functions: which user modules they reach, and how a model's code finds these."""

from __future__ import annotations

import builtins
import dis
import functools
import importlib
import importlib.util
import os
import sys
import types
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mlsys.usercode.content import instructions
from mlsys.usercode.installed import is_installed, lies_among_packages

_IMPORT = dis.opmap["IMPORT_NAME"]


def imported(code: types.CodeType, package: str) -> list[str]:
    """Return the modules that code imports when it runs, by full name; code inside it is left out.

    Parameters
    ----------
    code : code object
        Of a function or a module.
    package : str
        What its relative imports start from.
    """
    if _IMPORT not in code.co_code[::2]:
        return []
    found, before = [], (None, None)
    for operation, value in instructions(code):
        if operation == "IMPORT_NAME":
            level, names = before
            module = absolute(value, level if isinstance(level, int) else 0, package)
            found += [module, *_own_among(module, names if isinstance(names, tuple) else ())]
        before = (before[1], value)
    return list(dict.fromkeys(each for each in found if each))


def absolute(name: str, level: int, package: str) -> str:
    """Return the full name of a module that is imported ``level`` packages up; empty where there is none.

    Examples
    --------
    >>> absolute("rates", 1, "shop.fees"), absolute("rates", 2, "shop.fees"), absolute("json", 0, "shop")
    ('shop.fees.rates', 'shop.rates', 'json')
    """
    try:
        return importlib.util.resolve_name("." * level + name, package) if level else name
    except ImportError:
        return ""


def reached(modules: Iterable[str]) -> list[str]:
    """Return modules and, where these are the user's, the packages around them and all that these import."""
    found: dict[str, None] = {}
    waiting = list(modules)
    while waiting:
        module = waiting.pop(0)
        if module in found:
            continue
        found[module] = None
        if not is_own(module):
            continue
        parent = module.rpartition(".")[0]
        file = file_of(module) or ""
        inside = [*([parent] if parent else ()), *_imported_by(module, file)]
        waiting += [each for each in inside if is_own(each)]
    return list(found)


def is_own(module: str) -> bool:
    """Whether a module, imported or not, is the user's and has a file."""
    file = None if is_installed(module) else file_of(module)
    return file is not None and file.endswith(".py") and not lies_among_packages(file)


def file_of(module: str) -> str | None:
    """Return the file of a module, which is not imported for that; ``None`` where there is none."""
    if module in sys.modules:
        return getattr(sys.modules[module], "__file__", None)
    spec, path, name = None, None, ""
    for part in module.split("."):
        name = f"{name}.{part}" if name else part
        if name != part and path is None:
            return None
        found = (finder.find_spec(name, path) for finder in sys.meta_path if hasattr(finder, "find_spec"))
        spec = next((each for each in found if each is not None), None)
        if spec is None:
            return None
        path = spec.submodule_search_locations
    return None if spec is None else spec.origin


def finds_beside(module: str, package: str, taken: Mapping[str, str]) -> dict[str, Any]:
    """Return builtins for a module of a model, whose functions import by name what was taken along beside it.

    So the code of a function stays what it was, and counts as the same in digests and seeds.

    Parameters
    ----------
    module : str
        Full name of the module in the model.
    package : str
        What relative imports started from where the code was written.
    taken : mapping of str to str
        By full name of a module of the user's, the name of the module beside.
    """
    beside = module.rpartition(".")[0]

    def find(name: str, space: Any = None, local: Any = None, names: Any = (), level: int = 0) -> Any:
        full = absolute(name, level, package)
        if full not in taken:
            return builtins.__import__(name, space, local, names, level)
        bound = full if names or level else full.partition(".")[0]  # import a.b binds a
        return importlib.import_module(f"{beside}.{taken[bound]}")

    return {**vars(builtins), "__import__": find}


def _own_among(module: str, names: Iterable[str]) -> Iterator[str]:
    """Yield the modules among the names that are imported from a package of the user's."""
    if module and not is_installed(module):
        yield from (full for name in names if is_own(full := f"{module}.{name}"))


def _imported_by(module: str, file: str) -> Iterator[str]:
    package = module if os.path.basename(file) == "__init__.py" else module.rpartition(".")[0]
    waiting = [compiled(file)]
    while waiting:
        code = waiting.pop()
        if code is not None:
            yield from imported(code, package)
            waiting += [each for each in code.co_consts if isinstance(each, types.CodeType)]


def compiled(file: str) -> types.CodeType | None:
    """Return the code of a module as its file has it now; ``None`` where that cannot be read."""
    try:
        return _compiled(Path(file).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return None


@functools.lru_cache(maxsize=64)
def _compiled(text: str) -> types.CodeType:
    code: types.CodeType = compile(text, "module", "exec")
    return code
