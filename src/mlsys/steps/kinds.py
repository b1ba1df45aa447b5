"""The kinds of steps before a model; what each may see decides what it can be used for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, final

import pandas as pd
from pydantic import Field

from mlsys.dataset import Roles, Rows
from mlsys.detached import detached
from mlsys.errors import ConfigurationError, ContractError
from mlsys.steps.absorbing import decided, with_features
from mlsys.steps.alone import FitsAlone
from mlsys.steps.base import Step
from mlsys.steps.capabilities import DrawsInPieces, KeepsAlone, assigns_alone
from mlsys.steps.facts import Dealing, Facts
from mlsys.steps.forms import Absorbs
from mlsys.steps.gathering import PREDICTIONS, TIMES, WHETHER_KEPT, Extent, Gathers
from mlsys.steps.history import Past
from mlsys.steps.keys import names_of
from mlsys.steps.labels import Labels
from mlsys.steps.settling import settles_by_time
from mlsys.steps.splitting import hashed_folds
from mlsys.tables import Partition

if TYPE_CHECKING:
    import numpy as np

FOLDS = 5
"""The usual number: with fewer folds a model learns from much less, with more little is gained for the time."""


class Source(Step, kind="Source"):
    """Makes rows. Hooks: ``read() -> DataFrame``, ``partitions() -> list`` or ``open() -> list``."""

    facts = Facts(sees="nothing", fits_on="nothing", acts_on="all", rows="made", serves=False, stands="first")
    hooks: ClassVar[tuple[str, ...]] = ("read", "partitions", "open")
    required_hooks: ClassVar[tuple[str, ...]] = ("read|partitions|open",)

    def open(self) -> Sequence[Partition]:
        """Return the rows in pieces, in plan order; a piece need not know how many rows it has.

        A single piece is held in memory; several are read when needed. By default these are the ``partitions()``, or
        what ``read()`` returns.
        """
        pieces = self.partitions()
        return [Partition(None, self._read_at_once)] if pieces is None else pieces

    def read(self) -> pd.DataFrame:
        """Return all rows; the index is replaced by the place in plan order."""
        pieces = self.partitions() if type(self).open is Source.open else self.open()
        if pieces is None:
            raise ContractError(
                f"partitions() of {self.title} returned None, which means read(), but there is no read()",
                "implement read(), or return the pieces",
            )
        frames = [piece.read(None) for piece in pieces]
        return pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]

    def extent(self) -> Extent | None:
        """Return how large the rows are if they come in partitions and files tell without being read; optional."""
        return None

    def partitions(self) -> Sequence[Partition] | None:
        """Return the pieces of a source too large for memory, or ``None`` to call ``read()``."""
        return None

    def done_in_engine(self) -> tuple[str, ...]:
        """Say what is done to the rows before they come: a query, a filter, a choice of columns."""
        return ()

    def accept(self, frame: pd.DataFrame, /) -> pd.DataFrame:
        """Return rows that are given to ``run()`` in place of its own, held to what it demands of rows: a schema."""
        return frame

    def files_read(self) -> Sequence[Path] | None:
        """Return the files that hold the rows; ``None`` if unknown: ``edition()`` may then reveal changes."""
        return None

    def _read_at_once(self, columns: Sequence[str] | None) -> pd.DataFrame:
        frame = self.read()
        return frame if columns is None else frame[list(columns)]


class RowTransform(FitsAlone, Step, kind="RowTransform"):
    """Changes columns of each row by that row alone. Hook: ``apply(frame) -> DataFrame``."""

    facts = Facts(sees="row", fits_on="nothing", acts_on="every part", rows="same", serves=True)
    hooks: ClassVar[tuple[str, ...]] = ("apply",)
    required_hooks: ClassVar[tuple[str, ...]] = ("apply",)

    def apply(self, frame: pd.DataFrame, /) -> pd.DataFrame:
        """Return the frame with columns added, changed or dropped; the same rows in the same order."""
        raise TypeError("a RowTransform writes apply(frame)")

    def known_at_added(self) -> Mapping[str, str]:
        """Return added columns with their own known-at, in addition to the inherited ones."""
        return {}


class History(Absorbs, Step, kind="History"):
    """Adds columns computed from earlier rows of the same key.

    Hooks: ``apply(frame, past) -> DataFrame``, or ``absorb(state, rows)`` and ``features(rows, state) -> DataFrame``.

    Parameters
    ----------
    by : str or tuple of str
        Columns that identify whose history it is; ``()`` if all rows are one history.
    tail : int
        Rows per key kept for serving, in addition to those known after the latest decision; of earlier rows a history
        that absorbs keeps a state, others keep nothing.

    Examples
    --------
    >>> class Visits(History):
    ...     \"\"\"Count the earlier rows of a customer.\"\"\"
    ...
    ...     def absorb(self, state, rows):
    ...         return (state or 0) + len(rows)
    ...
    ...     def features(self, rows, state):
    ...         return rows.assign(visits=state or 0)
    >>> Visits("customer").key_columns
    ('customer',)
    """

    facts = Facts(sees="history", fits_on="nothing", acts_on="every part", rows="same", serves=True, stands="before")
    hooks: ClassVar[tuple[str, ...]] = ("apply", "absorb", "features")
    required_hooks: ClassVar[tuple[str, ...]] = ("apply|absorb",)
    by: str | tuple[str, ...]
    tail: int = Field(default=100, ge=0, kw_only=True)

    def __post_init__(self) -> None:
        if len(set(self.key_columns)) < len(self.key_columns):
            raise ConfigurationError(
                f"{self.title} got by={list(self.by)}: each key column must be named once",
                'write by="customer" or by=["shop", "item"]',
            )

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns in ``by``."""
        return names_of(self.by)

    @property
    def kept_rows(self) -> int:
        """Rows of each key that a served model keeps in addition to those within reach."""
        return self.tail

    @property
    def reach(self) -> pd.Timedelta | None:
        """How long before the latest decision all rows are kept; ``None``: as many as ``tail`` says, without promise.

        A history that declares it is exact for requests decided up to ``slack`` before the latest decision.
        """
        return None

    @property
    def slack(self) -> pd.Timedelta:
        """How much earlier than the latest decision a request may be decided, within ``reach``."""
        return pd.Timedelta(0)

    @property
    def placed_by(self) -> str | None:
        """Column of the moment that is within reach; ``None``: the moment from which a row was known."""
        return None

    def apply(self, frame: pd.DataFrame, past: Past, /) -> pd.DataFrame:
        """Return the frame with columns added; ``past`` holds only rows known before each row's decision.

        By default uses ``absorb`` and ``features``, which receive each key's past in order of time.
        """
        return with_features(self, frame, past.order, decided(self, past))

    @final
    def over(self, data: pd.DataFrame, /, *, known_at: Mapping[str, str] | None = None, **roles: Any) -> pd.DataFrame:
        """Return the rows of ``data`` with the columns of the history, each knowing those known before it.

        Parameters
        ----------
        data : DataFrame
            The rows, in any order.
        known_at : dict of str to str, optional
            For columns known later than their rows: the time column, or the delay after the row's time.
        **roles
            ``time=`` and, if rows are decided at another moment, ``decide_at=``.
        """
        made: pd.DataFrame = detached("over", self, data, known_at, **roles)
        return made

    @final
    def stream(self, *, known_at: Mapping[str, str] | None = None, **roles: Any) -> Any:
        """Return a stream: ``push(rows)`` gives each block of rows what :meth:`over` gives them among all.

        Parameters are those of :meth:`over`.
        """
        return detached("stream", self, known_at, **roles)


