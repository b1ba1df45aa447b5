"""The code of a step: its functions, what they call, and the values they hold, without comments and docstrings."""

from __future__ import annotations

import builtins
import dis
import functools
import itertools
import sys
import time
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlsys.errors import StateError
from mlsys.files import file_digest
from mlsys.usercode.content import attribute_content, instructions, is_written
from mlsys.usercode.imports import compiled, file_of, imported, reached
from mlsys.usercode.installed import is_installed, lies_among_packages

_OPENS_FILES = frozenset(
    "open read_csv read_parquet read_json read_excel read_feather read_text read_bytes read_pickle loadtxt "
    "genfromtxt read_table read_sql urlopen".split()
)
_CLOCKS = frozenset("now utcnow today time time_ns".split())
"""What follows the name of a module or a class: ``datetime.now``, ``time.time``."""
_WORDS = {"__defaults__": "a default", "__kwdefaults__": "a default"}
_FINDS_BY_NAME = frozenset("getattr globals eval exec __import__ import_module".split())
_MEMO = type(functools.cache(len))
_BUILT_IN = (list, tuple, set, frozenset)
_CLOCKS_OF_THE_SYSTEM = (time.time, time.time_ns)
_SCALARS = (bool, int, float, complex, str, bytes, type(None), type(...), range, slice)


