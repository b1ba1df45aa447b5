"""The edits: code whose column ``z`` is twice ``x``, and a change after which it is three times, or still twice."""

from __future__ import annotations

from dataclasses import dataclass, field

WORK = """
import time

def work(frame):
    if len(frame) > 50:  # a check on few rows is no work
        print("CALLED", flush=True)
        time.sleep(0.3)
    return frame
"""
"""Beside every edit: says when the work is done, and takes long enough for its result to be worth keeping."""

HEAD = "import functools\n\nimport pandas as pd\n\nfrom base import Step\nfrom work import work\n\n\n"
Z = "def z(frame: pd.DataFrame) -> pd.Series:\n"
NODE = Z + '    return Made().apply(frame)["z"]\n'
"""A class is no node of Hamilton; a function that uses it is."""


@dataclass(frozen=True)
class Edit:
    """Code in ``user.py``, and one replacement in a file.

    Parameters
    ----------
    code : str
        Of ``user.py``: a function ``z``, or a class ``Made`` with a method ``apply``.
    old, new : str
        The replacement.
    file : str
        Where it is made.
    files : dict of str to str
        Other modules.
    """

    code: str
    old: str
    new: str
    file: str = "user.py"
    files: dict[str, str] = field(default_factory=dict)


def function(body: str) -> str:
    """Return the function ``z`` with one expression."""
    return f"{Z}    work(frame)\n    return {body}\n"


HELPERS = {
    "helpers.py": "import deeper\n\n\ndef clean(values):\n    return deeper.scaled(values)\n",
    "deeper.py": "def scaled(values):\n    return values * 2\n",
}
SCALER = {
    "helpers.py": "class Scaler:\n    factor = 2\n\n"
    "    def scale(self, values):\n        return values * self.factor * 1\n"
}
CAPTURED = "from helpers import Scaler\n\n_scaler = Scaler()\n\n\n" + function('_scaler.scale(frame["x"])')
DECORATED = (
    "def _scaled(function):\n    @functools.wraps(function)\n"
    "    def inner(frame: pd.DataFrame) -> pd.Series:\n        return function(frame) * 1\n\n"
    "    return inner\n\n\n@_scaled\n"
)
METHOD = (
    "class Made(Step):\n    def apply(self, frame):\n        work(frame)\n"
    '        return frame.assign(z=frame["x"] * 2)\n'
)
PARENT = {"helpers.py": "class Parent:\n    def scaled(self, values):\n        return values * 2\n"}
CHILD = (
    "from helpers import Parent\n\n\nclass Made(Parent, Step):\n    def apply(self, frame):\n        work(frame)\n"
    '        return frame.assign(z=self.scaled(frame["x"]))\n'
)
HELPER = "def _double(values):\n    return values * 2\n\n\n"

