"""An edit of what a step reaches is seen by the cache, by the model and by the recipe alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from mlsys import Derive, Pipeline, RandomSplit, load
from mlsys.cache.fingerprint import Fingerprints
from mlsys.run.recipe import read_pipeline, read_record, write_recipe

FRAME = pd.DataFrame({"x": np.arange(1.0, 61.0), "y": np.arange(60.0) % 7})


@dataclass(frozen=True)
class Edit:
    """Modules of which ``mine`` has a ``z`` that is twice ``x``, and an edit after which it is three times.

    Parameters
    ----------
    code : str
        Of the module ``mine``.
    old, new : str
        The edit.
    file : str
        The module where the edit is made.
    modules : dict of str to str
        Other modules.
    """

    code: str
    old: str
    new: str
    file: str = "mine"
    modules: dict[str, str] = field(default_factory=dict)


HELPERS = {"helpers": "import deeper\ndef scaled(values):\n    return deeper.scaled(values)\n"}
DEEPER = {"deeper": "FACTOR = 2\ndef scaled(values):\n    return values * FACTOR\n"}
TWO = {**HELPERS, **DEEPER}
PACKAGE = {"shop.__init__": "", "shop.fees": "def scaled(values):\n    return values * 2\n"}
WITHIN = {**PACKAGE, "shop.own": "def z(rows):\n    from .fees import scaled\n    return scaled(rows['x'])\n"}
BY_CLASS = """
class Scale:
    {}
    def by(self, values):
        return values * self.factor
{}
def z(rows):
    return Scale().by(rows['x'])
"""
INSIDE = """
import functools
def around(function):
    @functools.wraps(function)
    def inner(rows):
        return function(rows) * 1
    return inner
@around
def z(rows):
    return rows['x'] * 2
"""
TIMES = """
import functools
def times(n):
    def around(function):
        @functools.wraps(function)
        def inner(rows):
            return function(rows) * n
        return inner
    return around
"""
GIVEN = f"""{TIMES}
N = 2
@times(N)
def z(rows):
    return rows['x']
N = 5
"""
GIVEN_IN_A_LOOP = f"""{TIMES}
made = []
for n in (2, 3):
    @times(n=n)
    def z(rows):
        return rows['x']
    made.append(z)
z = made[0]
"""
LOOP = """
made = []
for n in (2, 3):
    def z(rows, n=n):
        return rows['x'] * n
    made.append(z)
z = made[0]
"""
BY_FUNCTION = """
def two(values):
    return values * 2
def three(values):
    return values * 3
def z(rows, by=two):
    return by(rows['x'])