class Reshape(Step, kind="Reshape"):
    """Makes other rows out of all rows, before the split. Hook: ``reshape(frame) -> DataFrame``."""

    facts = Facts(sees="all", fits_on="nothing", acts_on="all", rows="other", serves=False, stands="before")
    hooks: ClassVar[tuple[str, ...]] = ("reshape",)
    required_hooks: ClassVar[tuple[str, ...]] = ("reshape",)
    of_no_earlier_rows: ClassVar[bool] = False
    """Whether each new row is made only of rows whose time is not before its own, but for what was known by then."""

    def reshape(self, frame: Rows, /) -> pd.DataFrame:
        """Return new rows; their index becomes the place in plan order."""
        raise TypeError("a Reshape writes reshape(frame)")

    def moments_read(self, columns: Iterable[str], roles: Roles, /) -> Mapping[str, str]:
        """Return when columns of the data become known, as the step says: a time column or a delay after the row's."""
        return {}

    def moments_written(self, roles: Roles, /) -> Mapping[str, str]:
        """Return when columns of the new rows become known, beside what they inherit."""
        return {}

    def withholds(self) -> tuple[str, ...]:
        """Columns of the new rows that must never be features."""
        return ()


class Select(Step, kind="Select"):
    """Keeps some of all rows, before the split. Hook: ``keep(frame, rng) -> mask`` or ``(mask, weights)``."""

    facts = Facts(sees="all", fits_on="nothing", acts_on="all", rows="fewer", serves=False, stands="before")
    hooks: ClassVar[tuple[str, ...]] = ("keep",)
    required_hooks: ClassVar[tuple[str, ...]] = ("keep",)

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> Any:
        """Return a boolean mask over the rows, optionally with values for the weight role."""
        raise TypeError("a Select writes keep(frame, rng)")

    @property
    def gathers(self) -> Gathers | None:
        """All rows, unless it draws in pieces, or decides about each row alone."""
        if isinstance(self, KeepsAlone) and self.keeps_alone:
            return WHETHER_KEPT
        return None if isinstance(self, DrawsInPieces) else super().gathers

    @final
    def select(self, data: pd.DataFrame, /, seed: int = 0, **roles: Any) -> pd.DataFrame:
        """Return the rows that are kept; weights, where there are any, in the weight role's column."""
        kept: pd.DataFrame = detached("select", self, data, seed, **roles)
        return kept


