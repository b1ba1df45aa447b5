"""Source that says the values that were there when code ran: defaults, attributes of classes and functions.

Source names them as they were written, ``def fee(rows, rate=RATE)``; the value is that of the moment the function was
made, and of each turn of a loop another.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mlsys.errors import NotPortableError
from mlsys.usercode.content import instructions, is_written
from mlsys.usercode.installed import is_installed
from mlsys.usercode.literals import written

CALLABLE = (types.FunctionType, types.BuiltinFunctionType, type)
_DEF = (ast.FunctionDef, ast.AsyncFunctionDef)


class Exact:
    """Source of a function or class whose values are written out where evaluating it anew would give others.

    Parameters
    ----------
    text : str
        The source, from the margin.
    thing : function or class
        What it made.
    scope : mapping of str to object
        What names mean where the source will stand.

    Attributes
    ----------
    text : str
        The source with values in place, and with lines behind it for what was set later.
    needed : dict of str to object
        Functions and classes that it now uses, by the names it has for them.
    """

    def __init__(self, text: str, thing: Any, scope: Mapping[str, Any]) -> None:
        self.needed: dict[str, Any] = {}
        self._scope, self._name = scope, thing.__name__
        self._edits: list[tuple[ast.expr, str]] = []
        self._after: list[str] = []
        node = ast.parse(text).body[0]
        if isinstance(thing, type) and isinstance(node, ast.ClassDef):
            self._class(node, thing)
        elif isinstance(node, _DEF):
            function = inspect.unwrap(thing)
            self._defaults(node, function, node.name)
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and _is_name(decorator.func):
                    self._decorator(decorator, thing)
            if not node.decorator_list:
                for name, value in vars(function).items():
                    if not name.startswith("__"):
                        self._set_after(f"{node.name}.{name}", value)
        self.text = "\n".join([_replaced(text, self._edits), *self._after])

    def _defaults(self, node: ast.FunctionDef | ast.AsyncFunctionDef, function: Any, called: str) -> None:
        if not isinstance(function, types.FunctionType) or function.__code__.co_name != node.name:
            return  # what a decorator made
        given, named = function.__defaults__ or (), function.__kwdefaults__ or {}
        arguments = [*node.args.posonlyargs, *node.args.args]
        by_name = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        written_named = [(argument, default) for argument, default in by_name if default is not None]
        if len(given) != len(node.args.defaults) or named.keys() != {each.arg for each, _ in written_named}:
            raise NotPortableError(
                f"{called}() has different defaults from its source", "write them where it is defined"
            )
        first = len(arguments) - len(given)
        for argument, default, value in zip(arguments[first:], node.args.defaults, given, strict=True):
            self._default(default, value, f"{called}_{argument.arg}")
        for argument, default in written_named:
            self._default(default, named[argument.arg], f"{called}_{argument.arg}")

    def _default(self, default: ast.expr, value: Any, called: str) -> None:
        if not self._written_in(default, value, called):
            raise NotPortableError(
                f"{self._name}() has a default of type {type(value).__name__} that cannot be written as source",
                "create it inside the function, or pass it as a field of a step",
            )

    def _decorator(self, call: ast.Call, thing: Any) -> None:
        """Write what a decorator was given, as what it returned holds it; names may have come to mean other values."""
        try:
            maker = _named_by(call.func, self._scope)
            given = inspect.signature(maker).bind(*call.args, **{str(each.arg): each.value for each in call.keywords})
            made = next(each for each in _layers(thing) if _is_made_in(each, maker))
            cells = zip(made.__code__.co_freevars, made.__closure__ or (), strict=True)
            held = {name: cell.cell_contents for name, cell in cells if name not in _stored(maker.__code__)}
        except (LookupError, TypeError, ValueError, StopIteration):  # of a package, or it holds nothing of the kind
            return
        for name, expression in given.arguments.items():
            if name in held and isinstance(expression, ast.expr):
                self._written_in(expression, held[name], f"{thing.__name__}_{name}")

    def _written_in(self, expression: ast.expr, value: Any, called: str) -> bool:
        """Write a value in the place of an expression that gives another; false where it cannot be written."""
        same = _gives(expression, value, self._scope)
        if same or (same is None and isinstance(value, CALLABLE)):  # such as a lambda, which stands there
            return True
        text = self._text(value, called)
        if text is not None:
            self._edits.append((expression, text))
        return text is not None or same is None

    def _text(self, value: Any, called: str) -> str | None:
        if not isinstance(value, CALLABLE):
            return written(value)
        self.needed[called] = value
        return called

    def _set_after(self, target: str, value: Any) -> None:
        text = self._text(value, target.replace(".", "_"))
        if text is not None:
            self._after.append(f"{target} = {text}")

    def _class(self, node: ast.ClassDef, kind: type) -> None:
        body = dict(_bound_in(node))
        definitions = [each for each in node.body if isinstance(each, _DEF)]
        for each in definitions:
            for function in _behind(vars(kind).get(_mangled(each.name, kind))):
                if _arguments(each) == function.__code__.co_varnames[: len(_arguments(each))]:
                    self._defaults(each, function, f"{kind.__name__}_{each.name}")
                    break
        plain = {each.name for each in definitions if not each.decorator_list}
        for name, item in vars(kind).items():
            target = f"{kind.__name__}.{name}"
            if not is_written(name, item) or isinstance(item, (staticmethod, classmethod, property)):
                continue
            if name in body and body[name] is not None:
                self._attribute(body[name], item, target, kind)
            elif isinstance(item, types.FunctionType):
                replaced = name in plain and item.__code__.co_qualname != f"{kind.__qualname__}.{name}"
                if replaced or (name not in body and not _is_made(node, kind)):
                    self._set_after(target, item)
            elif written(item) is not None and (name in body or not _is_made(node, kind)):
                self._set_later(target, item, kind)

    def _attribute(self, expression: Any, value: Any, target: str, kind: type) -> None:
        """Write what a class has for a name that its body binds."""
        if _gives(expression, value, self._scope) or (isinstance(value, type) and not _is_name(expression)):
            return
        if _is_literal(expression):  # set since, or changed by running
            self._set_later(target, value, kind)
            return
        fields = hasattr(kind, "__dataclass_fields__") or type(kind) is not type
        if fields and any(isinstance(each, ast.Call) for each in ast.walk(expression)):
            return  # such as field(default=2), which says more than the value
        text = self._text(value, target.replace(".", "_")) if _is_name(expression) else written(value)
        if text is not None:
            self._edits.append((expression, text))

    def _set_later(self, target: str, value: Any, kind: type) -> None:
        if type(kind).__setattr__ is type.__setattr__ and (isinstance(value, CALLABLE) or written(value) is not None):
            self._set_after(target, value)


def _layers(thing: Any) -> Iterator[types.FunctionType]:
    """Yield a decorated function and the functions that it wraps, from the outside in."""
    while isinstance(thing, types.FunctionType):
        yield thing
        thing = getattr(thing, "__wrapped__", None)


def _is_made_in(function: types.FunctionType, maker: Any) -> bool:
    return isinstance(maker, types.FunctionType) and function.__code__.co_qualname.startswith(
        f"{maker.__code__.co_qualname}.<locals>."
    )


def _stored(code: types.CodeType) -> set[str]:
    """Return the names that code, or code inside it, gives other values than it was called with."""
    found = {value for operation, value in instructions(code) if operation in {"STORE_DEREF", "STORE_FAST"}}
    return found.union(*(_stored(each) for each in code.co_consts if isinstance(each, types.CodeType)))


def _bound_in(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr | None]]:
    """Yield the names that the body of a class binds, with the expression where it is one assignment of its own."""
    for each in node.body:
        if isinstance(each, ast.Assign) and len(each.targets) == 1 and isinstance(each.targets[0], ast.Name):
            yield _mangled(each.targets[0].id, node), each.value
        elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            if each.value is not None:
                yield _mangled(each.target.id, node), each.value
        elif isinstance(each, (*_DEF, ast.ClassDef)):
            yield _mangled(each.name, node), None
        else:
            for inner in ast.walk(each):
                if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                    yield _mangled(inner.id, node), None
                elif isinstance(inner, (*_DEF, ast.ClassDef)):
                    yield _mangled(inner.name, node), None


def _mangled(name: str, kind: type | ast.ClassDef) -> str:
    own = kind.__name__ if isinstance(kind, type) else kind.name
    return f"_{own.lstrip('_')}{name}" if name.startswith("__") and not name.endswith("__") else name


def _behind(item: Any) -> Iterator[types.FunctionType]:
    """Yield the functions behind a method or a property, as they were written."""
    parts: Iterable[Any] = (item.fget, item.fset, item.fdel) if isinstance(item, property) else (item,)
    for part in parts:
        function = inspect.unwrap(part.__func__ if isinstance(part, (staticmethod, classmethod)) else part)
        if isinstance(function, types.FunctionType):
            yield function


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
    return tuple(each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs))


def _is_made(node: ast.ClassDef, kind: type) -> bool:
    """Whether more than its body makes a class: a decorator, a metaclass or a parent that is no class of the user's."""
    parents = [each for each in kind.__mro__[1:] if each is not object]
    return bool(node.decorator_list) or type(kind) is not type or any(is_installed(e.__module__) for e in parents)


