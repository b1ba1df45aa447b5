"""Packing of user code: functions and step classes as source, with the globals they reach."""

from __future__ import annotations

import importlib
import inspect
import sys
import types
import typing
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import xxhash

from mlsys.errors import NotPortableError
from mlsys.secrets import holds_secret
from mlsys.usercode.exact import CALLABLE, Exact
from mlsys.usercode.imports import absolute, is_own
from mlsys.usercode.installed import is_installed
from mlsys.usercode.lambdas import lambda_source
from mlsys.usercode.literals import written
from mlsys.usercode.names import asked_of, imports_in, names_in
from mlsys.usercode.source import captured_by, local_source, maker, source_of, stands_in_its_module

_INSIDE = 'secrets are never written; read it when needed, for example from os.environ["..."] inside the function'
_NAMED = "from mlsys.usercode import named as _mlsys_named"
_BESIDE = "from mlsys.usercode import finds_beside as _mlsys_beside"


@dataclass
class _Module:
    """A generated module: source pieces by name, in the order they must stand.

    Parameters
    ----------
    alias : str
        Its name in the model.
    package : str
        What relative imports started from where its code was written.
    beside : dict of str to str
        By full name of a module that its functions import, the alias of the one that was taken along.
    """

    alias: str
    futures: bool = False
    package: str = ""
    imports: dict[str, str] = field(default_factory=dict)
    pieces: dict[str, str] = field(default_factory=dict)
    beside: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        head = ["from __future__ import annotations\n"] if self.futures else []
        imports = [*self.imports.values()]
        if self.beside:
            imports += [_BESIDE, "", f"__builtins__ = _mlsys_beside(__name__, {self.package!r}, {self.beside!r})"]
        return "\n".join([*head, "\n".join(imports), *("\n\n" + piece for piece in self.pieces.values())]) + "\n"


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
        self._tries = False

    def reference(self, thing: Callable[..., Any] | type) -> str:
        """Return ``module:name`` for a function or class, taking its source along if it is the user's.

        Raises
        ------
        NotPortableError
            If source is missing or ambiguous, or captured data cannot be written.
        """
        return (
            f"{thing.__module__}:{_named_in(thing)}" if is_installed(thing.__module__) else ":".join(self._take(thing))
        )

    def files(self) -> dict[str, str]:
        """Return file names and their text."""
        return {f"{module.alias}.py": module.text() for module in self._modules.values()}

    def _module(self, home: str) -> _Module:
        """Return the generated module for one of the user's."""
        if home not in self._modules:
            alias = "main" if home == "__main__" else home.replace(".", "_")
            while any(alias == each.alias for each in self._modules.values()):  # shop.fees and shop_fees are two
                alias += "_"
            self._modules[home] = _Module(alias)
        return self._modules[home]

    def _take(self, thing: Any) -> tuple[str, str]:
        """Take along a function or class; returns where it is found then, as module and name."""
        home, name = thing.__module__, thing.__name__
        if home is None:  # made by exec() or by another program
            raise NotPortableError(
                f"{name} belongs to no module, so its source cannot be stored", "define it in a script or a module"
            )
        if id(thing) in self._local:
            return self._local[id(thing)][1:]
        module = self._module(home)
        text = ""
        if name == "<lambda>" and not thing.__code__.co_flags & inspect.CO_NESTED:
            text = lambda_source(thing)
            name = f"lambda_{xxhash.xxh3_128_hexdigest(text.encode())[:12]}"
            text = f"{name} = _mlsys_named({text}, {thing.__qualname__!r})"
            module.imports["_mlsys_named"] = _NAMED
        elif not stands_in_its_module(thing):
            return self._take_local(module, thing)
        if name in module.pieces or (home, name) in self._busy:
            return module.alias, name
        self._busy.add((home, name))
        if not text:
            text = self._exact(module, source_of(thing), thing, _scope_of(thing))
        self._take_names(module, thing, name, text)
        module.pieces[name] = text
        self._busy.discard((home, name))
        registry = getattr(thing, "registry", None)  # of functools.singledispatch
        for place, (kind, function) in enumerate(registry.items() if isinstance(registry, Mapping) else ()):
            if kind is not object:
                named = {f"{name}_kind_{place}": kind, f"{name}_{place}": function}
                for each, value in named.items():
                    self._need(module, home, each, value, name)
                module.pieces[f"{name}.register {place}"] = f"{name}.register({', '.join(named)})"
        return module.alias, name

    def _exact(self, module: _Module, text: str, thing: Any, scope: Mapping[str, Any]) -> str:
        """Return source with the values that were there; what these use is taken along."""
        exact = Exact(text, thing, scope)
        for name, value in exact.needed.items():
            self._need(module, thing.__module__, name, value, thing.__name__)
        return exact.text

    def _take_local(self, module: _Module, thing: Any) -> tuple[str, str]:
        """Take along what no name of its module stands for, with the values it holds of the function around it.

        A function beside the values makes it: what a decorator returns lies in the module of what it was given, which
        otherwise had to be there before and after the decorator's own.
        """
        is_lambda = thing.__name__ == "<lambda>"
        text, captured = lambda_source(thing) if is_lambda else local_source(thing), captured_by(thing)
        name = f"{thing.__name__.strip('<>')}_{len(self._local) + 1}"
        homes = [each.__module__ for each in captured.values() if isinstance(each, CALLABLE) or wraps(each)]
        home = next((each for each in homes if not is_installed(each)), thing.__module__)
        place = self._module(home)
        self._local[id(thing)] = (thing, place.alias, name)  # held, so that no other gets its identity
        if not is_lambda:
            text = self._exact(module, text, thing, {**_scope_of(thing), **captured})
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
            place.imports[f"make_{name}"] = f"from .{module.alias} import make_{name}"
        place.pieces[name] = f"{name} = make_{name}({', '.join(given)})"
        return place.alias, name

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
        for used in names_in(source):
            if used == name or used not in scope or used in known:
                continue
            if isinstance(scope[used], types.ModuleType) and not is_installed(scope[used].__name__):
                alias = self._take_used(used, scope[used], source, name)
                module.imports[used] = f"from . import {alias} as {used}"
            else:
                self._need(module, thing.__module__, used, scope[used], name)
        package = str(scope.get("__package__") or "")
        for imported in imports_in(source):
            if self._tries or _travels(package, imported, source, name):
                self._take_import(module, package, imported, source, name)

    def _need(self, module: _Module, home: str, name: str, value: Any, user: str) -> None:
        """Make ``name`` available in a generated module."""
        if name in module.pieces or name in module.imports:
            return
        if isinstance(value, types.ModuleType):
            module.imports[name] = f"import {value.__name__} as {name}"
        elif isinstance(value, types.UnionType):
            parts = {f"{name}_{place}": each for place, each in enumerate(typing.get_args(value))}
            for part, each in parts.items():
                self._need(module, home, part, each, user)
            module.pieces[name] = f"{name} = {' | '.join(parts)}"
        elif isinstance(value, Enum) and value.name in type(value).__members__:
            self._need(module, home, f"{name}_kind", type(value), user)
            module.pieces[name] = f"{name} = {name}_kind[{value.name!r}]"
        elif value is type(None):
            module.pieces[name] = f"{name} = type(None)"
        elif isinstance(value, CALLABLE) or wraps(value):
            self._need_callable(module, home, name, value)
        elif holds_secret(value):
            raise NotPortableError(f"{user}() reaches {name!r}, which holds a secret", _INSIDE)
        elif (text := written(value)) is not None:
            module.pieces[name] = f"{name} = {text}"
        elif (found := _importable(value)) is not None:
            module.imports[name] = f"from {found[0]} import {found[1]} as {name}"
        else:
            raise NotPortableError(
                f"{user}() reaches {name!r} of type {type(value).__name__}, which cannot be written as source",
                f"make {name!r} inside the function, or pass it as a field of a step",
            )

    def _take_used(self, path: str, value: types.ModuleType, source: str, user: str) -> str:
        """Take along what code uses of a module of the user's, under the name it has there; return the alias."""
        asked, otherwise = asked_of(path, source)
        if otherwise:
            raise NotPortableError(
                f"{user}() uses {path} itself, a module that is not an installed package",
                f"import the names it needs: from {value.__name__} import ...",
            )
        module = self._module(value.__name__)
        for name in asked:
            held = getattr(value, name, None)
            if isinstance(held, types.ModuleType) and not is_installed(held.__name__):
                alias = self._take_used(f"{path}.{name}", held, source, user)
                module.imports[name] = f"from . import {alias} as {name}"
            elif hasattr(value, name):
                self._need(module, value.__name__, name, held, f"{user}() through {path}")
        return module.alias

    def _take_import(
        self, module: _Module, package: str, imported: tuple[str, int, str, str], source: str, user: str
    ) -> None:
        """Take along what code imports of the user's modules when it runs."""
        name, level, wanted, called = imported
        home = absolute(name, level, package)
        inner = f"{home}.{wanted}" if wanted else home
        held = _loaded(inner) if is_own(inner) else None
        if held is None and (not wanted or not is_own(home) or not hasattr(_loaded(home), wanted)):
            return  # of a package, or not there: then the function fails here as well
        if held is None:
            self._need(self._module(home), home, wanted, getattr(sys.modules[home], wanted), user)
        else:
            self._take_used(called, held, source, user)
            self._reach(inner)
        module.package, module.beside[home] = package, self._module(home).alias
        top = home.partition(".")[0]
        module.beside[top] = self._module(top).alias

    def _reach(self, home: str) -> None:
        """Make a module an attribute of the package around it, as importing it does."""
        around, _, name = home.rpartition(".")
        if around:
            self._module(around).imports[name] = f"from . import {self._module(home).alias} as {name}"
            self._reach(around)

    def _need_callable(self, module: _Module, home: str, name: str, value: Any) -> None:
        if is_installed(value.__module__):
            top, _, rest = _named_in(value).partition(".")
            module.imports[name] = f"from {value.__module__} import {top} as {name}"
            if rest:
                module.pieces[name] = f"{name} = {name}.{rest}"
            return
        place, taken = self._take(value)
        if place != self._module(home).alias:
            module.imports[name] = f"from .{place} import {taken} as {name}"
        elif taken != name:
            module.pieces[name] = f"{name} = {taken}"


