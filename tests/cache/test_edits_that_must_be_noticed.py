"""Whatever a step reaches in the user's code, an edit of it between two processes is noticed, and its name is said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

DERIVE = 'Derive({"z": z}, name="Made")'


@dataclass(frozen=True)
class Edit:
    """Code whose ``z`` is twice ``x``, and an edit after which it is three times.

    Parameters
    ----------
    code : str
        Of the script.
    old, new : str
        The edit.
    named : str
        What the report's reason must name.
    step : str
        The step of the pipeline, as code.
    file : str
        Where the edit is made.
    files : dict of str to str
        Modules beside the script.
    """

    code: str
    old: str
    new: str
    named: str
    step: str = DERIVE
    file: str = "script.py"
    files: dict[str, str] = field(default_factory=dict)


OWN_STEP = """
class Made(RowTransform):
    def apply(self, frame):
        print("CALLED apply")
        return frame.assign(z=frame["x"] * 2)
"""
HELPER = """
def double(values):
    return values * 2

def z(frame):
    return double(frame["x"])
"""
TWO_MODULES = {
    "helpers.py": "import deeper\n\ndef clean(frame):\n    return deeper.scaled(frame['x'])\n",
    "deeper.py": "def scaled(values):\n    return values * 2\n",
}
DECORATED = """
import functools

def scaled(function):
    @functools.wraps(function)
    def inner(frame):
        return function(frame) * 1
    return inner

@scaled
def z(frame):
    return frame["x"] * 2
"""
PARENT = {
    "helpers.py": "from mlsys import RowTransform\n\n"
    "class Parent(RowTransform):\n"
    "    def apply(self, frame):\n"
    "        return frame.assign(z=self.scaled(frame['x']))\n\n"
    "    def scaled(self, values):\n"
    "        return values * 2\n"
}
SCALER = {
    "helpers.py": "class Scaler:\n    factor = 2\n\n"
    "    def scale(self, values):\n        return values * self.factor * 1\n"
}
CAPTURED = """
from helpers import Scaler
scaler = Scaler()

def z(frame):
    return scaler.scale(frame["x"])
"""
PACKAGE = {
    "project/__init__.py": "",
    "project/inner/__init__.py": "",
    "project/inner/scaling.py": "FACTOR = 2\n\ndef scaled(values):\n    return values * FACTOR\n",
}
SINGLE_DISPATCH = """
import functools

@functools.singledispatch
def scaled(values):
    raise TypeError

@scaled.register
def of_series(values: pd.Series):
    return values * 2

def z(frame):
    return scaled(frame["x"])
