"""User code that travels: functions and step classes as source, with the globals they reach."""

from __future__ import annotations

import ast
import inspect
import symtable
import sys
import sysconfig
import textwrap
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from mlsys.errors import NotPortableError
from mlsys.execution.lambdas import lambda_source
from mlsys.secrets import holds_secret
from mlsys.states import digest
from mlsys.steps import Step

_INSIDE = 'no secret is written; read it when it is needed, for example os.environ["..."] inside the function'
_PLAIN = (bool, int, float, str, bytes, type(None), tuple, list, dict, frozenset, set)


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

    Parameters
    ----------
    lambdas : bool
        Whether lambdas are taken along too: for a recipe, which a person runs again, not for a model that answers.

    Examples
    --------
    >>> CodeBundle().reference(len)
    'builtins:len'
    """

    def __init__(self, lambdas: bool = False) -> None:
        self._lambdas = lambdas
        self._modules: dict[str, _Module] = {}
        self._busy: set[tuple[str, str]] = set()

    def reference(self, thing: Callable[..., Any] | type) -> str:
        """Return ``module:name`` for a function or class, taking its source along if it is the user's.

        Raises
        ------
        NotPortableError
            For a lambda, for code whose source is not there, for captured data that cannot be written.
        """
        home, name = thing.__module__, thing.__qualname__
        if home is None:  # made by exec() or by another program
            raise NotPortableError(
                f"{name} belongs to no module, so its source cannot be taken along", "define it in a script or a module"
            )
        if is_installed(home):
            return f"{home}:{name}"
        return f"{_alias(home)}:{self._take(thing)}"

    def files(self) -> dict[str, str]:
        """Return file names and their text."""
        return {f"{alias}.py": module.text() for alias, module in self._modules.items()}

    def _take(self, thing: Any) -> str:
        home, name = thing.__module__, thing.__name__
        module = self._modules.setdefault(_alias(home), _Module())
        source = None
        if name == "<lambda>" and self._lambdas:
            text = lambda_source(thing)
            name = f"lambda_{digest(text)[:12]}"
            source = f"{name} = {text}"
        if name in module.pieces or (home, name) in self._busy:
            return str(name)
        source = source or _source_of(thing)
        if holds_secret(source, queries=False):
            raise NotPortableError(f"the source of {thing.__name__!r} holds a secret", _INSIDE)
        self._busy.add((home, name))
        scope = _scope_of(thing)
        module.futures |= isinstance(scope.get("annotations"), type(_future()))
        for used in _names_in(source):
            if used != name and used in scope:
                if isinstance(scope[used], types.ModuleType) and not is_installed(scope[used].__name__):
                    self._need_from(module, used, scope[used], source, name)
                else:
                    self._need(module, home, used, scope[used], name)
        module.pieces[name] = source
        self._busy.discard((home, name))
        return str(name)

    def _need(self, module: _Module, home: str, name: str, value: Any, user: str) -> None:
        """Make ``name`` available in a generated module."""
        if name in module.pieces or name in module.imports:
            return
        if isinstance(value, types.ModuleType):
            module.imports[name] = f"import {value.__name__} as {name}"
        elif isinstance(value, (types.FunctionType, types.BuiltinFunctionType, type)):
            self._need_callable(module, home, name, value)
        elif isinstance(value, _PLAIN) and holds_secret(value):
            raise NotPortableError(f"{user}() reaches {name!r}, which holds a secret", _INSIDE)
        elif isinstance(value, _PLAIN) and _written(value) is not None:
            module.pieces[name] = f"{name} = {_written(value)}"
        elif is_installed(type(value).__module__) and _written(value) is None and hasattr(value, "__name__"):
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
        taken = self._take(value)
        if value.__module__ != home:
            module.imports[name] = f"from .{_alias(value.__module__)} import {taken} as {name}"
        elif taken != name:
            module.pieces[name] = f"{name} = {taken}"


def not_portable(step: Step) -> list[str]:
    """Return what would keep a model from being saved if it needs this step: one sentence each."""
    problems = [f"a model that needs this is withheld: {problem}" for problem in secrets_of(step)]
    for thing in (type(step), *_callables(step.configuration().values())):
        try:
            CodeBundle().reference(thing)
        except NotPortableError as error:
            problems.append(f"a model that needs this is withheld: {error.problem}")
    return problems


def secrets_of(step: Step) -> list[str]:
    """Return for each field that holds a secret one sentence; a table that travels as rows has no address."""
    own = "table" if hasattr(step, "side_state") else ""
    fields = [name for name, value in step.configuration().items() if name != own and holds_secret(value)]
    return [f"its {name}= holds a secret, or an address with a user or a query; none is written" for name in fields]


def _callables(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (types.FunctionType, type)):
            yield value
        elif isinstance(value, dict):
            yield from _callables(value.values())
        elif isinstance(value, (list, tuple)):
            yield from _callables(value)


def is_installed(module: str) -> bool:
    """Whether a module belongs to Python, to an installed package or to mlsys itself."""
    top = module.partition(".")[0]
    if top == "__main__":  # whatever file it was started from, another process has another one
        return False
    if top in sys.stdlib_module_names or top == "mlsys":
        return True
    found = sys.modules.get(top)
    path = getattr(found, "__file__", None) or next(iter(getattr(found, "__path__", [])), "")
    places = {sysconfig.get_paths()[key] for key in ("purelib", "platlib", "stdlib")}
    return bool(path) and any(str(path).startswith(place) for place in places)


def _alias(module: str) -> str:
    return "main" if module == "__main__" else module.replace(".", "_")


def _source_of(thing: Any) -> str:
    if getattr(thing, "__name__", "") == "<lambda>":
        raise NotPortableError(
            f"a lambda ({_place(thing)}) is part of the served model, and its source cannot be told apart",
            "write it as a function with def",
        )
    try:
        return textwrap.dedent(inspect.getsource(thing))
    except (OSError, TypeError) as error:
        raise NotPortableError(
            f"the source of {thing.__name__!r} is not available (typed on standard input or made by exec)",
            "put it into a file or a notebook cell",
        ) from error


def _place(thing: Any) -> str:
    code = getattr(thing, "__code__", None)
    return f"line {code.co_firstlineno} of {code.co_filename}" if code else "unknown place"


def _scope_of(thing: Any) -> dict[str, Any]:
    if isinstance(thing, type):
        return dict(vars(sys.modules[thing.__module__]))
    scope = dict(thing.__globals__)
    closure = inspect.getclosurevars(thing).nonlocals
    return {**scope, **closure}


def _asked_of(name: str, source: str) -> tuple[list[str], bool]:
    """Return the attributes that source asks of a name, and whether it uses the name in any other way."""
    tree = ast.parse(source)
    asked = [each for each in ast.walk(tree) if isinstance(each, ast.Attribute) and _is_name(each.value, name)]
    uses = sum(_is_name(each, name) for each in ast.walk(tree))
    return list(dict.fromkeys(each.attr for each in asked)), uses != len(asked)


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


def _written(value: Any) -> str | None:
    text = repr(value)
    try:
        return text if ast.literal_eval(text) == value else None
    except (ValueError, SyntaxError):
        return None


def _future() -> Any:
    import __future__

    return __future__.annotations
