"""The source of a lambda, found where it was written and proved to be the same code."""

from __future__ import annotations

import ast
import inspect
import types

from mlsys.errors import NotPortableError
from mlsys.states import digest
from mlsys.states.code import instructions


def lambda_source(function: types.FunctionType) -> str:
    """Return the text of a lambda.

    Raises
    ------
    NotPortableError
        When its file is gone, or when none or several different lambdas of that line could be it.

    Notes
    -----
    Every lambda that begins on the function's line is compiled; the one with the same instructions is taken. One that
    holds values of a function around it has none: compiled alone, it would look for them elsewhere.
    """
    code = function.__code__
    try:
        lines, _ = inspect.findsource(code)
        tree = ast.parse("".join(lines))
    except (OSError, TypeError, SyntaxError) as error:
        raise _refused(function, "its source is not there") from error
    found = {
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Lambda) and node.lineno == code.co_firstlineno and _same(node, code)
    }
    if len(found) != 1:
        raise _refused(function, "its source cannot be told apart")
    return found.pop()


def _same(node: ast.Lambda, code: types.CodeType) -> bool:
    compiled = compile(ast.Expression(node), "lambda", "eval")
    own = next(each for each in compiled.co_consts if isinstance(each, types.CodeType))
    return _plain(own) == _plain(code)


def _plain(code: types.CodeType) -> list[object]:
    """Return what a lambda does, where ``1``, ``1.0`` and ``True`` differ."""
    return [
        (operation, _plain(value) if isinstance(value, types.CodeType) else digest(value))
        for operation, value in instructions(code)
    ]


def _refused(function: types.FunctionType, why: str) -> NotPortableError:
    code = function.__code__
    place = f"line {code.co_firstlineno} of {code.co_filename}"
    return NotPortableError(f"a lambda ({place}) cannot be taken along: {why}", "write it as a function with def")
