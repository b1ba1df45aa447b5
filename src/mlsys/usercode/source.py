"""Code that no name of its module stands for: closures, classes made in functions, what a decorator was given."""

from __future__ import annotations
import __future__

import ast
import functools
import inspect
import operator
import os
import sys
import textwrap
import time
import types
from collections.abc import Iterable, Iterator
from importlib.abc import SourceLoader
from importlib.machinery import BuiltinImporter
from typing import Any

from mlsys.errors import NotPortableError
from mlsys.usercode.content import does

_FUTURES = functools.reduce(
    operator.or_, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
)

_BEGAN = time.time()


def stands_in_its_module(thing: Any) -> bool:
    """Whether the name of a function or class stands for it in its module.

    Examples
    --------
    >>> def make():
    ...     def inside(): ...
    ...     return inside
    >>> stands_in_its_module(textwrap.dedent), stands_in_its_module(make())
    (True, False)
    """
    module = sys.modules.get(thing.__module__)
    found: Any = thing if module is None else getattr(module, thing.__name__, None)
    return found is thing and "<locals>" not in thing.__qualname__


def source_of(thing: Any) -> str:
    """Return the source of a function or class, from the margin.

    Raises
    ------
    NotPortableError
        If the source is missing, or its file was edited since: a model would contain other code than the one that ran.
    """
    try:
        text = _class_source(thing) if isinstance(thing, type) else _function_source(inspect.unwrap(thing))
    except (OSError, TypeError) as error:
        found = _class_by_its_methods(thing) if isinstance(thing, type) else None
        if found is None:
            raise NotPortableError(
                f"the source of {thing.__name__!r} is not available (typed on standard input or made by exec)",
                "put it into a file or a notebook cell",
            ) from error
        text = found
    # Dedenting would change texts of several lines inside.
    whole: Any = ast.parse(f"if True:\n{text}" if text[0] in " \t" else "pass").body[0]
    return ast.unparse(whole.body[0]) if text[0] in " \t" else text


def _function_source(function: types.FunctionType) -> str:
    if not _is_compiled_as_written(function):
        return inspect.getsource(function)
    lines, _ = inspect.findsource(function.__code__)
    return "".join(inspect.getblock(lines[_line_of(function, "".join(lines)) - 1 :]))


def _class_source(kind: type) -> str:
    text, file = inspect.getsource(kind), inspect.getsourcefile(kind)
    for function in _functions_of(kind):
        if function.__code__.co_filename == file and _is_compiled_as_written(function):
            lines, _ = inspect.findsource(function.__code__)
            _line_of(function, "".join(lines))
    return text


def _line_of(function: types.FunctionType, text: str) -> int:
    """Return the line where a function begins in its file as that is now, which may have moved it."""
    code = function.__code__
    wanted = does(code)
    named = [each for each in _codes_in(text, code.co_flags & _FUTURES) if each.co_name == code.co_name]
    lines = [each.co_firstlineno for each in named if does(each) == wanted]
    if not lines and not _is_young(code.co_filename):  # a decorator rewrote the code, not an editor the file
        return code.co_firstlineno
    if not lines:
        raise NotPortableError(
            f"the file of {function.__name__!r} was edited after it was imported: {code.co_filename}",
            "restart the program, so that the model holds the code that ran",
        )
    return code.co_firstlineno if code.co_firstlineno in lines else lines[0]


def _is_young(file: str) -> bool:
    """Whether a file was written since this process began; a cell of a notebook has none, and was not."""
    try:
        return os.path.getmtime(file) > _BEGAN
    except OSError:
        return False


@functools.lru_cache(maxsize=64)
def _codes_in(text: str, futures: int) -> list[types.CodeType]:
    try:
        waiting = [compile(text, "source", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | futures, dont_inherit=True)]
    except (SyntaxError, ValueError):
        return []
    found = []
    while waiting:
        found.append(waiting.pop())
        waiting += [each for each in found[-1].co_consts if isinstance(each, types.CodeType)]
    return found


def _is_compiled_as_written(function: types.FunctionType) -> bool:
    """Whether Python compiled what the file says; a loader of its own, such as that of pytest, compiles more."""
    loader = function.__globals__.get("__loader__")
    if isinstance(loader, SourceLoader):
        return type(loader).source_to_code is SourceLoader.source_to_code
    return loader is None or loader is BuiltinImporter


