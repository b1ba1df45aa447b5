"""Which estimators of scikit-learn can be stored, and what is refused: the table behind the allow-list.

Fits, stores and reads back what ``tests/states/test_all_estimators.py`` lists, and counts.

Run: ``python benchmarks/estimators.py``. Writes ``docs/benchmarks/estimators.rst``.
"""

from __future__ import annotations

import importlib.util
import tempfile
import warnings
from pathlib import Path
from types import ModuleType

import sklearn
import skops

from measuring import ROOT, table, write_page
from mlsys.errors import StateError
from mlsys.states import ALLOWED_TYPES, save_state
from mlsys.states.native import FORMS

TESTS = ROOT / "tests" / "states" / "test_all_estimators.py"
TEXT = """\
scikit-learn {sklearn}, skops {skops}. Each estimator was fitted on 90 rows, stored, read back and asked again:
everything it answers is the same to the last bit, and so is the digest of its state.

{counts}

Not stored
----------

{refused}

A refusal names the part, and comes when the model is saved; the run stays as it is. :doc:`../model_files` says what to
do then.

Written without skops
---------------------

{native}

The allow-list has {allowed} names beside scikit-learn's own estimators, which skops trusts; each was read and judged
one by one (``src/mlsys/states/allowed.py``).
"""


def recipes() -> ModuleType:
    """Return the module of the tests, which knows how to fit each estimator."""
    found = importlib.util.spec_from_file_location("test_all_estimators", TESTS)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def main() -> None:
    tests = recipes()
    outcomes: dict[str, str] = {}
    for name, kind in tests.LIST.items():
        estimator = tests.made(name, kind)
        outcomes[name] = tests.stored(estimator, *tests.target_of(name, estimator))
    others = {name: tests.stored(*variant) for name, variant in tests.VARIANTS.items()}
    counts = [
        (title, len(found), sum(not problem for problem in found.values()))
        for title, found in (("all_estimators()", outcomes), ("with other arguments", others))
    ]
    refused = [(name, tests.CANNOT.get(name, problem)) for name, problem in outcomes.items() if problem]
    refused += [(name, _refusal(estimator, tests)) for name, (estimator, _) in tests.REFUSED.items()]
    write_page(
        "estimators",
        "Estimators that can be stored",
        "python benchmarks/estimators.py",
        TEXT.format(
            sklearn=sklearn.__version__,
            skops=skops.__version__,
            counts=table(("estimators of scikit-learn", "fitted", "stored, equal to the last bit"), counts),
            refused=table(("what", "why"), refused),
            native=table(
                ("class", "file"),
                [
                    (name, f".{form.suffix}" if form.suffix else "JSON, with the booster's file beside it")
                    for form in FORMS
                    for name in form.classes
                ],
            ),
            allowed=len(ALLOWED_TYPES),
        ),
    )


def _refusal(estimator: object, tests: ModuleType) -> str:
    """Return what the library says when asked to store it."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = estimator.fit(tests.NUMBERS, tests.YES)  # type: ignore[attr-defined]
        try:
            save_state(fitted, Path(folder) / "state")
        except StateError as error:
            return error.problem
    return "stored"


if __name__ == "__main__":
    main()