class Label(Step, kind="Label"):
    """Sets the target of each row, or leaves it unknown. Hook: ``label(frame) -> Series``.

    Parameters
    ----------
    column : str
        The column it writes.
    known_at : str
        Time column or delay after which the label is known; empty: with the row.
    """

    facts = Facts(sees="row", fits_on="nothing", acts_on="every part", rows="same", serves=False, stands="before")
    hooks: ClassVar[tuple[str, ...]] = ("label",)
    required_hooks: ClassVar[tuple[str, ...]] = ("label",)
    of_votes: ClassVar[bool] = False
    """Whether the label is what sources voted for, which may be wrong, rather than the truth."""
    column: str
    known_at: str = Field(default="", kw_only=True)

    def label(self, frame: pd.DataFrame, /) -> pd.Series | pd.DataFrame | Labels:
        """Return one value per row, in a frame for each of several columns; null means not yet known.

        ``Labels(values, findings)`` adds remarks for the card.
        """
        raise TypeError("a Label writes label(frame)")

    @final
    def labels(self, data: pd.DataFrame, /) -> pd.Series:
        """Return the label of each row of ``data``, null where it is not known."""
        labels: pd.Series = detached("labels", self, data)
        return labels

    @property
    def columns_written(self) -> tuple[str, ...]:
        """The columns it writes: one, or the votes of several sources."""
        return (self.column,)

    @property
    def known_from(self) -> str:
        """Time column or delay after which the label is known, also where ``known_at`` leaves it open."""
        return self.known_at

    def withholds(self) -> tuple[str, ...]:
        """Columns read by the rule that must never be features."""
        return ()

    @property
    def rule_columns(self) -> tuple[str, ...]:
        """Columns that the rule declares to read, whether or not they remain features."""
        return ()