def _class_by_its_methods(kind: type) -> str | None:
    """Return the source of a class whose module has no file, such as a notebook's, found where a method was written."""
    for method in vars(kind).values():
        code = getattr(method, "__code__", None)
        if code is None or method.__module__ != kind.__module__:
            continue
        try:
            lines, _ = inspect.findsource(code)
        except OSError:
            continue
        for node in ast.walk(ast.parse("".join(lines))):
            if isinstance(node, ast.ClassDef) and node.name == kind.__name__ and _holds(node, code.co_firstlineno):
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                return textwrap.dedent("".join(lines[first - 1 : node.end_lineno]))
    return None


def _holds(node: ast.ClassDef, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def local_source(thing: Any) -> str:
    """Return the source of what a function made, without the lines around it.

    A decorator's line is left out where the thing is what the decorator was given, not what it returned.
    """
    node: Any = ast.parse(source_of(thing)).body[0]
    if isinstance(thing, types.FunctionType) and not vars(thing):
        node.decorator_list = []
    return ast.unparse(node)


def captured_by(thing: Any) -> dict[str, Any]:
    """Return the values that a function, or a class with its methods, holds of the function around it."""
    found: dict[str, Any] = {}
    for function in _functions_of(inspect.unwrap(thing)):
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            try:
                found[name] = cell.cell_contents
            except ValueError:  # not set yet
                continue
    return {name: value for name, value in found.items() if name != "__class__" and value is not thing}


def maker(thing: Any, name: str, text: str, captured: Iterable[str]) -> str:
    """Return source of a function that makes a thing out of the values it holds.

    Parameters
    ----------
    thing : function or class
        What is made.
    name : str
        The name it will have.
    text : str
        From :func:`local_source`.
    captured : iterable of str
        Names of the values inside.

    Notes
    -----
    Values stay what they were, parameters of a function around; so the code counts as the same in digests and seeds.
    """
    own, called = thing.__name__, f", {thing.__qualname__!r})"
    if own == "<lambda>":
        return f"def make_{name}({', '.join(captured)}):\n    return _mlsys_named({text}{called}"
    if isinstance(thing, types.FunctionType) and not thing.__code__.co_flags & inspect.CO_NESTED:
        node: Any = ast.parse(text).body[0]
        node.name = f"bare_{name}"
        return f"{ast.unparse(node)}\n\n\ndef make_{name}():\n    return _mlsys_named({node.name}{called}"
    inside = textwrap.indent(text, "    ")
    return f"def make_{name}({', '.join(captured)}):\n{inside}\n\n    return _mlsys_named({own}{called}"


def named(thing: Any, name: str) -> Any:
    """Call a function or class, and the code inside, as it was called where it was made; reports and digests show it.

    Examples
    --------
    >>> named(lambda: 0, "Shop.<locals>.<lambda>").__code__.co_qualname
    'Shop.<locals>.<lambda>'
    """
    present = thing.__qualname__
    for function in {id(each): each for one in (thing, inspect.unwrap(thing)) for each in _functions_of(one)}.values():
        function.__code__ = _named_code(function.__code__, present, name)
        if function.__qualname__.startswith(present):
            function.__qualname__ = name + function.__qualname__.removeprefix(present)
    thing.__qualname__ = name
    return thing


def _named_code(code: types.CodeType, present: str, name: str) -> types.CodeType:
    inside = tuple(_named_code(e, present, name) if isinstance(e, types.CodeType) else e for e in code.co_consts)
    own = code.co_qualname
    return code.replace(
        co_consts=inside, co_qualname=name + own.removeprefix(present) if own.startswith(present) else own
    )


def _functions_of(thing: Any) -> Iterator[types.FunctionType]:
    if isinstance(thing, types.FunctionType):
        yield thing
    elif isinstance(thing, type):
        for each in vars(thing).values():
            if isinstance(each, property):
                yield from (part for part in (each.fget, each.fset) if isinstance(part, types.FunctionType))
            inner = getattr(each, "__func__", each)
            if isinstance(inner, types.FunctionType):
                yield inner
