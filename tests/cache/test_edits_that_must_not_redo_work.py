"""What does not change a result is not redone: comments, layout, neighbours; nor does running change a key."""

from __future__ import annotations

from typing import Any

import pytest

MODULE = '''
"""Helpers."""

RATE = 7


def other(values):
    return values + 1


def double(values):
    """Twice."""
    # two
    return values * 2


class Unused:
    """Not reached by any step."""

    size = 1
'''
CODE = '''
from helpers import double


class Made(RowTransform):
    """Adds z."""

    def apply(self, frame):
        """Add it."""
        print("CALLED apply")
        return frame.assign(z=double(frame["x"]))
'''
EDITS = {
    "a comment edited": ("# two", "# twice the value", "helpers.py"),
    "a comment added": ("def double(values):", "# doubling\ndef double(values):", "helpers.py"),
    "a comment removed": ("    # two\n", "", "helpers.py"),
    "a docstring edited": ('"""Twice."""', '"""Two times."""', "helpers.py"),
    "a docstring removed": ('    """Twice."""\n', "", "helpers.py"),
    "a docstring of a method removed": ('        """Add it."""\n', "", "script.py"),
    "a docstring added": ("    return values + 1", '    """One more."""\n    return values + 1', "helpers.py"),
    "a docstring of a class edited": ('"""Adds z."""', '"""Adds the column z."""', "script.py"),
    "a docstring of a class removed": ('    """Adds z."""\n\n', "", "script.py"),
    "a docstring of a module edited": ('"""Helpers."""', '"""Functions."""', "helpers.py"),
    "an empty line": ("    # two\n", "    # two\n\n", "helpers.py"),
    "a line broken": ("return values * 2", "return (\n        values\n        * 2\n    )", "helpers.py"),
    "other quotes": ('frame["x"])', "frame['x'])", "script.py"),
    "another function edited": ("values + 1", "values + 2", "helpers.py"),
    "another constant edited": ("RATE = 7", "RATE = 8", "helpers.py"),
    "another class edited": ("size = 1", "size = 2", "helpers.py"),
    "another function added": ("RATE = 7", "RATE = 7\n\n\ndef third():\n    return 3", "helpers.py"),
    "another import": ('"""Helpers."""', '"""Helpers."""\n\nimport math', "helpers.py"),
}


@pytest.mark.quick(
    "a comment edited", "a docstring of a class removed", "a line broken", "another function edited", "another import"
)
@pytest.mark.parametrize("case", EDITS)
def test_an_edit_redoes_nothing(project: Any, case: str) -> None:
    old, new, file = EDITS[case]
    project.script(CODE, "Made()", **{"helpers.py": MODULE})
    first = project.run()
    assert first.outcomes == {"Made": "ran"} and first.calls["apply"] > 0
    project.edit(old, new, file)
    edited = project.run()
    assert edited.outcomes == {"Made": "hit"}, edited.why("Made")
    assert edited.calls["apply"] == 0 and edited.factor == 2 and edited.told["digest"] == first.told["digest"]


def test_a_docstring_added_to_a_function_that_had_none(project: Any) -> None:
    project.script(CODE, "Made()", **{"helpers.py": "def double(values):\n    return values * 2\n"})
    project.run()
    project.edit("    return", '    """Twice."""\n    return', "helpers.py")
    edited = project.run()
    assert edited.outcomes == {"Made": "hit"}, edited.why("Made")


@pytest.mark.long
def test_a_function_moved_within_its_file(project: Any) -> None:
    project.script(CODE, "Made()", **{"helpers.py": MODULE})
    project.run()
    function = 'def double(values):\n    """Twice."""\n    # two\n    return values * 2\n\n\n'
    project.edit(function, "", "helpers.py")
    project.edit("def other", function + "def other", "helpers.py")
    moved = project.run()
    assert moved.outcomes == {"Made": "hit"}, moved.why("Made")


KEEPING = {
    "a memo": """
MEMO = {}

def factor(n):
    if n not in MEMO:
        MEMO[n] = n * 1.0
    return MEMO[n]
""",
    "a memo under a decorator": """
import functools

def remembered(function):
    answers = {}

    @functools.wraps(function)
    def inner(n):
        if n not in answers:
            answers[n] = function(n)
        return answers[n]

    return inner

@remembered
def factor(n):
    return n * 1.0
""",
    "a counter": """
count = 0

def factor(n):
    global count
    count += 1
    return n * 1.0
""",
    "a list that grows": """
seen = []

def factor(n):
    seen.append(n)
    return n * 1.0
""",
    "a counter on the function": """
def factor(n):
    factor.calls = getattr(factor, "calls", 0) + 1
    return n * 1.0
""",
    "functools.lru_cache": """
import functools

@functools.lru_cache(maxsize=None)
def factor(n):
    return n * 1.0
""",
    "a cached property": """
import functools

class Holder:
    @functools.cached_property
    def unit(self):
        return 1.0

holder = Holder()

def factor(n):
    return n * holder.unit
""",
    "a logger": """
import logging

logger = logging.getLogger(__name__)

def factor(n):
    logger.info("factor of %s", n)
    return n * 1.0
""",
    "a lock": """
import threading

lock = threading.Lock()

def factor(n):
    with lock:
        return n * 1.0
""",
    "a compiled pattern": """
import re

pattern = re.compile("[0-9]+")

def factor(n):
    return float(pattern.findall(str(n))[0])
""",
}
TWICE = """
frame = pd.DataFrame({"x": [float(value) for value in range(1, 101)]})
pipeline = Pipeline([Derive({"z": z}, name="Made")])
if __name__ == "__main__":
    import telling
    telling.tell(pipeline.run(frame, track=False, verbose=False))
    print("BETWEEN")
    telling.tell(pipeline.run(frame, track=False, verbose=False))
"""


