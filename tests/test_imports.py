"""What is imported when: nothing heavy before it is used."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "mlsys"
HEAVY = {"scipy", "sklearn", "mlflow", "matplotlib", "joblib", "skops", "optuna", "dask"}
ONE_OF_EACH = (
    "from mlsys import Pipeline, ReadCSV, RandomSplit, NaturalLabel, Impute, Train, Evaluate, DetectDrift, Monitor"
)


@pytest.mark.parametrize(
    ("line", "never"),
    [
        ("import mlsys", HEAVY | {"pandas", "numpy", "pyarrow", "pydantic"}),
        (ONE_OF_EACH, HEAVY),
        ("from mlsys.engines import DaskEngine", HEAVY),
    ],
    ids=["mlsys", "a step of each package", "an engine"],
)
def test_imports_load_nothing_heavy(line: str, never: set[str]) -> None:
    code = f"{line}\nimport sys; print(sorted({never!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def listed(package: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return names by module as type checkers read them and as Python finds them, from the file of a package."""
    tree = ast.parse((SOURCE / package / "__init__.py").read_text())
    (checked,) = (node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    homes = {
        (alias.asname or alias.name): node.module
        for node in checked.body
        if isinstance(node, ast.ImportFrom) and node.module is not None
        for alias in node.names
    }
    (table,) = (node for node in ast.walk(tree) if isinstance(node, ast.Dict) and "{'mlsys." in ast.unparse(node)[:8])
    found = {name: home for home, names in ast.literal_eval(table).items() for name in names.split()}
    return homes, found


LAZY = ["", "data", "sampling", "labeling", "features", "models", "evaluation", "drift"]


@pytest.mark.parametrize("package", LAZY, ids=lambda package: package or "mlsys")
def test_names_that_wait_are_those_that_type_checkers_read(package: str) -> None:
    homes, found = listed(package)
    assert homes == found


@pytest.mark.parametrize("package", LAZY, ids=lambda package: package or "mlsys")
def test_a_name_that_waits_is_no_module_of_its_package(package: str) -> None:
    """Otherwise importing the module would put it where the name stands."""
    modules = {path.stem for path in (SOURCE / package).iterdir() if path.suffix == ".py" or path.is_dir()}
    module = import_module(f"mlsys.{package}".rstrip("."))
    assert not modules & set(module.__all__)
    assert all(getattr(module, name) is not None for name in module.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = module.no_such_name


def test_one_step_does_not_import_the_others() -> None:
    code = "from mlsys.features import Standardize; import sys; print('mlsys.features.tf_idf' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
