"""What the pages of the API show of a class: members that a user meets, each on one page, and a readable signature."""

from __future__ import annotations

import importlib
import inspect
import re
from functools import cache
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from mlsys import Step


@cache
def pages() -> dict[type, str]:
    """Return the classes that have a page of their own, with the name under which they have it."""
    names = re.findall(r"^   ([A-Za-z][\w.]*)$", (Path(__file__).parent / "api.rst").read_text(encoding="utf-8"), re.M)
    found = {}
    for name in names:
        home, _, attribute = f"mlsys.{name}".rpartition(".")
        something = getattr(importlib.import_module(home), attribute)
        if inspect.isclass(something):
            found[something] = f"mlsys.{name}"
    return found


def members(fullname: str) -> list[str]:
    """Return the members that the page of a class shows: what another page does not, in the order of the code."""
    home, _, attribute = fullname.rpartition(".")
    of = getattr(importlib.import_module(home), attribute)
    if also(of) not in (None, "mlsys.Step") and issubclass(of, Step):
        return []  # what a step can do is said once, by its kind
    names = [name for base in of.__mro__ if base.__module__.startswith("mlsys") for name in vars(base)]
    return [name for name in dict.fromkeys(names) if is_shown(of, name)]


def is_shown(of: type, name: str) -> bool:
    """Say whether a member is for users, has a docstring and belongs to no other page."""
    if name.startswith(("_", "model_")):
        return False
    member = inspect.getattr_static(of, name)
    if not (isinstance(member, property | classmethod | staticmethod) or callable(member) or hasattr(member, "func")):
        return False
    return not any(base in pages() and hasattr(base, name) for base in of.__mro__[1:])


def also(of: type) -> str | None:
    """Return the name of the nearest class whose members a class has as well, and which has a page."""
    return next((pages()[base] for base in of.__mro__[1:] if base in pages()), None)


def signature(_app: Sphinx, what: str, _name: str, of: Any, _options: Any, given: str, returns: str) -> Any:
    """Leave types of fields to the list of parameters; show no call of a class that only the library makes."""
    if what != "class":
        return given, returns
    if "Parameters\n" not in (of.__doc__ or ""):
        return "", None
    parameters = inspect.signature(of).parameters.values()
    bare = [one.replace(annotation=inspect.Parameter.empty) for one in parameters if one.name != "step_id"]
    return str(inspect.Signature(bare)), None


def say_more(_app: Sphinx, what: str, _name: str, of: Any, _options: Any, lines: list[str]) -> None:
    """Link from a class to the page of the one it is a kind of."""
    if what == "class" and (base := also(of)):
        lines += ["", f"It is a :class:`~{base}`, and has all that stands on that page.", ""]


def setup(app: Sphinx) -> None:
    """Listen to autodoc; numpydoc has read a docstring before a line is added."""
    app.connect("autodoc-process-signature", signature, priority=900)
    app.connect("autodoc-process-docstring", say_more, priority=900)
