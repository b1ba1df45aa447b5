"""User code that travels: functions and step classes as source, with the globals they reach."""

from __future__ import annotations

import ast
import inspect
import symtable
import sys
import types
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import xxhash

from mlsys.errors import NotPortableError
from mlsys.secrets import holds_secret
from mlsys.usercode.installed import is_installed
from mlsys.usercode.lambdas import lambda_source
from mlsys.usercode.literals import written
from mlsys.usercode.source import captured_by, local_source, maker, source_of, stands_in_its_module

_INSIDE = 'no secret is written; read it when it is needed, for example os.environ["..."] inside the function'
_NAMED = "from mlsys.usercode import named as _mlsys_named"
_CALLABLE = (types.FunctionType, types.BuiltinFunctionType, type)


@dataclass
class _Module:
    """A generated module: source pieces by name, in the order they must stand."""

    futures: bool = False
    imports: dict[str, str] = field(default_factory=dict)
    pieces: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        head = ["from __future__ import annotations\n"] if self.futures else []
        imports = "\n".join(self.imports.values())
        return "\n".join([*head, imports, *("\n\n" + piece for piece in self.pieces.values())]) + "\n"


class CodeBundle:
    """Source of everything of the user's that a model needs, one generated module for each of the user's.

    Examples
    --------
    >>> CodeBundle().reference(len)
    'builtins:len'
    """

    def __init__(self) -> None:
        self._modules: dict[str, _Module] = {}
        self._busy: set[tuple[str, str]] = set()
        self._local: dict[int, tuple[Any, str, str]] = {}

    def reference(self, thing: Callable[..., Any] | type) -> str:
        """Return ``module:name`` for a function or class, taking its source along if it is the user's.

        Raises
        ------
        NotPortableError
            For code whose source is not there or cannot be told apart, for captured data that cannot be written.
        """
        home, name = thing.__module__, thing.__qualname__
        if home is None:  # made by exec() or by another program
            raise NotPortableError(
                f"{name} belongs to no module, so its source cannot be taken along", "define it in a script or a module"
            )
        if is_installed(home):
            if "<" in name:
                raise NotPortableError(
                    f"a function that {home}.{name.partition('.<')[0]}() made cannot be found again by its name",
                    "call it in a function of your own, written with def",
                )
            return f"{home}:{name}"
        return ":".join(self._take(thing))

    def files(self) -> dict[str, str]:
        """Return file names and their text."""
        return {f"{alias}.py": module.text() for alias, module in self._modules.items()}

    def _take(self, thing: Any) -> tuple[str, str]:
        """Take along a function or class; returns where it is found then, as module and name."""
        home, name = thing.__module__, thing.__name__
        if id(thing) in self._local:
            return self._local[id(thing)][1:]
        module = self._modules.setdefault(_alias(home), _Module())
        source = None
        if name == "<lambda>" and not thing.__code__.co_flags & inspect.CO_NESTED:
            text = lambda_source(thing)
            name = f"lambda_{xxhash.xxh3_128_hexdigest(text.encode())[:12]}"
            source = f"{name} = _mlsys_named({text}, {thing.__qualname__!r})"
            module.imports["_mlsys_named"] = _NAMED
        elif not stands_in_its_module(thing):
            return self._take_local(module, thing)
        if name in module.pieces or (home, name) in self._busy:
            return _alias(home), name
        source = source or source_of(thing)
        self._busy.add((home, name))
        self._take_names(module, thing, name, source)
        module.pieces[name] = source
        self._busy.discard((home, name))
        return _alias(home), name

    def _take_local(self, module: _Module, thing: Any) -> tuple[str, str]:
        """Take along what no name of its module stands for, with the values it holds of the function around it.

        A function beside the values makes it: what a decorator returns lies in the module of what it was given, which
        otherwise had to be there before and after the decorator's own.
        """
        is_lambda = thing.__name__ == "<lambda>"
        text, captured = lambda_source(thing) if is_lambda else local_source(thing), captured_by(thing)
        own, name = _alias(thing.__module__), f"{thing.__name__.strip('<>')}_{len(self._local) + 1}"
        homes = [each.__module__ for each in captured.values() if isinstance(each, _CALLABLE) or wraps(each)]
        home = next((each for each in homes if not is_installed(each)), thing.__module__)
        place = self._modules.setdefault(_alias(home), _Module())
        self._local[id(thing)] = (thing, _alias(home), name)  # held, so that no other gets its identity
        modules = {each: value for each, value in captured.items() if isinstance(value, types.ModuleType)}
        self._take_names(module, thing, thing.__name__, text, modules, captured.keys() - modules)
        module.imports["_mlsys_named"] = _NAMED
        module.pieces[f"make_{name}"] = maker(thing, name, text, captured)
        given = [f"{name}_{each}" for each in captured]
        for stands_for, (each, value) in zip(given, captured.items(), strict=True):
            if each in modules:
                place.imports[stands_for] = module.imports[each].rpartition(" as ")[0] + f" as {stands_for}"
            else:
                self._need(place, home, stands_for, value, thing.__name__)
        if place is not module:
            place.imports[f"make_{name}"] = f"from .{own} import make_{name}"
        place.pieces[name] = f"{name} = make_{name}({', '.join(given)})"
        return _alias(home), name

    def _take_names(
        self,
        module: _Module,
        thing: Any,
        name: str,
        source: str,
        more: Mapping[str, Any] | None = None,
        known: Collection[str] = (),
    ) -> None:
        """Make available what source takes from its module."""
        if holds_secret(source, queries=False):
            raise NotPortableError(f"the source of {thing.__name__!r} holds a secret", _INSIDE)
        scope = {**_scope_of(thing), **(more or {})}
        module.futures |= isinstance(scope.get("annotations"), type(_future()))
        for used in _names_in(source):
            if used == name or used not in scope or used in known:
                continue
            if isinstance(scope[used], types.ModuleType) and not is_installed(scope[used].__name__):
                self._need_from(module, used, scope[used], source, name)
            else:
                self._need(module, thing.__module__, used, scope[used], name)

    def _need(self, module: _Module, home: str, name: str, value: Any, user: str) -> None:
        """Make ``name`` available in a generated module."""
        if name in module.pieces or name in module.imports:
            return
        if isinstance(value, types.ModuleType):
            module.imports[name] = f"import {value.__name__} as {name}"
        elif isinstance(value, _CALLABLE) or wraps(value):
            self._need_callable(module, home, name, value)
        elif holds_secret(value):
            raise NotPortableError(f"{user}() reaches {name!r}, which holds a secret", _INSIDE)
        elif (text := written(value)) is not None:
            module.pieces[name] = f"{name} = {text}"
        elif is_installed(type(value).__module__) and hasattr(value, "__name__"):
            module.imports[name] = f"from {value.__module__} import {value.__name__} as {name}"
        else:
            raise NotPortableError(
                f"{user}() reaches {name!r} of type {type(value).__name__}, which cannot be written as source",
                f"make {name!r} inside the function, or pass it as a field of a step",
            )

    def _need_from(self, module: _Module, name: str, value: types.ModuleType, source: str, user: str) -> None:
        """Take along what code uses of a module of the user's, and make the module available under its name."""
        asked, otherwise = _asked_of(name, source)
        missing = [each for each in asked if isinstance(getattr(value, each, None), types.ModuleType)]
        if otherwise or missing:
            used = f"{name}.{missing[0]}" if missing else f"{name} itself"
            raise NotPortableError(
                f"{user}() uses {used}, a module that is not an installed package",
                f"import the names it needs: from {value.__name__} import ...",
            )
        alias = _alias(value.__name__)
        other = self._modules.setdefault(alias, _Module())
        for each in asked:
            self._need(other, value.__name__, each, getattr(value, each), f"{user}() through {name}")
        module.imports[name] = f"from . import {alias} as {name}"

    def _need_callable(self, module: _Module, home: str, name: str, value: Any) -> None:
        if is_installed(value.__module__):
            module.imports[name] = f"from {value.__module__} import {value.__qualname__} as {name}"
            return
        place, taken = self._take(value)
        if place != _alias(home):
            module.imports[name] = f"from .{place} import {taken} as {name}"
        elif taken != name:
            module.pieces[name] = f"{name} = {taken}"


