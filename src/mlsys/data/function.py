"""Function: a plain function of the frame as a step."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003  the type of a field
from typing import TYPE_CHECKING, Any, ClassVar

from mlsys.data._lookup import lookup_notes, refuse_no_tables
from mlsys.dataset import asking
from mlsys.steps import Field, RowTransform

if TYPE_CHECKING:
    import pandas as pd


class Function(RowTransform):
    """Use a function from frame to frame as a step; functions in a pipeline become such steps.

    Parameters
    ----------
    function : callable
        Takes a frame and returns it with columns added, changed or dropped; the same rows in the same order, each
        treated independently.
    lookup : sequence of DataFrame, Series or dict
        Tables that the function uses and that were known before these rows; an undeclared table is a finding.

    Notes
    -----
    The pipeline detects once which columns the function reads, and checks on selected rows that it treats each row
    independently.

    Examples
    --------
    >>> import pandas as pd
    >>> def in_euro(frame):
    ...     return frame.assign(price=frame["price"] * 0.9)
    >>> step = Function(in_euro)
    >>> step.title, step.apply(pd.DataFrame({"price": [10.0]}))["price"].tolist()
    ('in_euro', [9.0])
    """

    function: Callable[..., Any]
    lookup: tuple[Any, ...] | list[Any] = Field(default=(), kw_only=True)
    runs_user_code: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse what is not a table."""
        refuse_no_tables(self.title, self.lookup)

    @property
    def title(self) -> str:
        """Return the explicit name, or the name of the function."""
        function = getattr(self.function, "func", self.function)  # what functools.partial wraps
        return self.name or str(getattr(function, "__name__", type(function).__name__))

    def notes(self) -> tuple[str, ...]:
        """Return the number of lookup tables, for the plan."""
        return lookup_notes(self.lookup)

    def column_in_words(self, column: str, /) -> str:
        """Return the name of the function."""
        return f"{self.title}()"

    def apply(self, frame: pd.DataFrame, /) -> pd.DataFrame:
        """Return the result of the function."""
        with asking(frame, self.title):
            changed: pd.DataFrame = self.function(frame)
        return changed