def _named_in(thing: Any) -> str:
    """Return what an installed function or class is called in its module."""
    name: str = thing.__qualname__
    if "<" in name:
        raise NotPortableError(
            f"a function that {thing.__module__}.{name.partition('.<')[0]}() made cannot be found again by its name",
            "call it in your own function, written with def",
        )
    return name


def _importable(value: Any) -> tuple[str, str] | None:
    """Return module and name of an object that an installed module holds under its own name, such as ``np.add``."""
    home, name = getattr(value, "__module__", None), getattr(value, "__name__", None)
    if not isinstance(home, str) or not isinstance(name, str) or not is_installed(home):
        return None
    held = getattr(sys.modules.get(home), name, None)
    return (home, name) if held is value or (held is not None and typing.get_origin(value) is not None) else None


def _travels(package: str, imported: tuple[str, int, str, str], source: str, user: str) -> bool:
    """Whether the modules that code imports when it runs can be packed.

    Otherwise a model does without: learning may import modules that predicting does not need.
    """
    bundle = CodeBundle()
    bundle._tries = True
    try:
        bundle._take_import(_Module(""), package, imported, source, user)
    except NotPortableError:
        return False
    return True


def _loaded(module: str) -> types.ModuleType | None:
    try:
        return importlib.import_module(module)
    except Exception:  # whatever a module of the user's raises; code that imports it has an answer to that
        return None


def _scope_of(thing: Any) -> dict[str, Any]:
    if isinstance(thing, type):
        home = sys.modules.get(thing.__module__)
        if home is None:  # made by a loader that did not enter it
            raise NotPortableError(
                f"{thing.__name__} belongs to the module {thing.__module__!r}, which sys.modules does not list",
                "import the module, or add it to sys.modules before it is executed",
            )
        return dict(vars(home))
    return dict(inspect.unwrap(thing).__globals__)


def wraps(value: Any) -> bool:
    """Whether a value is a function behind a decorator that gives no function back, such as ``functools.cache``."""
    return callable(value) and isinstance(getattr(value, "__wrapped__", None), types.FunctionType)


def _future() -> Any:
    import __future__

    return __future__.annotations