NOTICED = {
    "the function itself": Edit(function('frame["x"] * 2'), '"] * 2', '"] * 3'),
    "a helper in the same file": Edit(HELPER + function('_double(frame["x"])'), "values * 2", "values * 3"),
    "a helper's helper in another module": Edit(
        "from helpers import clean\n\n\n" + function('clean(frame["x"])'), "* 2", "* 3", "deeper.py", HELPERS
    ),
    "an attribute of a module": Edit(
        "import helpers\n\n\n" + function('helpers.clean(frame["x"])'),
        "scaled(values)", "scaled(values) * 1.5", "helpers.py", HELPERS,
    ),
    "a lambda": Edit('z = lambda frame: work(frame)["x"] * 2\n', '"] * 2', '"] * 3'),
    "a lambda that the function calls": Edit(
        "from helpers import times\n\n\n" + function('times(frame["x"])'), "* 2", "* 3", "helpers.py",
        {"helpers.py": "times = lambda values: values * 2\n"},
    ),
    "a captured value": Edit(
        "def _times(n):\n    def z(frame: pd.DataFrame) -> pd.Series:\n        work(frame)\n"
        '        return frame["x"] * n\n\n    return z\n\n\nz = _times(2)\n',
        "_times(2)", "_times(3)",
    ),
    "a default argument": Edit(
        function('frame["x"] * n').replace("frame: pd.DataFrame", "frame: pd.DataFrame, n: int = 2"),
        "= 2)", "= 3)",
    ),
    "the argument of a partial": Edit(
        'def _times(frame: pd.DataFrame, n: int) -> pd.Series:\n    work(frame)\n    return frame["x"] * n\n\n\n'
        "z = functools.partial(_times, n=2)\n",
        "n=2", "n=3",
    ),
    "a module constant": Edit("FACTOR = 2\n\n\n" + function('frame["x"] * FACTOR'), "FACTOR = 2", "FACTOR = 3"),
    "a constant of another module": Edit(
        "import helpers\n\n\n" + function('frame["x"] * helpers.FACTOR'), "2", "3", "helpers.py",
        {"helpers.py": "FACTOR = 2\n"},
    ),
    "a dictionary of settings": Edit(
        'SETTINGS = {"factor": 2}\n\n\n' + function('frame["x"] * SETTINGS["factor"]'), '": 2', '": 3'
    ),
    "a function under a decorator": Edit(DECORATED + function('frame["x"] * 2'), '"] * 2', '"] * 3'),
    "the decorator": Edit(DECORATED + function('frame["x"] * 2'), "* 1", "* 1.5"),
    "the method of a step": Edit(METHOD, '"] * 2', '"] * 3'),
    "the parent of a step": Edit(CHILD, "* 2", "* 3", "helpers.py", PARENT),
    "the method of a captured object": Edit(CAPTURED, "* 1", "* 1.5", "helpers.py", SCALER),
    "a class attribute": Edit(CAPTURED, "factor = 2", "factor = 3", "helpers.py", SCALER),
}  # fmt: skip

NOTEBOOK = "a function defined again in a notebook"
CELLS = [HELPER, function('_double(frame["x"])'), HELPER.replace("* 2", "* 3")]

NEIGHBOURS = (
    '"""User code."""\n\n'
    + "def _other(values):\n    return values + 1\n\n\n"
    + 'def _double(values):\n    """Twice."""\n    # two\n    return values * 2\n\n\n'
    + Z
    + '    """Make z."""\n    # by doubling\n    work(frame)\n    return _double(frame["x"])\n'
)
MEMO = "_memo = {}\n\n\ndef _factor(n):\n    if n not in _memo:\n        _memo[n] = n * 1.0\n    return _memo[n]\n\n\n"
COUNTER = "_count = 0\n\n\ndef _factor(n):\n    global _count\n    _count += 1\n    return n * 1.0\n\n\n"
LRU = "@functools.lru_cache(maxsize=None)\ndef _factor(n):\n    return n * 1.0\n\n\n"
LOGGER = (
    "import logging\n\n_logger = logging.getLogger(__name__)\n\n\n"
    'def _factor(n):\n    _logger.info("factor")\n    return n * 1.0\n\n\n'
)
FACTOR = function('frame["x"] * _factor(2)')

NOT_REDONE = {
    "no edit": Edit(NEIGHBOURS, "# two", "# two"),
    "a comment in the function": Edit(NEIGHBOURS, "# by doubling", "# by multiplication"),
    "a comment in a helper": Edit(NEIGHBOURS, "# two", "# twice"),
    "a docstring edited": Edit(NEIGHBOURS, "Make z.", "Make the column z."),
    "a docstring removed": Edit(NEIGHBOURS, '    """Make z."""\n', ""),
    "a line broken": Edit(NEIGHBOURS, 'return _double(frame["x"])', 'return _double(\n        frame["x"]\n    )'),
    "another function edited": Edit(NEIGHBOURS, "values + 1", "values + 2"),
    "lines moved by one": Edit(NEIGHBOURS, '"""User code."""\n', '"""User code."""\n\n'),
    "no edit; a memo in the module": Edit(MEMO + FACTOR, "1.0", "1.0"),
    "no edit; a counter in the module": Edit(COUNTER + FACTOR, "1.0", "1.0"),
    "no edit; ``functools.lru_cache``": Edit(LRU + FACTOR, "1.0", "1.0"),
    "no edit; a logger": Edit(LOGGER + FACTOR, "1.0", "1.0"),
}