@dataclass
class CodeWalk:
    """One walk over all user code and values that a step reaches.

    Parameters
    ----------
    digest : callable
        Gives equal texts for values of equal content; raises ``StateError`` for those that have none.
    canonical : mapping of (int, str, str) to str
        For values that a run changed by itself (owner, name and present token): the token they had before.

    Attributes
    ----------
    units : dict of str to str
        Digest of each function, class and named value by its name; equal for equal code in any file and process.
    packages : set of str
        Installed packages that the code names.
    notes : list of str
        What could not be inspected, one sentence each.
    watched : list of (owner, name, token)
        Values that running could change.
    reads : list of str
        Calls that open files, by the names that code uses.
    asks_the_clock : bool
        Whether code reads the clock.
    """

    digest: Callable[[Any], str]
    canonical: Mapping[tuple[int, str, str], str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    packages: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    watched: list[tuple[Any, str, str]] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    asks_the_clock: bool = False
    _labels: dict[int, str] = field(default_factory=dict)
    _held: list[Any] = field(default_factory=list)
    _waiting: list[tuple[str, Any]] = field(default_factory=list)
    _open: set[int] = field(default_factory=set)
    _taken: set[str] = field(default_factory=set)
    _values: dict[tuple[int, str], str] = field(default_factory=dict)

    @property
    def functions(self) -> list[types.FunctionType]:
        """The user's functions that were reached."""
        return [each for each in self._held if isinstance(each, types.FunctionType)]

    def reach(self, value: Any) -> str:
        """Walk over a value and everything it reaches; returns its token."""
        token = self._token(value)
        while self._waiting:
            label, unit = self._waiting.pop()
            content = self._class(unit, label) if isinstance(unit, type) else self._function(unit, label)
            self.units[label] = self.digest(content)
        return token

    def _token(self, value: Any, name: str = "") -> str:
        """Return a short text for a value; functions and classes of the user's are looked at on their own.

        ``name`` is what the code calls it, where the value has no name of its own.
        """
        if isinstance(value, _SCALARS):
            return f"{type(value).__name__} {value!r}"
        if isinstance(value, types.ModuleType):
            return self._module(value)
        if isinstance(value, (types.FunctionType, type)):
            return self._unit(value, name)
        if isinstance(value, types.MethodType):
            return f"method {self._token(value.__func__)} of {self._token(value.__self__)}"
        if isinstance(value, functools.partial):
            return f"partial {self._token(value.func)} {self._token(value.args)} {self._token(value.keywords)}"
        if isinstance(value, types.BuiltinFunctionType):
            return self._builtin(value)
        if isinstance(value, _MEMO):
            return f"memo {self._token(value.__wrapped__)}"
        if id(value) in self._open:
            return "itself"
        self._open.add(id(value))
        try:
            return self._content(value)
        finally:
            self._open.discard(id(value))

    def _content(self, value: Any) -> str:
        built_in = next((each for each in _BUILT_IN if isinstance(value, each)), None)
        if built_in is not None:
            items = [self._token(item) for item in built_in.__iter__(value)]
            items = sorted(items) if isinstance(value, (set, frozenset)) else items
            return f"{type(value).__name__} [{', '.join(items)}]"
        if isinstance(value, dict):
            pairs = [f"{self._token(key)}: {self._token(item)}" for key, item in dict.items(value)]
            return f"dict {{{', '.join(sorted(pairs))}}}"
        kind = type(value)
        if hasattr(kind, "get_params"):  # asked of the type: an expression such as pd.col("x") has every attribute
            self._named_package(kind.__module__)
            return f"{self._token(kind)} {self._token(value.get_params(deep=False))}{self._learned(value)}"
        if not is_installed(kind.__module__) and any("__dict__" in vars(each) for each in kind.__mro__):
            return f"object {self._unit(kind)} {self._token(vars(value))}"
        try:
            return f"value {self.digest(value)}"
        except StateError:
            self.notes.append(
                f"an object of type {kind.__qualname__} is compared by its type, because its content cannot be compared"
            )
            return f"some {kind.__qualname__}"

    def _learned(self, estimator: Any) -> str:
        """Return the token of what an estimator has learned; nothing if it was not fitted."""
        names = getattr(estimator, "__dict__", {})
        if not any(name.endswith("_") and not name.startswith("_") for name in names):
            return ""
        try:
            return f" fitted {self.digest(estimator)}"
        except StateError:
            self.notes.append(
                f"a fitted {type(estimator).__qualname__} is compared by its parameters, not by its state"
            )
            return " fitted"

    def _unit(self, value: Any, name: str = "") -> str:
        module, own = getattr(value, "__module__", None), value.__qualname__
        if is_installed(module) and "<" not in own:
            self._named_package(str(module))
            return f"{module}.{own}"
        if id(value) not in self._labels:
            self._labels[id(value)] = label = self._free_label(_called(value, name))
            self._held.append(value)
            self._waiting.append((label, value))
        return f"code {self._labels[id(value)]}"

    def _free_label(self, wanted: str) -> str:
        """Return a label that nothing else has; numbered in the order in which things are met."""
        numbered = (f"{wanted} ({number})" for number in itertools.count(2))
        label = next(each for each in itertools.chain([wanted], numbered) if each not in self._taken)
        self._taken.add(label)
        return label

    def _function(self, function: types.FunctionType, label: str) -> list[Any]:
        cells = []
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            try:
                held = cell.cell_contents
            except ValueError:
                cells.append((name, "empty"))
                continue
            cells.append((name, self._watch(cell, name, held, label)))
        defaults = self._watch(function, "__defaults__", function.__defaults__ or (), label)
        named = self._watch(function, "__kwdefaults__", function.__kwdefaults__ or {}, label)
        content = [function.__code__, defaults, named, cells, self._globals(function.__code__, function, label)]
        kept_by_itself = _attributes_set(function.__code__)  # such as a counter: what running leaves is no code
        set_later = sorted(name for name in vars(function) if name != "__wrapped__" and name not in kept_by_itself)
        attributes = [(name, self._watch(function, name, vars(function)[name], label)) for name in set_later]
        return [*content, attributes] if attributes else content

    def _globals(self, code: types.CodeType, function: types.FunctionType, label: str) -> list[tuple[str, str]]:
        """Return tokens of what code takes from its module, attributes of modules followed to their end."""
        found: dict[str, str] = {}
        for name, *attributes in _names(code):
            self._note_unseen(label, [name, *attributes])
            if name in function.__globals__:
                value = function.__globals__[name]
                path = name
                while isinstance(value, types.ModuleType) and attributes and hasattr(value, attributes[0]):
                    path, value = f"{path}.{attributes[0]}", getattr(value, attributes.pop(0))
                found[path] = self._watch(function.__globals__, path, value, label)
            elif not hasattr(builtins, name):
                found[name] = "not there"
        for nested in code.co_consts:
            if isinstance(nested, types.CodeType):
                found.update(self._globals(nested, function, label))
        for module in reached(imported(code, str(function.__globals__.get("__package__") or ""))):
            found[f"import {module}"] = self._imported_module(module)
        return sorted(found.items())

    def _class(self, kind: type, label: str) -> list[Any]:
        attributes: list[tuple[str, Any]] = []
        for name, item in vars(kind).items():
            if not is_written(name, item):
                continue
            content = attribute_content(item)
            if isinstance(content, tuple):
                attributes.append((name, [self._token(each) for each in content]))
            else:
                attributes.append((name, self._watch(kind, name, content, label)))
        annotations = {name: str(each) for name, each in vars(kind).get("__annotations__", {}).items()}
        return [[self._token(base) for base in kind.__bases__], sorted(attributes), annotations]

    def _watch(self, owner: Any, name: str, value: Any, user: str) -> str:
        """Return the token of a value, or the one it had before a run of its own changed it."""
        if isinstance(value, (types.FunctionType, type, types.ModuleType)):
            return self._token(value, name)
        if (id(owner), name) not in self._values:
            token = self._token(value)
            self.watched.append((owner, name, token))
            label = self._free_label(f"{_WORDS.get(name, name)} in {user}")
            self.units[label] = self.digest(self.canonical.get((id(owner), name, token), token))
            self._values[id(owner), name] = label
        return f"value {self._values[id(owner), name]}"

    def _module(self, module: types.ModuleType) -> str:
        if is_installed(module.__name__):
            self._named_package(module.__name__)
            return f"module {module.__name__}"
        for name in reached([module.__name__]):
            if name != module.__name__:
                self.units[f"import {name}"] = self.digest(self._imported_module(name))
        return f"module {self._source(getattr(module, '__file__', None))}"

    def _imported_module(self, module: str) -> str:
        file = None if is_installed(module) else file_of(module)
        if is_installed(module) or (file is not None and lies_among_packages(file)):
            self._named_package(module)
            return "installed"
        return "not there" if file is None and module not in sys.modules else self._source(file)

    def _builtin(self, value: types.BuiltinFunctionType) -> str:
        module = value.__module__ or ""
        owner = value.__self__
        if owner is not None and not isinstance(owner, types.ModuleType):
            return f"builtin {value.__qualname__} of {self._token(owner)}"
        if module and not is_installed(module):
            file = getattr(sys.modules.get(module), "__file__", None)
            self.notes.append(f"{module}.{value.__name__} is compiled code, compared by the content of its file")
            return f"compiled {value.__qualname__} {_file_digest(file)}"
        self._named_package(module)
        self.asks_the_clock |= value in _CLOCKS_OF_THE_SYSTEM
        return f"builtin {module}.{value.__qualname__}"

    def _source(self, file: str | None) -> str:
        """Return the digest of a module's code as a whole; comments and docstrings do not count."""
        code = compiled(file) if file is not None and file.endswith(".py") else None
        return _file_digest(file) if code is None else self.digest(code)

    def _named_package(self, module: str) -> None:
        top = module.partition(".")[0]
        if top and top not in sys.stdlib_module_names and top not in {"mlsys", "__main__"}:
            self.packages.add(top)

    def _note_unseen(self, label: str, names: Sequence[str]) -> None:
        """Record calls whose result depends on more than the code."""
        self.asks_the_clock |= names[-1] in _CLOCKS and len(names) > 1
        for name in names:
            if name in _OPENS_FILES:
                self.reads += [f"{name}()"] if f"{name}()" not in self.reads else []
                self.notes.append(
                    f"{label} calls {name}(): a change of a file it reads is not detected; name the file in depends_on="
                )
        if names[0] in _FINDS_BY_NAME:
            self.notes.append(
                f"{label} calls {names[0]}(): a change of what it finds by name is not detected; name it in depends_on="
            )


def _called(value: Any, name: str) -> str:
    """Return what to call a function or class in a report; one made by a decorator is called by what made it."""
    if isinstance(value, type):
        return value.__qualname__
    own = value.__code__.co_qualname
    if own == value.__qualname__:
        return f"{name.rpartition('.')[2]}(), a lambda" if name and own.endswith("<lambda>") else f"{own}()"
    return f"{own}() as {value.__qualname__}()"


def _attributes_set(code: types.CodeType) -> set[str]:
    """Return the names of attributes that code sets, on whatever object."""
    found = {str(each.argval) for each in dis.get_instructions(code) if each.opname == "STORE_ATTR"}
    return found.union(*(_attributes_set(each) for each in code.co_consts if isinstance(each, types.CodeType)))


def now(owner: Any, name: str) -> Any:
    """Return the value that ``owner`` (a cell, a function, a class or a module's names) holds under ``name``."""
    if isinstance(owner, types.CellType):
        return owner.cell_contents
    if isinstance(owner, type):
        return attribute_content(vars(owner)[name])  # not asked of the class, where a descriptor would answer
    if isinstance(owner, types.FunctionType):
        found = getattr(owner, name)
        return found if found is not None or name not in _WORDS else ({} if name == "__kwdefaults__" else ())
    first, *rest = name.split(".")
    return functools.reduce(getattr, rest, owner[first])


def _names(code: types.CodeType) -> Iterator[list[str]]:
    """Yield each name that code takes from its module, followed by the attributes asked of it."""
    current: list[str] = []
    for operation, value in instructions(code):
        if operation in {"LOAD_GLOBAL", "LOAD_NAME"}:
            if current:
                yield current
            current = [value]
        elif operation in {"LOAD_ATTR", "LOAD_METHOD"} and current:
            current.append(value)
        elif operation in {"LOAD_ATTR", "LOAD_METHOD"} and value in _OPENS_FILES:
            yield [value]
        elif current and operation not in {"PRECALL", "CACHE", "PUSH_NULL"}:
            yield current
            current = []
    if current:
        yield current


def _file_digest(file: str | None) -> str:
    return "no file" if file is None or not Path(file).is_file() else file_digest(Path(file))