@pytest.mark.quick("script-a memo under a decorator", "script-a counter", "script-functools.lru_cache", "script-a lock")
@pytest.mark.parametrize("case", KEEPING)
@pytest.mark.parametrize("where", ["script", pytest.param("module", marks=pytest.mark.long)])
def test_what_running_changes_does_not_change_the_key(project: Any, case: str, where: str) -> None:
    z = '\ndef z(frame):\n    print("CALLED z")\n    return frame["x"] * factor(2)\n'
    head = "import pandas as pd\nfrom mlsys import Derive, Pipeline\n"
    if where == "script":
        project.write(**{"script.py": head + KEEPING[case] + z + TWICE})
    else:
        project.write(**{"script.py": head + "from helpers import factor\n" + z + TWICE, "helpers.py": KEEPING[case]})
    first = project.run()
    assert first.outcomes == {"Made": "hit"} and first.calls["z"] == 0, f"same process: {first.why('Made')}"
    second = project.run()
    before = second.printed.partition("BETWEEN")[0].partition("REPORTED")[0]
    assert "CALLED z" not in before, "the first run of the second process called the function"
    assert second.outcomes == {"Made": "hit"} and second.factor == 2, f"other process: {second.why('Made')}"


CHAIN = """
class Cleaned(RowTransform):
    def apply(self, frame):
        print("CALLED Cleaned")
        return frame.assign(y=frame["x"] * 2)

class Made(RowTransform):
    def apply(self, frame):
        print("CALLED Made")
        return frame.assign(z=frame["y"])

class Last(RowTransform):
    def apply(self, frame):
        print("CALLED Last")
        return frame.assign(w=frame["z"] + 1)
"""


def test_only_what_follows_an_edit_is_redone(project: Any) -> None:
    project.script(CHAIN, "Cleaned(), Made(), Last()")
    assert set(project.run().outcomes.values()) == {"ran"}
    project.edit('z=frame["y"])', 'z=frame["y"] * 3)')
    edited = project.run()
    assert edited.outcomes == {"Cleaned": "hit", "Made": "ran", "Last": "ran"} and edited.factor == 6
    assert "apply" in edited.why("Made") and edited.why("Last").startswith("its input changed")


def test_an_edit_that_gives_the_same_rows_redoes_nothing_after_it(project: Any) -> None:
    project.script(CHAIN, "Cleaned(), Made(), Last()")
    project.run()
    project.edit('frame["x"] * 2', '2 * frame["x"]')
    edited = project.run()
    assert edited.outcomes == {"Cleaned": "ran", "Made": "hit", "Last": "hit"} and edited.calls["Made"] == 0


def test_a_step_added_at_the_end_leaves_the_others(project: Any) -> None:
    project.script(CHAIN, "Cleaned(), Made()")
    project.run()
    project.edit("Made()]", "Made(), Last()]")
    longer = project.run()
    assert longer.outcomes == {"Cleaned": "hit", "Made": "hit", "Last": "ran"}


def test_other_rows_are_another_input(project: Any) -> None:
    project.script(CHAIN, "Cleaned(), Made(), Last()")
    project.run()
    project.edit("range(1, 101)", "range(1, 102)")
    other = project.run()
    assert set(other.outcomes.values()) == {"ran"}
    assert all(row["why"].startswith("its input changed") for row in other.steps.values())


@pytest.mark.long
def test_an_edited_helper_of_several_steps_runs_each_of_them_once(project: Any) -> None:
    code = """
def doubled(values):
    return values * 2

def called(name, frame):
    if len(frame) > 50:  # not the check of single rows
        print("CALLED", name)
    return doubled(frame["x"])

def one(frame):
    return called("one", frame)

def two(frame):
    return called("two", frame)

def z(frame):
    return called("z", frame)
"""
    steps = 'Derive({"one": one}, name="One"), Derive({"two": two}, name="Two"), Derive({"z": z}, name="Made")'
    project.script(code, steps)
    assert project.run().calls == {"one": 1, "two": 1, "z": 1}
    project.edit("values * 2", "2 * values")
    edited = project.run()
    assert set(edited.outcomes.values()) == {"ran"} and edited.calls == {"one": 1, "two": 1, "z": 1}
    project.edit("2 * values", "values * 3")
    assert project.run().calls == {"one": 1, "two": 1, "z": 1}
