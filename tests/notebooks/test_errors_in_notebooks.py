"""Errors in notebooks: the message, the user's own line, notes; frames of libraries are folded, and never lost."""

from __future__ import annotations

import importlib.util
import json
import linecache
import subprocess
import sys
import traceback
from collections.abc import Iterator
from types import MethodType, SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from mlsys import Derive, Impute, Pipeline, RandomSplit, Standardize
from mlsys.errors import ConfigurationError, LeakageError, MlsysError
from mlsys.notebooks import install, restore, shell
from mlsys.notebooks.raised import MOST_PLACES, told


def raised(call: Any) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011  what is raised is the subject
        call()
    return caught.value


def ratio(rows: pd.DataFrame) -> pd.Series:
    return rows["a"] / rows["gone"]


def run_with_a_fault() -> None:
    frame = pd.DataFrame({"a": range(60), "y": [0, 1] * 30})
    Pipeline([RandomSplit(), Derive({"r": ratio})], target="y").run(frame, track=False, cache=False, verbose=False)


def test_an_error_of_mlsys_shows_message_remedy_and_the_users_line() -> None:
    error = raised(lambda: Pipeline([Standardize(), RandomSplit()], target="y"))
    page = told(error)
    assert page is not None
    text = page.text()
    assert isinstance(error, LeakageError)
    assert text.splitlines()[0] == "LeakageError"
    assert error.problem in text
    assert "remedy" in text
    assert 'raised(lambda: Pipeline([Standardize(), RandomSplit()], target="y"))' in text
    assert "frames of mlsys" in text
    assert "plan/refusals.py" in text.splitlines()[-1]
    assert "raise LeakageError" not in text  # no line of a library


def test_all_frames_stay_on_the_error_and_open_on_a_click() -> None:
    error = raised(lambda: Impute(colums=["a"]))  # type: ignore[call-arg]
    page = told(error)
    assert page is not None
    files = {frame.filename for frame in traceback.extract_tb(error.__traceback__)}
    assert any(file.endswith("mlsys/steps/base.py") for file in files)
    assert "<details><summary>all frames" in page.html()
    assert "mlsys/steps/base.py" in page.html().split("<details>")[1]


def test_an_error_in_the_users_function_shows_that_function_and_what_it_was_given() -> None:
    page = told(raised(run_with_a_fault))
    assert page is not None
    text = page.text()
    assert text.splitlines()[:2] == ["MissingColumn", f"  {MISSING}"]
    assert 'return rows["a"] / rows["gone"]' in text
    assert "make the column before this step" in text.split("remedy")[1].splitlines()[0]
    assert "note" in text
    assert "Caused by" not in text  # pandas raises the same from itself


def test_what_led_to_an_error_is_told_unless_it_was_put_away() -> None:
    def raise_it(hidden: bool) -> None:
        try:
            int("x")
        except ValueError as error:
            raise ConfigurationError("no number") from (None if hidden else error)

    texts = [page.text() for hidden in (False, True) if (page := told(raised(lambda: raise_it(hidden))))]  # noqa: B023
    told_of = [any(line.startswith("Caused by ValueError: invalid") for line in text.splitlines()) for text in texts]
    assert told_of == [True, False]


def test_errors_of_others_are_not_ours_to_fold() -> None:
    assert told(raised(lambda: int("x"))) is None
    assert told(ExceptionGroup("many", [MlsysError("a")])) is None


def test_of_many_frames_of_the_user_the_first_and_the_last_are_shown() -> None:
    lines = [f"def f{at}():\n    f{at + 1}()\n" for at in range(20)]
    source = "".join([*lines, "def f20():\n    raise MlsysError('too deep')\n"])
    linecache.cache["deep.py"] = (len(source), None, source.splitlines(True), "deep.py")
    names: dict[str, Any] = {"MlsysError": MlsysError}
    exec(compile(source, "deep.py", "exec"), names)
    page = told(raised(names["f0"]))
    assert page is not None
    assert page.text().count("-->") == MOST_PLACES
    assert "raise MlsysError('too deep')" in page.text()


def test_markup_and_secrets_of_a_message_stay_what_they_are() -> None:
    page = told(MlsysError("<script>alert(1)</script> at postgresql://me:hush@host/db"))
    assert page is not None
    assert "<script" not in page.html()
    assert "hush" not in page.html() + page.text()


class Shell:
    """As much of IPython's shell as errors meet."""

    def __init__(self, kernel: object = None) -> None:
        self.custom_exceptions: tuple[type[BaseException], ...] = ()
        self.CustomTB: Any = None
        self.InteractiveTB = SimpleNamespace(tb=None)
        self.compile = SimpleNamespace(format_code_name=lambda file: ("Cell", "In[7]") if file == __file__ else None)
        self.kernel, self.call_pdb = kernel, False
        self.whole: list[BaseException] = []
        self.folded: list[str] = []

    def set_custom_exc(self, caught: tuple[type[BaseException], ...], handler: Any) -> None:
        self.custom_exceptions, self.CustomTB = caught, MethodType(handler, self)

    def showtraceback(self, told: Any, **_: object) -> None:
        self.whole.append(told[1])

    def _showtraceback(self, kind: type, error: BaseException, lines: list[str]) -> None:
        self.folded.append("\n".join(lines))

    def meet(self, error: BaseException) -> None:
        """Do as IPython does when code of a cell raises."""
        if isinstance(error, self.custom_exceptions):
            self.CustomTB(type(error), error, error.__traceback__)
        else:
            self.showtraceback((type(error), error, error.__traceback__))


