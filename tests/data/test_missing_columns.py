"""A column that a user's function asks for, and the rows do not have: one error, whatever pandas raises."""

import pandas as pd
import pytest

from mlsys import Derive, Filter, Function, NaturalLabel, WeakLabel
from mlsys.errors import DataError

FRAME = pd.DataFrame({"price": [1.0, 2.0], "who": ["a", "b"]})
ASKS = {
    "by name": lambda rows: rows["pirce"] > 0,
    "as an attribute": lambda rows: rows.pirce > 0,
    "by loc": lambda rows: rows.loc[:, "pirce"] > 0,
    "in a query": lambda rows: rows.eval("pirce > 0"),
    "one of several": lambda rows: rows[["pirce", "who"]].notna().all(axis=1),
    "alone in a list": lambda rows: rows[["pirce"]].notna().all(axis=1),
    "in an expression": pd.col("pirce") > 0,
}
STEPS = {
    "Filter": lambda ask: Filter(ask).select(FRAME),
    "Derive": lambda ask: Derive({"new": ask}).apply(FRAME),
    "asked": lambda ask: Function(lambda rows: rows.assign(new=ask), name="asked").apply(FRAME),
}


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
@pytest.mark.parametrize("step", STEPS)
def test_a_function_that_names_a_missing_column_is_told_which_and_what_there_is(step: str, ask) -> None:
    with pytest.raises(DataError) as caught:
        STEPS[step](ask)
    assert caught.value.problem == (
        f"{step} asks for the column 'pirce', which the rows do not have (columns: price, who)"
    )
    assert caught.value.remedy.startswith("did you mean 'price'? ")
    assert isinstance(caught.value, KeyError)


def test_labels_say_so_too() -> None:
    with pytest.raises(DataError, match=r"the rule of NaturalLabel\('y'\) asks for the column 'gone'"):
        NaturalLabel("y", from_column=["price", "who"], rule=lambda rows: rows["gone"] > 0).labels(FRAME)
    with pytest.raises(DataError, match="labeling function 'rule' asks for the column 'gone'"):

        def rule(rows):
            return rows["gone"].map({1: True})

        WeakLabel("y", [rule], classes=[True, False]).labels(FRAME)


@pytest.mark.parametrize(
    ("ask", "kind"),
    [
        (lambda rows: {}["pirce"], KeyError),
        (lambda rows: rows.set_index("who").loc["pirce"], KeyError),
        (lambda rows: rows["price"].nothing(), AttributeError),
        (lambda rows: undefined + rows["price"], NameError),  # noqa: F821
        (lambda rows: float("Column 'x' not found"), ValueError),
    ],
)
def test_what_is_no_column_stays_the_error_that_it_is(ask, kind) -> None:
    with pytest.raises(kind) as caught:
        Filter(ask).select(FRAME)
    assert not isinstance(caught.value, DataError)
