"""Values as source: what is written gives the value again, in its type."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys.states import digest
from mlsys.usercode.literals import written

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(), st.text(), st.binary(), st.just(...)
)
KEYS = st.one_of(st.booleans(), st.integers(), st.text(), st.tuples(st.integers(), st.text()))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner), st.lists(inner).map(tuple), st.dictionaries(KEYS, inner), st.sets(KEYS), st.frozensets(KEYS)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_is_the_same_value(value: Any) -> None:
    text = written(value)
    assert text is not None
    assert digest(eval(text)) == digest(value)  # noqa: S307


class Money(int):
    pass


def holding_itself() -> list[Any]:
    held: list[Any] = []
    held.append(held)
    return held


@pytest.mark.parametrize("value", [Money(3), [Money(3)], {"a": object()}, holding_itself(), 10**5000], ids=type)
def test_what_has_no_plain_form_is_not_written(value: Any) -> None:
    assert written(value) is None


def test_zero_keeps_its_sign_and_sets_have_one_order() -> None:
    assert written(-0.0) == "-0.0" and written({"b", "a", "c"}) == "{'a', 'b', 'c'}"
    assert math.isnan(eval(str(written(math.nan))))  # noqa: S307