class Split(Step, kind="Split"):
    """Names the part each row belongs to. Hooks: ``assign(keys) -> Series``, ``folds(keys, k) -> list``."""

    facts = Facts(sees="keys", fits_on="nothing", acts_on="all", rows="same", serves=False, stands="between")
    hooks: ClassVar[tuple[str, ...]] = ("assign", "folds")
    required_hooks: ClassVar[tuple[str, ...]] = ("assign",)
    judges_every_row: ClassVar[bool] = True
    """Whether folds validate each row: not those of a split that evaluates on some rows alone, wherever it stands."""

    def assign(self, keys: pd.DataFrame, /) -> pd.Series:
        """Return the part of each row, null for none.

        ``keys`` holds, where they exist, ``id``, ``group``, ``time``, ``known_at`` and ``target``, one row for
        each row of the data. To a split that keeps repeated rows together it also shows ``duplicate``, if there are
        any: the id of the first row that a row equals in all features, or its own.
        """
        raise TypeError("a Split writes assign(keys)")

    @property
    def deals(self) -> Dealing:
        """How rows come to their parts: ``"by chance"``, ``"by group"``, ``"by time"``, or ``"as given"``.

        Leakage checks use it: what rows of two parts share means little under a split by time, and much under a random
        one. The default is ``"as given"``.
        """
        return "as given"

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Columns that the keys must contain in addition to the roles."""
        return ()

    @property
    def parts_named(self) -> tuple[str, ...]:
        """Requested parts other than ``train``: none of them may be empty."""
        return ()

    @property
    def gathers(self) -> Gathers | None:
        """Keys of all rows, unless it assigns each row alone; rows with weights are counted together all the same."""
        if settles_by_time(self):
            return TIMES
        return None if assigns_alone(self) else super().gathers

    def keeps_repeats(self, grouped: bool, /) -> bool:
        """Whether the keys show which rows repeat another in all features; ``grouped``: there is a group role."""
        return False

    @property
    def fold_count(self) -> int:
        """Number of folds that evaluate the training rows if there is no validation part."""
        return FOLDS

    def withholds(self) -> tuple[str, ...]:
        """Columns read by the split that must never be features."""
        return ()

    def explain(self, keys: pd.DataFrame, /) -> tuple[str, ...]:
        """Describe where the parts begin and which rows are left out, for the card."""
        return ()

    def folds(self, keys: pd.DataFrame, k: int, /) -> list[pd.Series]:
        """Return ``k`` assignments with ``train`` and ``validation`` over the rows of ``keys``."""
        return hashed_folds(keys, k)

    def windows(self, keys: pd.DataFrame, /) -> list[pd.Series]:
        """Return all assignments by which a pipeline is evaluated; null for rows in no part."""
        return self.folds(keys, self.fold_count)

    @final
    def split(self, data: pd.DataFrame, /, seed: int = 0, **roles: Any) -> dict[str, pd.DataFrame]:
        """Return the parts of ``data`` by name; roles such as ``time=`` and ``target=`` by name."""
        parts: dict[str, pd.DataFrame] = detached("split", self, data, seed, **roles)
        return parts


class Sink(Step, kind="Sink"):
    """Writes rows outside, atomically. Hook: ``write(rows)``."""

    facts = Facts(sees="open parts", fits_on="nothing", acts_on="nothing", rows="same", serves=False)
    hooks: ClassVar[tuple[str, ...]] = ("write",)
    required_hooks: ClassVar[tuple[str, ...]] = ("write",)

    @property
    def gathers(self) -> Gathers | None:
        """Predictions, which are written beside the rows."""
        return PREDICTIONS

    def write(self, rows: Mapping[str, Any], /) -> None:
        """Write the open parts; each value is a ``Table``."""
        raise TypeError("a Sink writes write(rows)")
