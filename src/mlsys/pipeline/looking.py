"""Looking at rows without a pipeline: every column at a glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from mlsys.dataset import Roles, Rows, check_names, targets_named
from mlsys.errors import ConfigurationError, DataError, listed, meant
from mlsys.leakage.power import best_power, feature_power
from mlsys.overview import Overview, Use, alone_of, described, some_rows
from mlsys.overview.looking import rows_in_words
from mlsys.pipeline.given import as_rows

_ALONE = (
    "AUC of the column alone, learned on one half of the rows and evaluated on the other; for a numeric target, "
    "above or below its median. From .85 on, ask whether it is known before the decision"
)


def look(data: Any, target: str | Sequence[str] | None = None) -> Overview:
    """Describe every column of a table: meaning, nulls, values, and how well it alone predicts a target.

    Parameters
    ----------
    data : DataFrame, table of another library, or path
        Anything that :meth:`mlsys.Pipeline.run` accepts as one table.
    target : str or list of str, optional
        Column to predict, or several: each other column is then shown with the one that it predicts best.

    Returns
    -------
    mlsys.overview.Overview
        A searchable table in a notebook, text in a terminal, and a frame as ``.table``.

    Notes
    -----
    All rows are read, including those that a pipeline would keep for testing, so do not select columns by the power
    shown here; ``run.columns`` uses training rows only. If there are more than 100,000 rows, a sample of that size is
    drawn, the same each time; a million rows of 30 columns take less than two seconds.

    Examples
    --------
    >>> import mlsys
    >>> frame = pd.DataFrame({"age": [30, 41, None], "city": ["Bonn", "Bonn", "Ulm"]})
    >>> mlsys.look(frame).table[["column", "meaning", "nulls", "distinct"]].round(2).values.tolist()
    [['age', 'numbers', 0.33, 2], ['city', 'text', 0.0, 2]]
    """
    targets = targets_named(target)
    rows = as_rows(data, targets, "look()")
    if rows is None or isinstance(rows, Mapping):
        got = "nothing" if rows is None else f"parts {', '.join(rows)}"
        raise ConfigurationError(f"look() got {got}", "give one table: look(frame)")
    check_names(rows, "look()", "got")
    missing = next((name for name in targets if name not in rows.columns), None)
    if missing is not None:
        raise DataError(
            f"the target {missing!r} is not in the data (columns: {listed(rows.columns)})",
            f"{meant(missing, rows.columns)}correct target=",
        )
    some = some_rows(rows)
    alone = alone_of(best_power({name: _power(some, name, targets) for name in targets}) if targets else None)
    columns = [
        replace(
            described(str(name), some[name]),
            use=Use("target", made_by="") if name in targets else None,
            alone=alone.get(str(name)),
        )
        for name in some.columns
    ]
    notes = [("rows", rows_in_words("", len(rows), len(some))), ("columns", f"{len(columns):,}")]
    notes += [("alone", _ALONE)] if alone else []
    title = f"Columns, to predict {', '.join(targets)}" if targets else "Columns"
    return Overview(title, tuple(columns), tuple(notes))


def _power(rows: pd.DataFrame, target: str, targets: Sequence[str]) -> pd.DataFrame:
    """Return how well each column that is no target alone predicts one, on rows where it is known."""
    known = rows[rows[target].notna()].reset_index(drop=True)
    features = tuple(name for name in known.columns if name not in targets)
    return feature_power(Rows.of(known, Roles(target), features))
