"""mlsys.look: every column of a table at a glance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import mlsys
from mlsys.errors import ConfigurationError, DataError
from mlsys.overview.looking import MOST_ROWS, some_rows


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    y = rng.random(400) < 0.5
    return pd.DataFrame({
        "copy": np.where(y, "yes", "no"), "noise": rng.normal(size=400),
        "gaps": np.where(rng.random(400) < 0.25, np.nan, 1.0), "y": y,
    })  # fmt: skip


def test_a_copy_of_the_target_is_marked_and_noise_is_not(frame: pd.DataFrame) -> None:
    found = mlsys.look(frame, target="y")
    table = found.table.set_index("column")
    assert table.loc["copy", "auc"] == 1
    assert abs(table.loc["noise", "auc"] - 0.5) < 4 * table.loc["noise", "auc error"]
    assert np.isnan(table.loc["y", "auc"])
    assert "as good as the target" in str(found) and str(found).count("as good as the target") == 1
    assert "as good as the target" in found._repr_html_()


def test_nulls_are_shares_of_rows(frame: pd.DataFrame) -> None:
    table = mlsys.look(frame).table.set_index("column")
    assert table["nulls"].to_dict() == frame.isna().mean().to_dict()
    assert "auc" not in table and "use" not in table  # what is known of no column is left out


def test_the_frame_stays_as_it_is_and_any_index_will_do(frame: pd.DataFrame) -> None:
    odd = frame.set_index(pd.Index([0] * len(frame)))
    before = odd.copy()
    assert mlsys.look(odd, target="y").table.equals(mlsys.look(frame, target="y").table)
    pd.testing.assert_frame_equal(odd, before)


def test_of_many_rows_some_are_looked_at_and_that_is_said() -> None:
    frame = pd.DataFrame({"x": np.arange(MOST_ROWS + 5)})
    some = some_rows(frame)
    assert len(some) == MOST_ROWS
    assert some["x"].is_monotonic_increasing and some["x"].is_unique
    assert "100,005 (100,000 of them looked at)" in str(mlsys.look(frame))


def test_other_tables_are_taken_as_run_takes_them(tmp_path, frame: pd.DataFrame) -> None:
    frame.to_csv(tmp_path / "rows.csv", index=False)
    assert len(mlsys.look(tmp_path / "rows.csv", target="y")) == 4
    assert len(mlsys.look({"a": [1, 2], "b": ["x", "y"]})) == 2
    assert len(mlsys.look(pd.DataFrame({"a": []}))) == 1


def test_what_is_no_table_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(ConfigurationError, match="give one table"):
        mlsys.look({"train": frame, "test": frame})
    with pytest.raises(ConfigurationError, match="give one table"):
        mlsys.look(None)
    with pytest.raises(DataError, match="did you mean 'noise'"):
        mlsys.look(frame, target="noize")
    with pytest.raises(DataError, match="names must be strings"):
        mlsys.look(frame.rename(columns={"y": 3}))


def test_what_users_named_is_never_markup() -> None:
    page = mlsys.look(pd.DataFrame({"<script>": ["<b>bold</b>"] * 9}))._repr_html_()
    assert "<script" not in page and "<b>bold" not in page
    assert "&lt;script&gt;" in page and "&lt;b&gt;bold" in page
