"""Lines of code of each job done by hand: no blanks, comments, docstrings, and not what only makes the data.

Run: ``python benchmarks/by_hand/count_lines.py [other.py ...]``.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from pathlib import Path

NOT_COUNTED = re.compile(r"^# --- data, not counted$.*?^# --- end of data$", re.MULTILINE | re.DOTALL)
SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def lines_of_code(source: str) -> int:
    """Count physical lines that hold code."""
    source = NOT_COUNTED.sub("", source)
    silent: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            silent.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    used: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in SILENT:
            used.update(range(token.start[0], token.end[0] + 1))
    return len(used - silent)


if __name__ == "__main__":
    here = Path(__file__)
    for path in [Path(name) for name in sys.argv[1:]] or sorted(set(here.parent.glob("*.py")) - {here}):
        print(f"{lines_of_code(path.read_text()):5d}  {path.name}")
