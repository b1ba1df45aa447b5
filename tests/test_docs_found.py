"""Who comes with a word of the field finds a page, and pages lead where they say."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import mlsys

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = {page.relative_to(DOCS).as_posix()[:-4]: page.read_text(encoding="utf-8") for page in DOCS.glob("*.rst")}
EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("*.py"))
WORDS = """
outlier, hyperparameter, tuning, grid search, multiclass, confusion matrix, ROC, AUC, feature importance, overfitting,
normalize, scaling, one-hot, encoding, pipeline, cross-validation, imbalanced, SMOTE, class weight, calibration,
threshold, time series, forecasting, drift, monitoring, deploy, REST, reproducibility, MLflow, missing values, null,
text, embedding, fairness, bias, regression, clustering, early stopping, feature selection, model registry,
confidence interval, polars, large data, notebook, scikit-learn, data leakage, SHAP, Docker,
A/B test, images, retraining
"""


@pytest.mark.parametrize("word", [word.strip() for word in WORDS.replace("\n", " ").split(",")])
def test_a_word_of_the_field_is_on_a_page(word: str) -> None:
    said = re.compile(rf"(?<!\w){re.escape(word)}", re.IGNORECASE)
    assert [name for name, text in PAGES.items() if said.search(text)]


def test_every_example_stands_in_the_gallery_once_and_in_its_table_of_contents() -> None:
    gallery = (ROOT / "examples" / "index.rst").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^   \.\./examples/(\w+)\.py$", gallery, re.MULTILINE)) == EXAMPLES
    assert sorted(re.findall(r"^   (plot_\w+|flight_delays)$", gallery, re.MULTILINE)) == EXAMPLES


def test_pages_and_examples_lead_to_examples_that_exist() -> None:
    sources = [*DOCS.rglob("*.rst"), *(ROOT / "examples").glob("*.py")]
    built = {"generated", "auto_examples", "sg_execution_times.rst"}  # an older build may have other examples
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources if not built.intersection(path.parts))
    named = set(re.findall(r"(?<=[</`])(plot_\d\d_\w+|flight_delays)(?=[`>])", text))
    assert named <= set(EXAMPLES)
    assert len(named) > 5


def test_examples_show_no_comments_of_tools() -> None:
    for path in (ROOT / "examples").glob("*.py"):
        assert not re.search(r"# (noqa|fmt:|type: ignore|pyright:)", path.read_text(encoding="utf-8")), path.name


def test_the_glossary_has_every_word_that_pages_link_to() -> None:
    terms = set(re.findall(r"^   (\S.*)$", PAGES["glossary"], re.MULTILINE))
    for name, text in PAGES.items():
        for shown, target in re.findall(r":term:`([^`<]+?)(?: <([^>]+)>)?`", text):
            assert (target or shown) in terms, f"{name}: {target or shown}"


@pytest.mark.parametrize("picture", ["card_light.png", "card_dark.png"])
def test_pictures_of_the_landing_page_are_small(picture: str) -> None:
    assert (DOCS / "_static" / picture).stat().st_size < 40_000


@pytest.fixture
def reference() -> Iterator[ModuleType]:
    """The module of the pages of the API, which lies beside them."""
    pytest.importorskip("sphinx")
    sys.path.insert(0, str(DOCS))
    yield importlib.import_module("reference")
    sys.path.remove(str(DOCS))


def test_pages_of_the_reference_show_methods_and_no_class_shows_them_twice(reference: ModuleType) -> None:
    shown = {name: set(reference.members(name)) for name in reference.pages().values()}
    assert {"run", "plan", "cross_validate", "audit_leakage", "ablate"} <= shown["mlsys.Pipeline"]
    assert {"final_test", "register", "predict", "report"} <= shown["mlsys.Run"]
    assert {"learn", "apply", "fit"} <= shown["mlsys.Transform"]
    assert not shown["mlsys.Impute"]
    assert all(not name.startswith(("_", "model_")) for names in shown.values() for name in names)


def test_a_page_shows_a_call_only_of_what_users_make(reference: ModuleType) -> None:
    assert reference.signature(None, "class", "", mlsys.Run, None, "(pipeline, execution)", None) == ("", None)
    call, _ = reference.signature(None, "class", "", mlsys.Cost, None, "", None)
    assert call == "(missed, false_alarm, caught=0.0, correct_rejection=0.0)"
    lines: list[str] = []
    reference.say_more(None, "class", "", mlsys.Impute, None, lines)
    assert ":class:`~mlsys.Transform`" in lines[1]