"""

EDITS = {
    "what a captured estimator has learned": Edit(
        "import numpy as np\nfrom sklearn.preprocessing import StandardScaler\n"
        "scaler = StandardScaler(with_mean=False).fit(np.array([[0.0], [1.0]]))\n\n"
        "def z(frame):\n    return frame['x'] / scaler.scale_[0]\n",
        "[[0.0], [1.0]]", "[[0.0], [2 / 3]]", "scaler",
    ),
    "the method of a step": Edit(OWN_STEP, '"] * 2', '"] * 3', "apply", "Made()"),
    "a helper": Edit(HELPER, "values * 2", "values * 3", "double"),
    "a helper's helper in another module": Edit(
        "from helpers import clean\n\ndef z(frame):\n    return clean(frame)\n",
        "* 2", "* 3", "scaled", file="deeper.py", files=TWO_MODULES,
    ),
    "a lambda": Edit("", '"] * 2', '"] * 3', "lambda", 'Derive({"z": lambda frame: frame["x"] * 2}, name="Made")'),
    "a lambda that a function calls": Edit(
        'times = lambda values: values * 2\n\ndef z(frame):\n    return times(frame["x"])\n', "* 2", "* 3", "lambda"
    ),
    "a captured value": Edit(
        'def times(n):\n    def z(frame):\n        return frame["x"] * n\n    return z\n',
        "times(2)", "times(3)", "z()", 'Derive({"z": times(2)}, name="Made")',
    ),
    "a module constant": Edit(
        'FACTOR = 2\n\ndef z(frame):\n    return frame["x"] * FACTOR\n', "FACTOR = 2", "FACTOR = 3", "z"
    ),
    "a function inside a decorator": Edit(DECORATED, '"] * 2', '"] * 3', "z"),
    "the decorator": Edit(DECORATED, "* 1", "* 1.5", "z()"),
    "a default argument": Edit('def z(frame, n=2):\n    return frame["x"] * n\n', "n=2", "n=3", "z"),
    "a default given by keyword only": Edit('def z(frame, *, n=2):\n    return frame["x"] * n\n', "n=2", "n=3", "z"),
    "the parent of a step": Edit(
        "from helpers import Parent\n\nclass Made(Parent):\n    pass\n",
        "* 2", "* 3", "scaled", "Made()", "helpers.py", PARENT,
    ),
    "an attribute of a module": Edit(
        "import helpers\n\ndef z(frame):\n    return helpers.clean(frame)\n",
        "['x'])", "['x']) * 1.5", "clean", file="helpers.py", files=TWO_MODULES,
    ),
    "a constant of a module": Edit(
        'import helpers\n\ndef z(frame):\n    return frame["x"] * helpers.FACTOR\n',
        "= 2", "= 3", "z()", file="helpers.py", files={"helpers.py": "FACTOR = 2\n"},
    ),
    "a function in a package": Edit(
        'import project.inner.scaling\n\ndef z(frame):\n    return project.inner.scaling.scaled(frame["x"])\n',
        "values * FACTOR", "values * (FACTOR + 1)", "scaled", file="project/inner/scaling.py", files=PACKAGE,
    ),
    "a module imported inside a function": Edit(
        'def z(frame):\n    from helpers import factor\n    return frame["x"] * factor()\n',
        "return 2", "return 3", "z()", file="helpers.py", files={"helpers.py": "def factor():\n    return 2\n"},
    ),
    "the argument of a partial": Edit(
        'from functools import partial\n\ndef times(frame, n):\n    return frame["x"] * n\n\nz = partial(times, n=2)\n',
        "n=2", "n=3", "",
    ),
    "the function of a partial": Edit(
        'from functools import partial\n\ndef times(frame, n):\n    return frame["x"] * n\n\nz = partial(times, n=2)\n',
        '"] * n', '"] * n * 1.5', "times",
    ),
    "the method of a captured object": Edit(CAPTURED, "* 1", "* 1.5", "scale", file="helpers.py", files=SCALER),
    "a class attribute": Edit(CAPTURED, "factor = 2", "factor = 3", "", file="helpers.py", files=SCALER),
    "an attribute of a captured object": Edit(
        CAPTURED.replace("Scaler()\n", "Scaler()\nscaler.factor = 2\n"),
        "factor = 2", "factor = 3", "z()", files=SCALER,
    ),
    "a bound method": Edit(
        CAPTURED + "\ndef of_frame(self, frame):\n    return self.scale(frame['x'])\n\nScaler.of_frame = of_frame\n",
        "* 1", "* 1.5", "scale", 'Derive({"z": scaler.of_frame}, name="Made")', "helpers.py", SCALER,
    ),
    "a dictionary of settings": Edit(
        'SETTINGS = {"factor": 2}\n\ndef z(frame):\n    return frame["x"] * SETTINGS["factor"]\n',
        '"factor": 2', '"factor": 3', "z()",
    ),
    "a function in a dictionary": Edit(
        HELPER.replace("def z", 'TABLE = {"double": double}\n\ndef z').replace('double(frame["x"])',
                                                                            'TABLE["double"](frame["x"])'),
        "values * 2", "values * 3", "",
    ),
    "a function inside a function": Edit(
        'def z(frame):\n    def inner(values):\n        return values * 2\n    return inner(frame["x"])\n',
        "values * 2", "values * 3", "z",
    ),
    "one of two functions that call each other": Edit(
        "def even(n):\n    return 2 if n == 0 else odd(n - 1)\n\n"
        "def odd(n):\n    return 4 if n == 0 else even(n - 1)\n\n"
        'def z(frame):\n    return frame["x"] * even(4)\n',
        "return 2", "return 3", "even",
    ),
    "a function that keeps its answers": Edit(
        'import functools\n\n@functools.lru_cache\ndef factor(n):\n    return n\n\n'
        'def z(frame):\n    return frame["x"] * factor(2)\n',
        "return n", "return n + 1", "factor",
    ),
    "a function chosen by type": Edit(SINGLE_DISPATCH, "values * 2", "values * 3", "of_series"),
    "a property of a step": Edit(
        'class Made(RowTransform):\n    @property\n    def factor(self):\n        return 2\n\n'
        '    def apply(self, frame):\n        return frame.assign(z=frame["x"] * self.factor)\n',
        "return 2", "return 3", "factor", "Made()",
    ),
    "a class variable of a step": Edit(
        "from typing import ClassVar\n\nclass Made(RowTransform):\n    factor: ClassVar[float] = 2\n\n"
        '    def apply(self, frame):\n        return frame.assign(z=frame["x"] * self.factor)\n',
        "= 2", "= 3", "Made", "Made()",
    ),
    "configuration": Edit(
        "class Made(RowTransform):\n    factor: float\n\n"
        '    def apply(self, frame):\n        return frame.assign(z=frame["x"] * self.factor)\n',
        "Made(2.0)", "Made(3.0)", "configuration", "Made(2.0)",
    ),
}  # fmt: skip

CONSTANTS = {
    "a compiled pattern": ("import re", 're.compile("2")', 're.compile("3")', "HELD.pattern"),
    "an array": ("import numpy as np", "np.array([2.0])", "np.array([3.0])", "HELD[0]"),
    "a frame": ("", 'pd.DataFrame({"a": [2.0]})', 'pd.DataFrame({"a": [3.0]})', "HELD.iloc[0, 0]"),
    "a series": ("", "pd.Series([2.0])", "pd.Series([3.0])", "HELD[0]"),
    "a set": ("", "{2}", "{3}", "max(HELD)"),
    "a tuple in a dictionary": ("", '{"a": (1, 2)}', '{"a": (1, 3)}', 'HELD["a"][1]'),
    "a path": ("from pathlib import Path", 'Path("2")', 'Path("3")', "HELD.name"),
    "a time": ("", 'pd.Timestamp("2002-01-01")', 'pd.Timestamp("2003-01-01")', "(HELD.year - 2000)"),
    "a decimal": ("from decimal import Decimal", 'Decimal("2")', 'Decimal("3")', "HELD"),
    "a named tuple": (
        "from collections import namedtuple\nPair = namedtuple('Pair', 'a b')",
        "Pair(1, 2)", "Pair(1, 3)", "HELD.b",
    ),
    "an instance of a data class": (
        "from dataclasses import dataclass\n\n@dataclass\nclass Rate:\n    value: float\n",
        "Rate(2.0)", "Rate(3.0)", "HELD.value",
    ),
    "an instance with slots": (
        "class Rate:\n    __slots__ = ('value',)\n    def __init__(self, value):\n        self.value = value\n",
        "Rate(2.0)", "Rate(3.0)", "HELD.value",
    ),
    "a member of an enumeration": (
        "import enum\n\nclass Rate(enum.Enum):\n    LOW = 2\n    HIGH = 3\n",
        "Rate.LOW", "Rate.HIGH", "HELD.value",
    ),
    "a function of numpy": ("import numpy as np", "np.floor(2.5)", "np.ceil(2.5)", "HELD"),
    "a method of a value": ("", '"2".strip', '"3".strip', "HELD()"),
}  # fmt: skip
for _kind, (_imports, _value, _other, _use) in CONSTANTS.items():
    EDITS[f"a constant, {_kind}"] = Edit(
        f"{_imports}\nHELD = {_value}\n\ndef z(frame):\n    return frame['x'] * float({_use})\n",
        f"HELD = {_value}", f"HELD = {_other}", "z()",
    )  # fmt: skip


@pytest.mark.quick(
    "the method of a step",
    "a helper's helper in another module",
    "a module constant",
    "the parent of a step",
    "an attribute of a captured object",
    "a function chosen by type",
    "a constant, an array",
    "a constant, a frame",
)
@pytest.mark.parametrize("case", EDITS)
def test_an_edit_is_noticed(project: Any, case: str) -> None:
    edit = EDITS[case]
    project.script(edit.code, edit.step, **edit.files)
    first = project.run()
    assert first.outcomes == {"Made": "ran"} and first.why("Made") == "not run before" and first.factor == 2
    again = project.run()
    assert again.outcomes == {"Made": "hit"} and again.factor == 2, again.why("Made")
    project.edit(edit.old, edit.new, edit.file)
    edited = project.run()
    assert edited.outcomes == {"Made": "ran"}, f"stale: {edited.why('Made')}"
    assert edited.factor == 3 and edited.told["digest"] != first.told["digest"]
    assert "changed" in edited.why("Made") and edit.named in edited.why("Made")


def test_an_edit_taken_back_is_a_hit(project: Any) -> None:
    project.script(HELPER, DERIVE)
    first = project.run()
    project.edit("values * 2", "values * 3")
    assert project.run().outcomes == {"Made": "ran"}
    project.edit("values * 3", "values * 2")
    back = project.run()
    assert back.outcomes == {"Made": "hit"} and back.told["digest"] == first.told["digest"]


READS = """
from pathlib import Path

