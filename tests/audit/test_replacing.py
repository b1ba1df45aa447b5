"""What rows are replaced by: other values of the same type, in the chosen rows and columns alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys.audit.replacing import WAYS, extremes, mirrored, new_categories, nulls, replaced, shuffled

COLUMNS = {
    "float": pd.Series([1.5, None, -3.0, 2.0]),
    "float32": pd.Series([1.5, None, -3.0, 2.0], dtype="float32"),
    "int": pd.Series([1, 2, 3, 4]),
    "int8": pd.Series([1, -100, 3, 4], dtype="int8"),
    "unsigned": pd.Series([1, 2, 3, 4], dtype="uint8"),
    "nullable": pd.Series([1, None, 3, 4], dtype="Int64"),
    "bool": pd.Series([True, False, True, True]),
    "boolean": pd.Series([True, None, True, False], dtype="boolean"),
    "text": pd.Series(["a", "b", None, "a"], dtype="str"),
    "object": pd.Series(["a", "b", None, "a"], dtype=object),
    "category": pd.Series(["a", "b", None, "a"], dtype="category"),
    "time": pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02", None, "2024-01-04"])),
    "zoned": pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02", None, "2024-01-04"]).tz_localize("Europe/Berlin")),
    "duration": pd.Series(pd.to_timedelta([1, 2, 3, 4], unit="h")),
    "empty": pd.Series([None, None, None, None], dtype="float64"),
}
HELD = np.array([False, False, True, True])


@pytest.mark.parametrize("way", [extremes, new_categories, nulls, mirrored, shuffled])
@pytest.mark.parametrize("kind", COLUMNS)
def test_types_stay_and_other_rows_and_columns_stay(way, kind):
    frame = pd.DataFrame({"x": COLUMNS[kind], "kept": COLUMNS[kind]})
    changed = replaced(frame, HELD, way, keep=["kept"])
    assert changed.dtypes.to_dict() == frame.dtypes.to_dict()
    pd.testing.assert_frame_equal(changed[~HELD], frame[~HELD])
    pd.testing.assert_series_equal(changed["kept"], frame["kept"])


@pytest.mark.parametrize("kind", [kind for kind in COLUMNS if kind != "empty"])
def test_some_way_changes_every_kind_of_column(kind):
    frame = pd.DataFrame({"x": COLUMNS[kind]})
    assert any(not replaced(frame, HELD, way, []).equals(frame) for way in WAYS.values())


def test_extremes_lie_beyond_every_row_that_stays():
    frame = pd.DataFrame({"x": [1.0, -50.0, 3.0, 4.0], "n": [1, 2, 3, 4]})
    changed = replaced(frame, HELD, extremes, [])
    assert (changed.loc[HELD].abs() > 1_000).all(axis=None)
    assert set(np.sign(changed.loc[HELD, "x"])) == {-1.0, 1.0}


def test_mirrored_classes_are_other_classes_that_were_there():
    turned = mirrored(pd.Series(["no", "yes", "no", None], dtype="str"))
    assert turned is not None
    assert turned[:3].tolist() == ["yes", "no", "yes"]
    assert pd.isna(turned[3])


def test_the_frame_that_is_given_is_not_changed():
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]})
    replaced(frame, HELD, extremes, [])
    assert frame["x"].tolist() == [1.0, 2.0, 3.0, 4.0]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20))
def test_whole_numbers_never_leave_their_type(values):
    column = pd.Series(values, dtype="int64")
    far = extremes(column)
    assert far is not None
    assert far.dtype == column.dtype


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=20))
def test_floats_may_hold_anything(values):
    column = pd.Series(values, dtype="float64")
    far = extremes(column)
    assert far is not None
    assert len(far) == len(column)
