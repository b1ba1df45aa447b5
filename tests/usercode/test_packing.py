"""User code that travels: what was taken along does the same as what it was taken from, with the files gone."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import linecache
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mlsys.errors import NotPortableError
from mlsys.states import digest
from mlsys.usercode.folder import CODE, FolderCode
from mlsys.usercode.packing import CodeBundle
from mlsys.usercode.reach import CodeWalk


def code_of(function: Callable[..., Any] | type) -> str:
    """Return the digest of a function or class with everything of the user's that it reaches."""
    walk = CodeWalk(digest)
    token = walk.reach(function)
    return digest((token, walk.units))


ROWS = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.5, 0.25, 0.125]})
User = Callable[..., Any]


def travelled(*things: Any) -> list[Any]:
    """What comes out at the other end, imported from the written files alone."""
    bundle = CodeBundle()
    references = [bundle.reference(each) for each in things]
    folder = Path("bundle")
    (folder / CODE).mkdir(parents=True, exist_ok=True)
    for file, text in {"__init__.py": "", **bundle.files()}.items():
        (folder / CODE / file).write_text(text, encoding="utf-8")
    code = FolderCode(folder)
    return [code.find(each) for each in references]


def check(*things: Any) -> list[Any]:
    """Assert that functions do the same on rows, and count as the same code."""
    found = travelled(*things)
    for one, other in zip(things, found, strict=True):
        assert one is not other
        pd.testing.assert_series_equal(one(ROWS), other(ROWS), check_exact=True)
        assert digest(one) == digest(other) and code_of(one) == code_of(other)
    return found


def test_a_function_with_a_helper_and_a_constant(user: User) -> None:
    module = user(
        mine="""
        import numpy as np
        RATE = 1.5
        def rounded(values):
            return np.round(values, 1)
        def fee(rows):
            return rounded(rows["a"] * RATE)
        """
    )
    check(module.fee)


def test_what_is_used_of_a_module_of_the_users(user: User) -> None:
    module = user(
        mine="""
        import helpers
        from helpers import rate as factor
        def fee(rows):
            return helpers.half(rows["a"]) * factor() + helpers.START
        """,
        helpers="""
        from deeper import share
        START = 4
        def half(values):
            return values * share()
        def rate():
            return 3
        """,
        deeper="""
        def share():
            return 0.5
        """,
    )
    check(module.fee)


def test_a_module_of_the_users_that_is_passed_on_is_refused(user: User) -> None:
    module = user(
        mine="""
        import helpers
        def fee(rows):
            return getattr(helpers, "half")(rows["a"])
        """,
        helpers="def half(values): return values / 2",
    )
    with pytest.raises(NotPortableError, match=r"fee\(\) uses helpers itself.*\n.*from helpers import"):
        travelled(module.fee)


CLOSURES = '''
    def helper(values):
        return values + 1
    def times(factor):
        """Multiply."""
        def scaled(rows):
            """Multiply the first
    and add."""
            return helper(rows["a"]) * factor
        return scaled
    def around(function, *, text="""
    of
    many lines"""):
        def outside(rows):
            return function(rows) + len(text)
        return outside
    double, triple = times(2), times(3)
    both = around(times(5))
    def uses_all(rows):
        return double(rows) + triple(rows) + both(rows)
'''


def test_closures_of_one_function_keep_their_own_values(user: User) -> None:
    module = user(mine=CLOSURES)
    check(module.double, module.triple, module.both)
    assert module.double(ROWS).sum() != module.triple(ROWS).sum()


def test_a_function_that_uses_closures(user: User) -> None:
    check(user(mine=CLOSURES).uses_all)


def test_a_closure_that_calls_itself(user: User) -> None:
    module = user(
        mine="""
        def make():
            def power(rows, exponent=3):
                return rows["a"] if exponent == 1 else rows["a"] * power(rows, exponent - 1)
            return power
        cube = make()
        """
    )
    check(module.cube)


def test_a_closure_over_modules(user: User) -> None:
    module = user(
        mine="""
        def make():
            import numpy as np
            import helpers
            def rooted(rows):
                return np.sqrt(helpers.half(rows["a"]))
            return rooted
        root = make()
        """,
        helpers="def half(values): return values / 2",
    )
    pd.testing.assert_series_equal(travelled(module.root)[0](ROWS), module.root(ROWS), check_exact=True)


