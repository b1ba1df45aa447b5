"""Filter: rows that meet a condition."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003  the type of a field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.data._expressions import is_expression
from mlsys.dataset import asking
from mlsys.errors import ConfigurationError, ContractError
from mlsys.steps import Select

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Filter(Select):
    """Keep the rows that meet a condition, before the split.

    Parameters
    ----------
    condition : expression or callable
        An expression such as ``pd.col("price") > 0``, or a function from the frame to True or False for each row. Where
        it is null, the row is not kept.

    Raises
    ------
    ContractError
        If the condition gives something other than True, False or null for each row.

    Notes
    -----
    A served model answers rows whatever the condition says: it is no part of the model. A condition on something known
    only later than the decision chooses rows by their future; an audit shows that. Rows in partitions stay there, one
    partition after another, unless the first rows show that the condition compares rows with each other, such as
    ``pd.col("price") < pd.col("price").quantile(0.99)``: then all are gathered. A source that takes ``where=`` does
    not read the other rows at all.

    Examples
    --------
    >>> orders = pd.DataFrame({"price": [5.0, -1.0, None]})
    >>> Filter(pd.col("price") > 0).select(orders)["price"].tolist()
    [5.0]
    """

    condition: Callable[..., Any] | Any
    runs_user_code: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse what is neither a function nor an expression."""
        if not callable(self.condition) and not is_expression(self.condition):
            raise ConfigurationError(
                f"{self.title} got the {type(self.condition).__name__} {str(self.condition)[:40]!r}",
                'give a condition such as pd.col("price") > 0, or a function of the frame',
            )

    @property
    def keeps_alone(self) -> bool:
        """Yes, as most conditions do; one that compares rows is found out on the rows."""
        return True

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> NDArray[np.bool_]:
        """Return which rows meet the condition."""
        met: Any
        with asking(frame, self.title):
            if is_expression(self.condition):
                met = frame.assign(**{"": self.condition})[""]
            else:
                met = self.condition(frame)
        if isinstance(met, pd.DataFrame) or (isinstance(met, pd.Series) and not met.index.equals(frame.index)):
            kind = f"a DataFrame of shape {met.shape}" if isinstance(met, pd.DataFrame) else "a Series of other rows"
            raise ContractError(
                f"the condition of {self.title} gave {kind}, not True or False for each row in the order of the rows",
                "return a Series made from the frame's own columns, or an array",
            )
        kinds = {bool(value) is value or isinstance(value, np.bool_) for value in pd.Series(met).dropna().unique()}
        if np.shape(met) != (len(frame),) or kinds - {True}:
            raise ContractError(
                f"the condition of {self.title} gave {type(met).__name__} of shape {np.shape(met)}, not True or False "
                "for each row",
                'compare columns, such as pd.col("price") > 0',
            )
        return np.asarray(pd.Series(met).astype("boolean").fillna(False), dtype=bool)
