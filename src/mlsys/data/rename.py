"""Rename: columns under other names."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from mlsys.dataset import require_columns
from mlsys.errors import ConfigurationError, DataError
from mlsys.steps import RowTransform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd


class Rename(RowTransform):
    """Give columns other names.

    Parameters
    ----------
    names : dict of str to str
        For each column its new name.

    Raises
    ------
    DataError
        If a column is missing, or a new name is taken, also by a column that is renamed itself.

    Notes
    -----
    Requests of a served model have the names from before this step. A column known late stays late under its new name.

    Examples
    --------
    >>> import pandas as pd
    >>> Rename({"tailnum": "plane"}).apply(pd.DataFrame({"tailnum": ["N1"]})).columns.tolist()
    ['plane']
    """

    names: dict[str, str]

    def __post_init__(self) -> None:
        """Refuse two columns of one name."""
        new = list(self.names.values())
        twice = [name for name in new if new.count(name) > 1]
        if twice or not new:
            raise ConfigurationError(
                f"{self.title} gives two columns the name {twice[0]!r}" if twice else f"{self.title} got no names",
                'write {"old": "new"}, each new name once',
            )

    @property
    def columns(self) -> dict[str, Any]:
        """What makes each column, by its new name."""
        return dict(self.derivations())

    def derivations(self) -> Mapping[str, Callable[[pd.DataFrame], Any]]:
        """Return what makes each column: a look at the old one."""
        return {new: itemgetter(old) for old, new in self.names.items()}

    def only(self, needed: set[str]) -> Rename:
        """Return the same step with just the needed columns."""
        return self.with_(names={old: new for old, new in self.names.items() if new in needed})

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns that are renamed."""
        return tuple(self.names)

    def apply(self, frame: pd.DataFrame, /) -> pd.DataFrame:
        """Return the frame with the new names."""
        require_columns(frame.columns, list(self.names), self.title, "correct the names")
        taken = [new for new in self.names.values() if new in frame.columns]
        if taken:
            raise DataError(f"{self.title}: there is a column {taken[0]!r} already", "choose another name")
        return frame.rename(columns=self.names)