def test_two_functions_of_one_name(user: User) -> None:
    module = user(
        mine="""
        def fee(rows):
            return rows["a"]
        first = fee
        def fee(rows):
            return rows["b"]
        """
    )
    check(module.first, module.fee)


DECORATED = """
    import functools
    import helpers
    BASE = 10
    @helpers.polite
    def wrapped(rows):
        return rows["a"] + BASE
    @helpers.rude
    def bare(rows):
        return rows["a"] * BASE
    @functools.cache
    def factor():
        return BASE + 1
    def uses_memo(rows):
        return rows["a"] * factor()
    def uses_both(rows):
        return wrapped(rows) + bare(rows)
"""
DECORATORS = """
    import functools
    ADDED = 7
    def polite(function):
        @functools.wraps(function)
        def inner(rows):
            return function(rows) * 2 + ADDED
        return inner
    def rude(function):
        def inner(rows):
            return function(rows) * 3 + ADDED
        return inner
"""


@pytest.mark.parametrize("name", ["wrapped", "bare", "uses_memo", "uses_both"])
def test_decorated_functions_are_decorated_once(user: User, name: str) -> None:
    module = user(mine=DECORATED, helpers=DECORATORS)
    function = getattr(module, name)
    found = travelled(function)[0]
    pd.testing.assert_series_equal(found(ROWS), function(ROWS), check_exact=True)
    assert code_of(found) == code_of(function)


def test_classes_with_parents_and_class_values(user: User) -> None:
    module = user(
        mine="""
        from dataclasses import dataclass
        from helpers import Rule
        AT = 1.5
        @dataclass
        class Above(Rule):
            column: str = "a"
            at: float = AT
            def __call__(self, rows):
                return self.side(rows[self.column] > self.at)
        """,
        helpers="""
        class Rule:
            def side(self, values):
                return values.astype(SIZE)
        SIZE = "int64"
        """,
    )
    found = travelled(module.Above)[0]
    pd.testing.assert_series_equal(found()(ROWS), module.Above()(ROWS))
    assert digest(found()) == digest(module.Above()) and code_of(found) == code_of(module.Above)


def test_a_class_made_in_a_function(user: User) -> None:
    module = user(
        mine="""
        def make(shift):
            class Shifted:
                def __call__(self, rows):
                    return rows["a"] + shift
                @staticmethod
                def twice(rows):
                    return rows["a"] * 2 * shift
            return Shifted
        One, Two = make(1), make(2)
        """
    )
    one, two = travelled(module.One, module.Two)
    for found, original in ((one, module.One), (two, module.Two)):
        pd.testing.assert_series_equal(found()(ROWS), original()(ROWS))
        pd.testing.assert_series_equal(found.twice(ROWS), original.twice(ROWS))
        assert digest(found) == digest(original) and code_of(found) == code_of(original)


def test_annotations_are_not_evaluated_where_they_were_not(user: User) -> None:
    module = user(
        mine="""
        from __future__ import annotations
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from nowhere import Frame
        def fee(rows: Frame) -> Frame:
            return rows["a"] * 2
        """
    )
    check(module.fee)


LAMBDAS = """
    import functools
    RATE = 3
    plain = lambda rows: rows["a"] * RATE
    here, there = (lambda rows: rows["a"] + 1), (lambda rows: rows["b"] - 1)
    long = (
        lambda rows:
            rows["a"]
            / 2
    )
    with_default = lambda rows, by=4: rows["a"] * by
    nested = lambda rows: rows["a"].map(lambda value: value * RATE)
    by_name = {"one": lambda rows: rows["a"] - RATE}
    def make(by):
        return lambda rows: rows["a"] * by
    captured, other = make(2), make(5)
    same_line = [lambda rows: rows["a"] * 1.0, lambda rows: rows["a"] * 1]
    alike = [lambda rows, by=2: rows["a"] * by, lambda rows, by=3: rows["a"] * by]
    folded = [lambda rows: rows["a"] * (60 * 24), lambda rows: rows["a"] * 1440]
    in_turn = [lambda rows, by=by, *, more=-by: rows["a"] * by + more for by in (2, 3)]
    late = [lambda rows: rows["a"] * by for by in (2, 3)]
    spread = dict(
        one=functools.wraps(len)(lambda rows: rows["a"]) and (lambda rows: rows["a"] + 1),
        two=lambda rows: (
            rows["a"]
            + 2), three=lambda rows: rows["a"] + 3, umlaut="ä" and (lambda rows: rows["a"] + 4),
    )
    class Shop:
        fee = lambda rows: rows["b"] * 2
    from_class = Shop.fee
    class Held:
        pass
    strange = lambda rows, held=Held(): rows["a"]
"""