two = None
"""

EDITS = {
    "a helper in another module": Edit(
        "from helpers import scaled\ndef z(rows):\n    return scaled(rows['x'])\n", "= 2", "= 3", "deeper", TWO
    ),
    "a lambda": Edit("z = lambda rows: rows['x'] * 2\n", "* 2", "* 3"),
    "a lambda that is called": Edit("by = lambda v: v * 2\ndef z(rows):\n    return by(rows['x'])\n",
        "* 2", "* 3"),
    "a closure's value": Edit(
        "def make(n):\n    def z(rows):\n        return rows['x'] * n\n    return z\nz = make(2)\n", "(2)", "(3)"
    ),
    "a default argument": Edit("def z(rows, n=2):\n    return rows['x'] * n\n", "n=2", "n=3"),
    "a default by name": Edit("N = 2\ndef z(rows, *, n=N):\n    return rows['x'] * n\nN = 5\n", "N = 2", "N = 3"),
    "a default in a loop": Edit(LOOP, "made[0]", "made[1]"),
    "a default that is a function": Edit(BY_FUNCTION, "by=two", "by=three"),
    "a class attribute": Edit(BY_CLASS.format("factor = 2", ""), "factor = 2", "factor = 3"),
    "a class attribute by name": Edit("N = 2\n" + BY_CLASS.format("factor = N", "N = 5"), "N = 2", "N = 3"),
    "a class attribute set later": Edit(BY_CLASS.format("factor = 1", "Scale.factor = 2"), "= 2", "= 3"),
    "a class attribute that the body lacks": Edit(BY_CLASS.format("pass", "Scale.factor = 2"), "= 2", "= 3"),
    "a method put in later": Edit(
        BY_CLASS.format("factor = 2", "def other(self, values):\n    return values * 2\nScale.by = other"),
        "return values * 2", "return values * 3",
    ),
    "the default of a method": Edit(
        "N = 2\nclass Scale:\n    def by(self, values, n=N):\n        return values * n\nN = 5\n"
        "def z(rows):\n    return Scale().by(rows['x'])\n",
        "N = 2", "N = 3",
    ),
    "a function's attribute": Edit(
        "def by(v):\n    return v * by.factor\nby.factor = 2\ndef z(rows):\n    return by(rows['x'])\n", "= 2", "= 3"
    ),
    "a global constant": Edit("N = 2\ndef z(rows):\n    return rows['x'] * N\n", "= 2", "= 3"),
    "a constant of a set": Edit("N = frozenset({2})\ndef z(rows):\n    return rows['x'] * max(N)\n", "{2}", "{3}"),
    "a member of an enumeration": Edit(
        "import enum\nclass Rate(enum.Enum):\n    LOW = 2\n    HIGH = 3\nN = Rate.LOW\n"
        "def z(rows):\n    return rows['x'] * N.value\n",
        "Rate.LOW", "Rate.HIGH",
    ),
    "a decorated function": Edit(INSIDE, "['x'] * 2", "['x'] * 3"),
    "the decorator": Edit(INSIDE, "(rows) * 1", "(rows) * 1.5"),
    "what a decorator is given": Edit(GIVEN, "N = 2", "N = 3"),
    "what a decorator is given in a loop": Edit(GIVEN_IN_A_LOOP, "made[0]", "made[1]"),
    "one function of a single dispatch": Edit(
        "import functools\nimport pandas as pd\n@functools.singledispatch\ndef by(values):\n    raise TypeError\n"
        "@by.register\ndef _(values: pd.Series):\n    return values * 2\ndef z(rows):\n    return by(rows['x'])\n",
        "values * 2", "values * 3",
    ),
    "what is imported in a function": Edit(
        "def z(rows):\n    import deeper\n    return deeper.scaled(rows['x'])\n", "= 2", "= 3", "deeper", DEEPER
    ),
    "what is imported by what is imported in a function": Edit(
        "def z(rows):\n    from helpers import scaled as by\n    return by(rows['x'])\n", "= 2", "= 3", "deeper", TWO
    ),
    "what is imported in a method": Edit(
        "class Scale:\n    def by(self, values):\n        import deeper as d\n        return d.scaled(values)\n"
        "def z(rows):\n    return Scale().by(rows['x'])\n",
        "= 2", "= 3", "deeper", DEEPER,
    ),
    "a package's module imported in a function": Edit(
        "def z(rows):\n    from shop import fees\n    return fees.scaled(rows['x'])\n",
        "* 2", "* 3", "shop.fees", PACKAGE,
    ),
    "a package's module imported by its full name": Edit(
        "def z(rows):\n    import shop.fees\n    return shop.fees.scaled(rows['x'])\n",
        "* 2", "* 3", "shop.fees", PACKAGE,
    ),
    "a module of the same package imported in a function": Edit(
        "from shop.own import z\n", "* 2", "* 3", "shop.fees", WITHIN
    ),
}  # fmt: skip


def seen(user: Any, edit: Edit, edited: bool, place: Path) -> tuple[Any, float, float]:
    """Return what the cache takes for the code, and by what a model's and a recipe's code multiply, the user's gone."""
    modules = {"mine": edit.code, **edit.modules}
    if edited:
        assert modules[edit.file].count(edit.old) == 1
        modules[edit.file] = modules[edit.file].replace(edit.old, edit.new)
    steps = [Derive({"z": user(**modules).z}, name="Made"), RandomSplit(), LinearRegression()]
    code = Fingerprints.of({"Made": steps[0]}).taken["Made"].code  # type: ignore[dict-item]
    run = Pipeline(steps, target="y").run(FRAME, track=False, cache=False)
    expected = run.model.predict(FRAME[["x"]])
    run.save(place / "model")
    write_recipe(run.outcome, run._live, place / "recipe")
    user.forgotten()
    model = load(place / "model")
    pd.testing.assert_frame_equal(model.predict(FRAME[["x"]]), expected, check_exact=True)
    pipeline = read_pipeline(place / "recipe", read_record(place / "recipe"), str)
    assert pipeline.digest == run.pipeline.digest  # so seeds are the same as well
    served, again = dict(model.steps)["Made"].step, pipeline.steps[0].step
    return code, _factor(served), _factor(again)


def _factor(step: Any) -> float:
    return float((step.columns["z"](FRAME) / FRAME["x"]).iloc[0])


@pytest.mark.quick(every=3)
@pytest.mark.parametrize("case", EDITS)
def test_an_edit_is_seen_by_cache_model_and_recipe(user: Any, tmp_path: Path, case: str) -> None:
    before, *factors = seen(user, EDITS[case], False, tmp_path / "before")
    assert factors == [2, 2]
    after, *factors = seen(user, EDITS[case], True, tmp_path / "after")
    assert factors == [3, 3]
    assert before != after