def z(frame):
    return frame["x"] * float(Path("factor.txt").read_text())
"""


def test_a_file_named_in_depends_on(project: Any) -> None:
    project.script(READS, 'Derive({"z": z}, name="Made", depends_on=["factor.txt"])', **{"factor.txt": "2"})
    assert project.run().factor == 2
    assert project.run().outcomes == {"Made": "hit"}
    project.edit("2", "3", "factor.txt")
    edited = project.run()
    assert edited.outcomes == {"Made": "ran"} and edited.factor == 3 and "factor.txt" in edited.why("Made")


def test_a_function_and_a_value_named_in_depends_on(project: Any) -> None:
    code = """
import helpers

def z(frame):
    return frame["x"] * getattr(helpers, "fac" + "tor")()
"""
    step = 'Derive({"z": z}, name="Made", depends_on=(helpers.factor, helpers.TABLE))'
    helpers = "TABLE = {'a': 1}\n\ndef factor():\n    return 2\n"
    project.script(code, step, **{"helpers.py": helpers})
    assert project.run().factor == 2
    assert project.run().outcomes == {"Made": "hit"}
    project.edit("return 2", "return 3", "helpers.py")
    edited = project.run()
    assert edited.outcomes == {"Made": "ran"} and edited.factor == 3
    project.edit("{'a': 1}", "{'a': 2}", "helpers.py")
    assert project.run().outcomes == {"Made": "ran"}


def test_another_version_is_another_step(project: Any) -> None:
    project.script(HELPER, 'Derive({"z": z}, name="Made", version="1")')
    project.run()
    assert project.run().outcomes == {"Made": "hit"}
    project.edit('version="1"', 'version="2"')
    edited = project.run()
    assert edited.outcomes == {"Made": "ran"} and "changed" in edited.why("Made")


def test_another_version_of_a_package_that_is_reached(project: Any) -> None:
    code = HELPER.replace("values * 2", "pd.Series(values) * 2")
    code += 'import os\n\nif "OTHER_PANDAS" in os.environ:\n    pd.__version__ = os.environ["OTHER_PANDAS"]\n'
    project.script(code, DERIVE)
    metadata = "Metadata-Version: 2.1\nName: pandas\nVersion: 99.0\n"
    project.write(**{"other/pandas-99.0.dist-info/METADATA": metadata})
    project.run()
    assert project.run().outcomes == {"Made": "hit"}
    changed = project.run(PYTHONPATH=str(project.folder / "other"), OTHER_PANDAS="99.0")
    assert changed.outcomes == {"Made": "ran"} and "pandas" in changed.why("Made")


def test_a_notebook_function_defined_again(project: Any) -> None:
    project.write(
        **{
            "script.py": """