@pytest.mark.parametrize(
    "name", ["plain", "here", "there", "long", "with_default", "nested", "captured", "other", "from_class"]
)
def test_lambdas_are_told_apart_by_what_they_do(user: User, name: str) -> None:
    check(getattr(user(mine=LAMBDAS), name))


@pytest.mark.parametrize("name", ["same_line", "alike", "folded", "in_turn", "late"])
def test_lambdas_of_one_line_are_told_apart_by_their_position_and_carry_their_own_values(user: User, name: str) -> None:
    check(*getattr(user(mine=LAMBDAS), name))


@pytest.mark.parametrize("name", ["one", "two", "three", "umlaut"])
def test_lambdas_inside_a_call_over_several_lines(user: User, name: str) -> None:
    check(user(mine=LAMBDAS).spread[name])


def test_several_lambdas_travel_together(user: User) -> None:
    module = user(mine=LAMBDAS)
    check(module.captured, module.other, *module.late, *module.in_turn, *module.same_line, module.by_name["one"])


def test_lambdas_of_one_line_without_positions_are_refused(user: User) -> None:
    one, _ = user(mine=LAMBDAS).folded
    bare = types.FunctionType(one.__code__.replace(co_linetable=_lines_alone(one.__code__)), one.__globals__)
    with pytest.raises(NotPortableError, match=r"a lambda \(line \d+ of .*ambiguous(.|\n)*with def"):
        travelled(bare)


