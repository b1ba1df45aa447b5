"""Names of a package that are imported when they are first used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def names_of(
    package: str, homes: Mapping[str, str], unknown: Callable[[str], AttributeError] | None = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` of a package whose names wait until they are used.

    A package of many steps then costs those that a script names. Type checkers read the imports that the package lists
    under ``TYPE_CHECKING``; a test holds the two against each other.

    Parameters
    ----------
    package : str
        Name of the package, ``__name__`` there.
    homes : mapping of str to str
        Names by the module in which they are made, with spaces between them. A name must not be that of a module of
        the package: the module would take its place as soon as it is imported.
    unknown : callable, optional
        Makes the error for a name that there is not. By default, Python's own words.
    """
    home = {name: module for module, names in homes.items() for name in names.split()}

    def plain(name: str) -> AttributeError:
        return AttributeError(f"module {package!r} has no attribute {name!r}")

    def found(name: str) -> Any:
        if name not in home:
            raise (unknown or plain)(name)
        value = getattr(import_module(home[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return found, lambda: sorted(home), [*home]