@pytest.fixture
def ipython(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    made = Shell()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: made))
    yield made
    shell._before.pop(made, None)


def test_ipython_folds_errors_of_mlsys_and_leaves_others(ipython: Shell) -> None:
    install()
    ours, theirs = raised(lambda: Impute(colums=["a"])), raised(lambda: int("x"))  # type: ignore[call-arg]
    ipython.meet(ours)
    ipython.meet(theirs)
    assert [ipython.folded[0].splitlines()[0], *ipython.whole] == ["ConfigurationError", theirs]
    assert "Cell In[7], line" in ipython.folded[0]
    assert sys.last_value is ours  # for %tb and %debug


def test_every_frame_is_shown_where_that_is_wanted(ipython: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    install()
    error = raised(lambda: Impute(colums=["a"]))  # type: ignore[call-arg]
    monkeypatch.setenv("MLSYS_FULL_TRACEBACK", "1")
    ipython.meet(error)
    assert (ipython.whole, ipython.folded) == ([error], [])


def test_what_a_user_set_for_errors_still_holds_and_is_given_back(ipython: Shell) -> None:
    seen: list[BaseException] = []
    ipython.set_custom_exc((LookupError,), lambda self, kind, error, frames, tb_offset=None: seen.append(error))
    before = ipython.custom_exceptions, ipython.CustomTB
    install()
    install()
    lookup = raised(lambda: {}["a"])
    ipython.meet(lookup)
    assert seen == [lookup]
    restore()
    assert (ipython.custom_exceptions, ipython.CustomTB) == before


def test_what_was_set_after_mlsys_is_not_taken_away(ipython: Shell) -> None:
    install()
    ipython.set_custom_exc((ValueError,), lambda self, *_: None)
    mine = ipython.CustomTB
    restore()
    assert ipython.CustomTB is mine


def test_an_error_that_cannot_be_told_is_shown_as_every_other(ipython: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    install()

    def fail(*_: object) -> None:
        raise RuntimeError("told badly")

    monkeypatch.setattr("mlsys.notebooks.raised.told", fail)
    error = raised(lambda: Impute(colums=["a"]))  # type: ignore[call-arg]
    ipython.meet(error)
    assert ipython.whole == [error]


def test_plain_python_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    hook = sys.excepthook
    install()
    restore()
    assert sys.excepthook is hook


MISSING = "Derive asks for the column 'gone', which the rows do not have (columns: a, y)"
CELLS = (
    "import mlsys, pandas as pd",
    "def ratio(rows):\n    return rows['a'] / rows['gone']",
    "from mlsys import *\npipeline = Pipeline([RandomSplit(), Derive({'r': ratio})], target='y')",
    "frame = pd.DataFrame({'a': range(60), 'y': [0, 1] * 30})\npipeline.run(frame, track=False, cache=False)",
    "1 / 0",
    "%tb",
)
IN_A_SHELL = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config
shell = InteractiveShell.instance(config=Config({{"HistoryManager": {{"enabled": False}}}}), colors="nocolor")
said = []
for cell in {cells!r}:
    with capture_output() as out:
        shell.run_cell(cell, store_history=True)
    said.append(out.stdout)
json.dump(said, sys.stdout)
"""
IN_A_KERNEL = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in {cells!r}])
NotebookClient(notebook, allow_errors=True, timeout=200).execute()
nbformat.write(notebook, sys.stdout)
"""


@pytest.mark.long
@pytest.mark.skipif(importlib.util.find_spec("IPython") is None, reason="IPython is not installed")
def test_a_real_shell_of_ipython() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_A_SHELL.format(cells=CELLS)], capture_output=True, text=True, check=True, timeout=120
    )
    said = json.loads(done.stdout[done.stdout.index("[") :])
    assert said[3].splitlines()[:2] == ["MissingColumn", f"  {MISSING}"]
    assert "Cell In[2], line 2" in said[3]
    assert "execution/" not in said[3]
    assert "ZeroDivisionError" in said[4]
    assert "ZeroDivisionError" in said[5]


@pytest.mark.long
@pytest.mark.skipif(importlib.util.find_spec("nbclient") is None, reason="nbclient is not installed")
@pytest.mark.skipif(importlib.util.find_spec("ipykernel") is None, reason="ipykernel is not installed")
def test_a_real_kernel_shows_the_page_and_keeps_the_error() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", IN_A_KERNEL.format(cells=CELLS)],
        capture_output=True, text=True, check=True, timeout=240,
    )  # fmt: skip
    cells = json.loads(done.stdout)["cells"]
    *_, page, error = cells[3]["outputs"]  # progress comes first where the machine is slow
    assert "".join(page["data"]["text/html"]).startswith("<div class='mlsys'>")
    assert "Cell In[2], line 2" in "".join(page["data"]["text/plain"])
    assert (error["output_type"], error["ename"]) == ("error", "MissingColumn")
    assert error["traceback"] == [f"MissingColumn: {MISSING}"]
    assert cells[4]["outputs"][0]["ename"] == "ZeroDivisionError"