def _alias(module: str) -> str:
    return "main" if module == "__main__" else module.replace(".", "_")


def _scope_of(thing: Any) -> dict[str, Any]:
    if isinstance(thing, type):
        home = sys.modules.get(thing.__module__)
        if home is None:  # made by a loader that did not enter it
            raise NotPortableError(
                f"{thing.__name__} belongs to the module {thing.__module__!r}, which sys.modules does not list",
                "import the module, or enter it in sys.modules before it is executed",
            )
        return dict(vars(home))
    return dict(inspect.unwrap(thing).__globals__)


def _asked_of(name: str, source: str) -> tuple[list[str], bool]:
    """Return the attributes that source asks of a name, and whether it uses the name in any other way."""
    tree = ast.parse(source)
    asked = [each for each in ast.walk(tree) if isinstance(each, ast.Attribute) and _is_name(each.value, name)]
    uses = sum(_is_name(each, name) for each in ast.walk(tree))
    return list(dict.fromkeys(each.attr for each in asked)), uses != len(asked)


def wraps(value: Any) -> bool:
    """Whether a value is a function behind a decorator that gives no function back, such as ``functools.cache``."""
    return callable(value) and isinstance(getattr(value, "__wrapped__", None), types.FunctionType)


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _names_in(source: str) -> list[str]:
    """Return the names a piece of source takes from its module, in no scope of its own."""
    found: dict[str, None] = {}

    def collect(table: symtable.SymbolTable, top: bool) -> None:
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (top or symbol.is_global()):
                found[symbol.get_name()] = None
        for child in table.get_children():
            collect(child, False)

    collect(symtable.symtable(source, "model code", "exec"), True)
    return list(found)


def _future() -> Any:
    import __future__

    return __future__.annotations