import linecache
import telling
import pandas as pd
from mlsys import Derive, Pipeline

frame = pd.DataFrame({"x": [1.0, 2.0, 3.0]})

def cell(number, source):
    name = f"<ipython-input-{number}>"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    exec(compile(source, name, "exec"), globals())

cell(1, "def double(values):\\n    return values * 2\\n")
cell(2, "def z(frame):\\n    return double(frame['x'])\\n")
cell(3, "made = Pipeline([Derive({'z': z}, name='Made')])\\n")
cell(4, "first = made.run(frame, track=False, verbose=False)\\n")
cell(5, "again = made.run(frame, track=False, verbose=False)\\n")
cell(6, "def double(values):\\n    return values * 3\\n")
cell(7, "edited = made.run(frame, track=False, verbose=False)\\n")
told = [run.cache_report().iloc[0]["outcome"] for run in (first, again, edited)]
telling.tell(edited, outcomes=told)
"""
        }
    )
    outcome = project.run()
    assert outcome.told["outcomes"] == ["ran", "hit", "ran"] and outcome.factor == 3
    assert "double" in outcome.why("Made")


@pytest.mark.parametrize("seeds", ["12", pytest.param("345", marks=pytest.mark.long)])
def test_the_order_of_hashes_is_no_edit(project: Any, seeds: str) -> None:
    code = """
NAMES = {"a", "b", "c", "d"}
TABLE = {name: {"x", "y", name} for name in sorted(NAMES)}

def z(frame):
    return frame["x"] * (2 if "b" in {"a", "b", "c", "e"} and "x" in TABLE["a"] and "d" in NAMES else 3)
"""
    project.script(code, DERIVE)
    assert project.run(PYTHONHASHSEED=seeds[0]).outcomes == {"Made": "ran"}
    for seed in seeds[1:]:
        assert project.run(PYTHONHASHSEED=seed).outcomes == {"Made": "hit"}


@pytest.mark.long
def test_new_processes_agree_with_forks(project: Any) -> None:
    project.script(HELPER, DERIVE)
    assert project.run(ANY="1").outcomes == {"Made": "ran"}
    assert project.run().outcomes == {"Made": "hit"}
    project.edit("values * 2", "values * 3")
    assert project.run(ANY="1").outcomes == {"Made": "ran"}
    assert project.run().outcomes == {"Made": "hit"}
