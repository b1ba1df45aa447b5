"""Names that our check lets through are names that MLflow takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from mlflow.utils.validation import (
    _validate_model_alias_name,
    _validate_model_alias_name_reserved,
    _validate_model_name,
    _validate_tag_name,
)

from mlsys.errors import ConfigurationError
from mlsys.tracking.names import HISTORY, check_alias, check_model_name

TEXTS = st.one_of(st.text(max_size=8), st.text("aV1.-_ /@:\n\u0000", max_size=6), st.integers(0, 300).map("a".__mul__))


@given(TEXTS)
def test_an_alias_that_passes_is_taken_by_mlflow_with_its_history(alias: str) -> None:
    try:
        check_alias(alias)
    except ConfigurationError:
        return
    _validate_model_alias_name(alias)
    _validate_model_alias_name_reserved(alias)
    _validate_tag_name(HISTORY + alias)
    assert not alias.isdigit() and alias == alias.strip()


@given(TEXTS)
def test_a_name_that_passes_is_taken_by_mlflow(name: str) -> None:
    try:
        check_model_name(name)
    except ConfigurationError:
        return
    _validate_model_name(name)
    assert "@" not in name and name.isprintable()
