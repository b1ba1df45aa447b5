"""The source of a lambda, found where it was written and verified to be the same code."""

from __future__ import annotations

import ast
import inspect
import types
from typing import Any

from mlsys.errors import NotPortableError
from mlsys.usercode.content import does
from mlsys.usercode.literals import written


def lambda_source(function: types.FunctionType) -> str:
    """Return the source of a lambda, with its defaults written as values.

    Raises
    ------
    NotPortableError
        If its file is gone, if none or several different lambdas of that line match, or if a default is not a plain
        value.

    Notes
    -----
    Every lambda that begins on the function's line is compiled, and only those with the same instructions count. Among
    several different ones, the one at the position that Python recorded for the function's body is chosen.
    """
    code = function.__code__
    try:
        lines, _ = inspect.findsource(code)
        tree = ast.parse("".join(lines))
    except (OSError, TypeError, SyntaxError) as error:
        raise _refused(function, "its source is not available") from error
    begin = [each for each in ast.walk(tree) if isinstance(each, ast.Lambda) and each.lineno == code.co_firstlineno]
    same = [each for each in begin if _same(each, code)]
    if len({ast.unparse(each) for each in same}) > 1:
        same = _around(same, code)
    found = {ast.unparse(_with_values(each, function)) for each in same}
    if len(found) != 1:
        raise _refused(function, "its source is ambiguous")
    return found.pop()


def _same(node: ast.Lambda, code: types.CodeType) -> bool:
    """Whether a lambda does what the code does; one that holds values is compiled inside a function that has them."""
    held = ast.arguments([], [ast.arg(name) for name in code.co_freevars], None, [], [], None, [])
    own = node.args
    parameters = ast.arguments(
        own.posonlyargs, own.args, own.vararg, own.kwonlyargs, [None] * len(own.kwonlyargs), own.kwarg, []
    )
    bare = ast.Lambda(parameters, node.body)  # a default may hold a lambda of its own
    around = ast.Expression(ast.Lambda(held, bare) if code.co_freevars else bare)
    compiled = compile(ast.fix_missing_locations(around), "lambda", "eval")
    for _ in range(1 + bool(code.co_freevars)):
        compiled = next(each for each in compiled.co_consts if isinstance(each, types.CodeType))
    return compiled.co_freevars == code.co_freevars and does(compiled) == does(code)


def _around(nodes: list[ast.Lambda], code: types.CodeType) -> list[ast.Lambda]:
    """Return the innermost lambda whose body lies around all that Python noted of the code, if it noted anything."""
    noted = [
        ((line, column), (last, end))
        for line, last, column, end in code.co_positions()
        if None not in (line, last, column, end) and (column, end) != (0, 0)
    ]
    found = [each for each in nodes if noted and all(_holds(each.body, *place) for place in noted)]
    return sorted(found, key=lambda each: (each.body.lineno, each.body.col_offset))[-1:]


def _holds(body: ast.expr, start: tuple[Any, ...], end: tuple[Any, ...]) -> bool:
    last = (body.end_lineno or body.lineno, body.end_col_offset or body.col_offset)
    return (body.lineno, body.col_offset) <= start and end <= last


def _with_values(node: ast.Lambda, function: types.FunctionType) -> ast.Lambda:
    """Return a lambda whose defaults are values: ``by=by`` in a loop means what ``by`` was in that turn."""
    given, named = list(function.__defaults__ or ()), function.__kwdefaults__ or {}
    own = node.args
    keywords = [
        None if default is None else _written(named[each.arg], function)
        for each, default in zip(own.kwonlyargs, own.kw_defaults, strict=True)
    ]
    defaults = [_written(value, function) for value in given]
    arguments = ast.arguments(own.posonlyargs, own.args, own.vararg, own.kwonlyargs, keywords, own.kwarg, defaults)
    return ast.copy_location(ast.Lambda(arguments, node.body), node)


def _written(value: Any, function: types.FunctionType) -> ast.expr:
    text = written(value)
    if text is None:
        raise _refused(
            function, f"a default of it is of type {type(value).__name__}, which cannot be written as source"
        )
    return ast.parse(text, mode="eval").body


def _refused(function: types.FunctionType, why: str) -> NotPortableError:
    code = function.__code__
    place = f"line {code.co_firstlineno} of {code.co_filename}"
    return NotPortableError(f"a lambda ({place}) cannot be stored: {why}", "write it as a function with def")
