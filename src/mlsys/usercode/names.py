"""What a piece of source names: of its module, of modules that it imports, of a module under its name."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator


def names_in(source: str) -> list[str]:
    r"""Return the names a piece of source takes from its module, in no scope of its own.

    Examples
    --------
    >>> names_in("def fee(rows, rate=RATE):\n    return rows * rate + base(rows)")
    ['RATE', 'base']
    """
    found: dict[str, None] = {}

    def collect(table: symtable.SymbolTable, top: bool) -> None:
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (top or symbol.is_global()):
                found[symbol.get_name()] = None
        for child in table.get_children():
            collect(child, False)

    collect(symtable.symtable(source, "model code", "exec"), True)
    return list(found)


def asked_of(path: str, source: str) -> tuple[list[str], bool]:
    """Return the attributes that source asks of a name, or of attributes of one, and whether it uses it otherwise.

    Examples
    --------
    >>> asked_of("shop.fees", "shop.fees.low(1) + shop.fees.high(2)")
    (['low', 'high'], False)
    """
    tree = ast.parse(source)
    asked = [each for each in ast.walk(tree) if isinstance(each, ast.Attribute) and _is(each.value, path)]
    uses = sum(_is(each, path) for each in ast.walk(tree))
    return list(dict.fromkeys(each.attr for each in asked)), uses != len(asked)


def _is(node: ast.AST, path: str) -> bool:
    return isinstance(node, (ast.Name, ast.Attribute)) and ast.unparse(node) == path


def imports_in(source: str) -> Iterator[tuple[str, int, str, str]]:
    r"""Yield for each name that source imports: the module, levels up, the name in it, and how source calls it.

    Examples
    --------
    >>> list(imports_in("def fee():\n    import shop.fees as fees\n    from .rates import low"))
    [('shop.fees', 0, '', 'fees'), ('rates', 1, 'low', 'low')]
    """
    for each in ast.walk(ast.parse(source)):
        if isinstance(each, ast.Import):
            yield from ((name.name, 0, "", name.asname or name.name) for name in each.names)
        elif isinstance(each, ast.ImportFrom):
            yield from ((each.module or "", each.level, name.name, name.asname or name.name) for name in each.names)
