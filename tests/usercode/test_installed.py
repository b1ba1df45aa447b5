"""Whose code a module is: the user's, or of a package that is installed."""

from __future__ import annotations

import sys
import sysconfig
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlsys.usercode.installed import is_installed, lies_among_packages

PLACES = {
    "of all": (f"{sysconfig.get_path('purelib')}/six.py", True),
    "of one user": ("/home/me/.local/lib/python3.12/site-packages/six.py", True),
    "of Debian": ("/usr/lib/python3/dist-packages/six.py", True),
    "of Windows": (r"C:\Python312\Lib\site-packages\six.py", True),
    "with the interpreter": (f"{sysconfig.get_path('stdlib')}/json/__init__.py", True),
    "a project": ("/home/me/project/six.py", False),
    "a project beside the interpreter": (f"{sysconfig.get_path('stdlib')}_of_mine/six.py", False),
}


@pytest.mark.parametrize("case", PLACES)
def test_packages_lie_where_they_are_installed(case: str) -> None:
    file, expected = PLACES[case]
    assert lies_among_packages(file) is expected


@pytest.mark.parametrize("name", ["json", "sys", "builtins", "pandas", "numpy.random.mtrand", "mlsys.steps.base"])
def test_python_packages_and_this_library_are_installed(name: str) -> None:
    assert is_installed(name)


@pytest.mark.parametrize("name", [None, "", "__main__", "__mp_main__", "not_there_at_all"])
def test_a_script_and_what_nobody_imported_are_the_users(name: str | None) -> None:
    assert not is_installed(name)


def entered(monkeypatch: pytest.MonkeyPatch, name: str, **attributes: Any) -> None:
    module = types.ModuleType(name)
    for key, value in attributes.items():
        setattr(module, key, value)
    monkeypatch.setitem(sys.modules, name, module)


def test_a_module_without_a_file_is_the_users_if_python_code_ran_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    entered(monkeypatch, "a_notebook")
    exec("RATE = 2", vars(sys.modules["a_notebook"]))
    assert not is_installed("a_notebook")
    assert is_installed(type(np.random.default_rng).__module__)  # made by Cython when it starts


def test_a_module_without_a_file_belongs_to_the_package_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    entered(monkeypatch, "six_like", __file__=f"{sysconfig.get_path('purelib')}/six_like/__init__.py")
    entered(monkeypatch, "six_like.moves", __path__=[])
    assert is_installed("six_like.moves")


def test_a_namespace_that_is_shared_with_a_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    packages = sysconfig.get_path("purelib")
    entered(monkeypatch, "company", __path__=[f"{packages}/company", str(tmp_path)])
    entered(monkeypatch, "company.tools", __file__=f"{packages}/company/tools.py")
    entered(monkeypatch, "company.project", __file__=str(tmp_path / "project.py"))
    assert is_installed("company.tools") and not is_installed("company.project")