def _gives(expression: ast.expr, value: Any, scope: Mapping[str, Any]) -> bool | None:
    """Whether an expression evaluated in a scope gives a value; ``None`` where only evaluating it would tell."""
    found: Any
    if _is_literal(expression):
        found = ast.literal_eval(expression)
        if found in ([], {}) and type(found) is type(value):  # a memo, which running fills
            return True
    elif _is_name(expression):
        try:
            found = _named_by(expression, scope)
        except LookupError:
            return False
    else:
        return None
    return found is value or (written(found) is not None and written(found) == written(value))


def _is_literal(expression: ast.expr) -> bool:
    try:
        ast.literal_eval(expression)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return False
    return True


def _is_name(expression: ast.expr) -> bool:
    """Whether an expression is a name, or attributes of one."""
    while isinstance(expression, ast.Attribute):
        expression = expression.value
    return isinstance(expression, ast.Name)


def _named_by(expression: Any, scope: Mapping[str, Any]) -> Any:
    if isinstance(expression, ast.Name):
        return scope[expression.id] if expression.id in scope else vars(builtins)[expression.id]
    owner = _named_by(expression.value, scope)
    if not isinstance(owner, (types.ModuleType, type)) or not hasattr(owner, expression.attr):
        raise LookupError(expression.attr)
    return getattr(owner, expression.attr)


def _replaced(text: str, edits: list[tuple[ast.expr, str]]) -> str:
    """Return source with some of its expressions replaced; all else stays as it was written."""
    content = text.encode()
    starts = [0]
    for line in content.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def places(node: ast.expr) -> tuple[int, int]:
        return starts[node.lineno - 1] + node.col_offset, starts[(node.end_lineno or 1) - 1] + (
            node.end_col_offset or 0
        )

    for node, replacement in sorted(edits, key=lambda edit: places(edit[0]), reverse=True):
        first, last = places(node)
        content = content[:first] + replacement.encode() + content[last:]
    return content.decode()