def _lines_alone(code: types.CodeType) -> bytes:
    """Return a table of lines as Python keeps it where it is told to keep no columns (PYTHONNODEBUGRANGES)."""
    return bytes([0b1_1101_111, 0, *[0b1_1101_111, 0] * (len(code.co_code) // 16)])


def test_a_lambda_with_a_default_that_is_no_plain_value_is_refused(user: User) -> None:
    with pytest.raises(NotPortableError, match="a default of it is of type Held"):
        travelled(user(mine=LAMBDAS).strange)


def test_a_lambda_whose_file_has_changed_is_refused(user: User, tmp_path: Path) -> None:
    module = user(mine=LAMBDAS)
    (tmp_path / "user" / "mine.py").write_text("# nothing\n" * 30)
    with pytest.raises(NotPortableError, match="cannot be stored"):
        travelled(module.plain)


def test_code_without_source_is_refused() -> None:
    space: dict[str, Any] = {"__name__": "typed"}
    exec("def fee(rows):\n    return rows['a']", space)  # noqa: S102  what is under test
    with pytest.raises(NotPortableError, match="source of 'fee' is not available"):
        travelled(space["fee"])


def test_data_that_cannot_be_written_is_named(user: User) -> None:
    module = user(
        mine="""
        import pandas as pd
        rates = pd.Series([1.0, 2.0])
        def fee(rows):
            return rows["a"] * rates.sum()
        """
    )
    with pytest.raises(NotPortableError, match=r"fee\(\) reaches 'rates' of type Series"):
        travelled(module.fee)


def test_what_a_package_made_is_refused() -> None:
    made = functools.singledispatch(len)  # a closure of functools
    made.__module__, made.__qualname__ = "functools", "singledispatch.<locals>.wrapper"
    with pytest.raises(NotPortableError, match=r"that functools\.singledispatch\(\) made cannot be found again"):
        travelled(made)


def test_installed_things_are_named_and_not_copied() -> None:
    bundle = CodeBundle()
    assert bundle.reference(pd.concat) == "pandas:concat" and bundle.files() == {}


def test_a_class_of_a_notebook_travels_although_its_module_has_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = (
        "from mlsys import Transform\n\n\n"
        "class Clip(Transform):\n"
        "    def learn(self, train):\n"
        "        return float(train['x'].max())\n\n"
        "    def apply(self, frame, limit):\n"
        "        return frame.assign(x=frame['x'].clip(upper=limit))\n"
    )
    notebook = types.ModuleType("a_notebook")  # without a file, as IPython's __main__ is
    monkeypatch.setitem(sys.modules, "a_notebook", notebook)
    linecache.cache["<cell 3>"] = (len(cell), None, cell.splitlines(keepends=True), "<cell 3>")
    exec(compile(cell, "<cell 3>", "exec"), vars(notebook))
    bundle = CodeBundle()
    assert bundle.reference(notebook.Clip) == "a_notebook:Clip"
    assert "return frame.assign(x=frame['x'].clip(upper=limit))" in bundle.files()["a_notebook.py"]


def test_a_class_of_a_module_that_nobody_entered_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "loaded_by_path.py"
    path.write_text("import math\n\n\nclass Rate:\n    def learn(self, train):\n        return math.pi\n")
    spec = importlib.util.spec_from_file_location("loaded_by_path", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.raises(NotPortableError, match="'loaded_by_path', which sys.modules does not list"):
        CodeBundle().reference(module.Rate)


HALF = """
    def half(values):
        return values / 2
    class Rule:
        at = 1.5
        def __call__(self, rows):
            return half(rows["a"]) > self.at
    def fee(rows):
        return half(rows["a"])
"""


@pytest.mark.parametrize("name", ["fee", "Rule"])
def test_a_file_that_was_edited_after_its_import_is_refused(user: User, tmp_path: Path, name: str) -> None:
    module = user(mine=HALF)
    path = tmp_path / "user" / "mine.py"
    path.write_text(path.read_text().replace('half(rows["a"])', 'half(rows["b"])'))
    with pytest.raises(NotPortableError, match=r"edited after it was imported: .*mine\.py(.|\n)*start the program"):
        travelled(getattr(module, name))


def test_a_function_that_was_moved_in_its_file_is_found(user: User, tmp_path: Path) -> None:
    module = user(mine=HALF)
    path = tmp_path / "user" / "mine.py"
    path.write_text("# a new line\n\nOTHER = 1\n" + path.read_text())
    check(module.fee)


def test_two_modules_whose_names_differ_in_a_dot_alone(user: User) -> None:
    module = user(
        **{
            "mine": """
                import shop_fees
                from shop import fees
                def fee(rows):
                    return fees.scaled(rows["a"]) - shop_fees.scaled(rows["a"])
                """,
            "shop.__init__": "",
            "shop.fees": "def scaled(values): return values * 2",
            "shop_fees": "def scaled(values): return values * 3",
        }
    )
    check(module.fee)


def test_aliases_of_types_travel(user: User) -> None:
    module = user(
        mine="""
        import typing
        Number = int | float | None
        Maybe = typing.Optional[int]
        def fee(rows, most: Maybe = None) -> Number:
            return rows["a"] * 2 if isinstance(most, Number) else None
        """
    )
    check(module.fee)


def test_a_method_of_an_installed_class_under_a_name_of_its_own(user: User) -> None:
    module = user(
        mine="""
        import pandas as pd
        clipped = pd.Series.clip
        def fee(rows):
            return clipped(rows["a"], upper=2)
        """
    )
    check(module.fee)


def test_texts_of_several_lines_stay_what_they_are_in_a_function_that_is_indented(user: User) -> None:
    module = user(
        mine='''
        if True:
            def fee(rows):
                text = """one
                    two
                three"""
                return rows["a"] * len(text)
        '''
    )
    check(module.fee)


def test_an_installed_module_that_a_function_imports_is_not_taken_along(user: User) -> None:
    module = user(
        mine="""
        def fee(rows):
            import numpy as np
            from json import dumps
            return np.sqrt(rows["a"]) + len(dumps(1))
        """
    )
    bundle = CodeBundle()
    bundle.reference(module.fee)
    assert list(bundle.files()) == ["mine.py"]
    check(module.fee)


def test_a_module_that_is_not_there_is_left_to_the_function(user: User) -> None:
    module = user(
        mine="""
        def fee(rows):
            try:
                import not_there_at_all
            except ImportError:
                return rows["a"] * 2
        """
    )
    check(module.fee)


def test_a_default_that_cannot_be_written_and_is_gone_is_refused(user: User) -> None:
    module = user(
        mine="""
        import pandas as pd
        rates = pd.Series([1.0])
        def fee(rows, rates=rates):
            return rows["a"] * rates.sum()
        rates = pd.Series([2.0])
        """
    )
    with pytest.raises(NotPortableError, match=r"fee\(\) has a default of type Series"):
        travelled(module.fee)


def test_comments_stay_where_values_are_put_in(user: User) -> None:
    module = user(
        mine="""
        ü, RATE = "ü", 2
        def fee(rows, ä="ü", rate=RATE, *, more=RATE + 1):  # what a day costs
            return rows["a"] * rate + more  # and more
        """
    )
    bundle = CodeBundle()
    bundle.reference(module.fee)
    assert 'def fee(rows, ä="ü", rate=RATE, *, more=3):  # what a day costs' in bundle.files()["mine.py"]
    check(module.fee)


def test_an_import_that_cannot_be_taken_along_keeps_no_model_that_does_without_it(user: User) -> None:
    module = user(
        mine="""
        class Middle:
            def learn(self, rows):
                import tables
                return tables.middle(rows)
            def __call__(self, rows):
                return rows["a"] * 2
        """,
        tables="""
        import pandas as pd
        RATES = pd.Series([1.0])
        def middle(rows):
            return RATES.mean()
        """,
    )
    found = travelled(module.Middle)[0]
    pd.testing.assert_series_equal(found()(ROWS), module.Middle()(ROWS))


def test_modules_that_import_each_other_when_they_run(user: User) -> None:
    module = user(
        mine="""
        def fee(rows, more=True):
            from other import twice
            return twice(rows["a"]) if more else rows["a"]
        """,
        other="""
        def twice(values):
            from mine import fee
            return fee({"a": values}, more=False) * 2
        """,
    )
    pd.testing.assert_series_equal(travelled(module.fee)[0](ROWS), module.fee(ROWS))


def test_a_memo_that_running_filled_travels_empty(user: User) -> None:
    module = user(
        mine="""
        class Rule:
            seen = {}
        def fee(rows, memo={}):
            memo["most"] = Rule.seen["most"] = float(rows["a"].max())
            return rows["a"] * 2
        """
    )
    module.fee(ROWS)
    found = travelled(module.fee)[0]
    assert found.__defaults__ == ({},) and found.__globals__["Rule"].seen == {}
    pd.testing.assert_series_equal(found(ROWS), module.fee(ROWS))


def test_code_that_a_decorator_rewrote_travels_as_it_was_written(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    module = user(
        mine="""
        def doubled(function):
            code = function.__code__
            function.__code__ = code.replace(co_consts=tuple(2 if each == 1 else each for each in code.co_consts))
            return function
        @doubled
        def fee(rows):
            return rows["a"] * 1
        """
    )
    monkeypatch.setattr("mlsys.usercode.source._BEGAN", time.time() + 60)  # so the file was there before
    check(module.fee)


@pytest.mark.parametrize(
    "code",
    [
        "class Rule:\n    key = ''\nRule.key = {}\ndef fee(rows):\n    return rows['a'] * len(Rule.key)\n",
        "KEY = {}\ndef fee(rows, key=KEY[:]):\n    return rows['a'] * len(key)\n",
        "def fee(rows):\n    return rows['a'] * len(fee.key)\nfee.key = {}\n",
    ],
)
def test_no_value_that_is_written_out_is_a_secret(user: User, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setenv("SHOP_API_KEY", "k3y-Of-Mine-92837465")
    module = user(mine="import os\n" + code.format('os.environ["SHOP_API_KEY"]'))
    with pytest.raises(NotPortableError, match="holds a secret"):
        travelled(module.fee)
