"""Public names, arguments and defaults are those of a list; ``python tests/test_public_api.py`` writes it anew."""

from __future__ import annotations

import difflib
import inspect
import re
from pathlib import Path
from typing import Any

import mlsys
from mlsys import Step

ROOT = Path(__file__).parent.parent
LIST = Path(__file__).with_name("public_api.txt")
NAMES = [name for name in mlsys.__all__ if name != "__version__"]
OF_EVERY_STEP = inspect.signature(Step).parameters
PLAIN = (bool, int, float, str, type(None))
REMEDY = """Names, arguments or defaults that users write have changed:

{difference}

If that is meant: write a line in CHANGELOG.md that names what changed and what to write instead, then
    python tests/test_public_api.py
and commit the new tests/public_api.txt with it. CONTRIBUTING.md says which changes a version may make."""


def shown(default: Any) -> str:
    """Return a default that reads the same in every process, or three dots."""
    if isinstance(default, tuple | list):
        return str(default) if all(isinstance(value, PLAIN) for value in default) else "..."
    return repr(default) if isinstance(default, PLAIN) else "..."


def call(of: Any, kept: Any = lambda parameter: True) -> str:
    """Return the arguments of a call with defaults, without types: versions of Python show these differently."""
    parts: list[str] = []
    by_name = False
    for parameter in inspect.signature(of).parameters.values():
        if parameter.name in ("self", "cls") or not kept(parameter):
            continue
        if parameter.kind is parameter.VAR_POSITIONAL:
            by_name = True
        elif parameter.kind is parameter.KEYWORD_ONLY and not by_name:
            parts, by_name = [*parts, "*"], True
        given = "" if parameter.default is parameter.empty else f"={shown(parameter.default)}"
        parts.append(str(parameter.replace(annotation=parameter.empty, default=parameter.empty)) + given)
    return f"({', '.join(parts)})"


def constructor(of: type) -> str:
    """Return how users make an object of a class; nothing for a class that only the library makes."""
    if "Parameters\n" not in (of.__doc__ or ""):
        return ""
    if not issubclass(of, Step) or of is Step:
        return call(of)
    shared = {name: parameter.default for name, parameter in OF_EVERY_STEP.items()}
    return call(of, lambda each: each.name not in shared or each.default != shared[each.name])


def is_for_users(of: type, name: str, member: Any) -> bool:
    """Say whether a member is for users: what a step has for the library alone is described in one line."""
    said = inspect.getdoc(member) or ""
    if not issubclass(of, Step):
        return bool(said)
    return "\n" in said or (of.__module__.startswith("mlsys.steps") and name in of.hooks)


def members(of: type) -> list[str]:
    """Return what objects of a class can do, but for what another public class has already."""
    public = {getattr(mlsys, name) for name in NAMES}
    inherited = [base for base in of.__mro__[1:] if base in public]
    own = [base for base in of.__mro__ if base.__module__.startswith("mlsys") and base not in inherited]
    names = {name for base in own for name in vars(base) if not name.startswith(("_", "model_"))}
    lines = []
    for name in sorted(name for name in names if not any(hasattr(base, name) for base in inherited)):
        member = inspect.getattr_static(of, name)
        function = getattr(member, "__func__", member)
        if not is_for_users(of, name, function):
            continue
        if inspect.isfunction(function):
            lines.append(f"{name}{call(function)}")
        elif isinstance(member, property) or hasattr(member, "func"):
            lines.append(name)
    return lines


def public_api() -> list[str]:
    """Return a line for each public name, and one for each of its methods and properties."""
    lines = []
    for name in sorted(NAMES):
        value = getattr(mlsys, name)
        if not value.__module__.startswith("mlsys"):
            lines.append(name)
        elif not inspect.isclass(value):
            lines.append(f"{name}{call(value)}")
        else:
            lines.append(f"class {name}{constructor(value)}")
            lines += [f"    {member}" for member in members(value)]
    return lines


def test_public_names_and_their_arguments_are_those_of_the_list() -> None:
    listed, found = LIST.read_text(encoding="utf-8").splitlines(), public_api()
    changes = [
        line
        for line in difflib.unified_diff(listed, found, lineterm="", n=0)
        if line.startswith(("+", "-")) and not line.startswith(("+++", "---"))
    ]
    assert not changes, REMEDY.format(difference="\n".join(changes))


def test_every_public_name_stands_in_the_changelog() -> None:
    said = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", (ROOT / "CHANGELOG.md").read_text("utf-8")))))
    assert sorted(set(NAMES) - said) == [], "CHANGELOG.md has no line that names these, as `Name`"


if __name__ == "__main__":
    LIST.write_text("\n".join(public_api()) + "\n", encoding="utf-8")
    print(f"wrote {LIST}")
