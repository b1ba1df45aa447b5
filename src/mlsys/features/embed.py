"""Embed: vectors of a frozen encoder as a block column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import BeforeValidator

from mlsys.errors import ConfigurationError, ContractError
from mlsys.features._columns import refuse_taken, replaced, require
from mlsys.native_threads import threads_pinned
from mlsys.steps import Field, RowTransform
from mlsys.steps.earlier import as_reference, earlier_digest, earlier_model
from mlsys.steps.keys import names_of
from mlsys.values import BlockArray, Kind, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


class Embed(RowTransform):
    """Add the vectors that a frozen encoder gives rows, as one block column.

    Parameters
    ----------
    encoder : callable, object with ``encode``, str or Path
        A function from a list of texts (one column) or a frame (several) to an array of shape (rows, width), dense or
        sparse: the ``encode`` of a sentence-transformers model, a ``fitted.transform``, a function around a torch
        module. Or a model of yours: a reference such as ``"models:/topics/3"``, a run id or a folder written by
        ``run.save``, whose probabilities (or predictions, if it has none) are the vector.
    columns : str or list of str
        What the encoder is given.
    into : str
        Name of the block column.
    batch : int
        Rows that the encoder is given at a time.
    normalize : bool
        Whether each vector is scaled to length 1.
    drop : bool
        Whether the columns are dropped.

    Raises
    ------
    ContractError
        If the encoder returns another number of rows, another width from batch to batch, or no finite numbers.
    ConfigurationError
        If it is no encoder.

    Notes
    -----
    Nothing is learned, so the step may stand before the split, where folds and variants share its cached result. The
    key of this cache holds the content of the encoder: its code, what it captured, the parameters of a model. What has
    no content (an open file, a lock, a model behind an address) needs ``version=``. An encoder that was trained on rows
    of this data has seen held-out rows: this cannot be known here, and an audit does not see it.

    A null in a single column gives a row of zeros, and equal texts are encoded once. Vectors are kept as ``float32``: 4
    bytes for each number, 1.5 GB for a million rows of 384. A model behind a reference is loaded when it is first
    needed, also by a served model; name a version rather than an alias.

    Examples
    --------
    >>> def lengths(texts):
    ...     return np.array([[len(text), text.count(" ")] for text in texts])
    >>> frame = pd.DataFrame({"text": ["to be", "or not to be", None]})
    >>> Embed(lengths, "text").fit(frame).transform(frame)["embedding"].array.values
    array([[ 5.,  1.],
           [12.,  3.],
           [ 0.,  0.]], dtype=float32)
    """

    runs_user_code: ClassVar[bool] = True
    encoder: Annotated[Any, BeforeValidator(as_reference)]
    columns: str | tuple[str, ...] | list[str]
    into: str = "embedding"
    batch: int = Field(default=256, ge=1, kw_only=True)
    normalize: bool = Field(default=False, kw_only=True)
    drop: bool = Field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        """Check that it is an encoder, and that there are columns."""
        given = self.encoder
        if isinstance(given, type) or not (callable(given) or hasattr(given, "encode") or _is_reference(given)):
            raise ConfigurationError(
                f"{self.title} got {given!r}, which is no function, has no encode() and names no model",
                "give model.encode, fitted.transform, a function, or a reference such as 'models:/topics/3'",
            )
        if not names_of(self.columns):
            raise ConfigurationError(f"{self.title} got no columns", 'name what is encoded: columns="text"')

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return what the encoder is given."""
        return names_of(self.columns)

    def edition(self) -> str | None:
        """Return the digest of a model behind a reference."""
        return earlier_digest(self.encoder) if _is_reference(self.encoder) else None

    def apply(self, frame: pd.DataFrame, /) -> pd.DataFrame:
        """Return the frame with the block column."""
        names = names_of(self.columns)
        require(frame, names, self.title)
        if isinstance(self.columns, str):
            vectors = self._of_column(frame[self.columns])
        else:
            vectors = self._of(frame[list(names)])
        refuse_taken(frame, [self.into], names if self.drop else (), self.title)
        return replaced(frame, {}, {self.into: BlockArray(vectors)}, names if self.drop else ())

    def _of_column(self, column: pd.Series) -> Any:
        """Return the vectors of one column: of distinct values, looked up; zeros for null."""
        values = plain(column)
        if values_of(values).kind not in {Kind.TEXT, Kind.CATEGORY, Kind.NUMBER}:
            return self._of(values.to_frame())
        codes, distinct = pd.factorize(values)
        found = self._of(list(distinct) if len(distinct) else _stand_in(values))
        found = found[codes.clip(min=0)] if len(codes) else found[:0]
        if (codes < 0).any() and len(codes):
            known = (codes >= 0)[:, None]
            found = found.multiply(known).tocsr() if hasattr(found, "tocsr") else np.where(known, found, np.float32(0))
        return found

    def _of(self, rows: Any) -> Any:
        """Return the vectors of a list or frame, a batch at a time."""
        empty = len(rows) == 0
        rows = pd.DataFrame(rows).reindex([0]) if empty and isinstance(rows, pd.DataFrame) else rows
        pieces: list[Any] = []
        with threads_pinned():
            for start in range(0, len(rows), self.batch):
                some = rows[start : start + self.batch]
                pieces.append(self._checked(self._encode(some), len(some), pieces))
        whole = pieces[0] if len(pieces) == 1 else _stacked(pieces)
        return whole[:0] if empty else whole

    def _encode(self, some: Any) -> Any:
        if _is_reference(self.encoder):
            frame = some if isinstance(some, pd.DataFrame) else pd.DataFrame({str(self.columns): some})
            return _said(earlier_model(self.encoder).predict(frame))
        # Modules of torch with encode(), as those of sentence-transformers, are callable as well, on other input.
        encode = self.encoder.encode if hasattr(self.encoder, "encode") else self.encoder
        return encode(some)

    def _checked(self, made: Any, count: int, before: list[Any]) -> Any:
        """Return one batch as float32 rows of numbers."""
        made = made.detach().cpu().numpy() if hasattr(made, "detach") else made
        sparse = hasattr(made, "tocsr")
        try:
            found = made.tocsr().astype(np.float32) if sparse else np.asarray(made, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise ContractError(
                f"the encoder of {self.title} returned {type(made).__name__}, which is no array of numbers",
                "return one vector of numbers for each row it is given, all of one length",
            ) from error
        width = before[0].shape[1] if before else None
        if found.ndim != 2 or found.shape[0] != count or width not in (None, found.shape[1]):
            wanted = f"({count}, {'width' if width is None else width})"
            raise ContractError(
                f"the encoder of {self.title} returned an array of shape {found.shape} for {count} rows",
                f"return one vector for each row it is given, all of one length: shape {wanted}",
            )
        if not np.isfinite(found.data if sparse else found).all():
            raise ContractError(f"the encoder of {self.title} returned null or infinite numbers", "return finite ones")
        return _unit(found) if self.normalize else found


def _is_reference(encoder: Any) -> bool:
    return isinstance(encoder, str)


def _stand_in(values: pd.Series) -> list[Any]:
    """Return one value to ask for the width of a vector by, where there is none."""
    return [0.0] if values_of(values).kind is Kind.NUMBER else [""]


def _stacked(pieces: list[Any]) -> Any:
    if isinstance(pieces[0], np.ndarray):
        return np.concatenate(pieces)
    from scipy.sparse import vstack

    return vstack(pieces).tocsr()


def _unit(found: Any) -> Any:
    """Return vectors of length 1; those of length 0 stay."""
    if isinstance(found, np.ndarray):
        lengths: NDArray[np.float32] = np.sqrt((found.astype(np.float64) ** 2).sum(axis=1)).astype(np.float32)
        return found / np.where(lengths > 0, lengths, np.float32(1))[:, None]
    lengths = np.sqrt(np.asarray(found.multiply(found).sum(axis=1)).ravel())
    return found.multiply(1 / np.where(lengths > 0, lengths, 1)[:, None]).tocsr().astype(np.float32)


def _said(predictions: pd.DataFrame) -> NDArray[np.float64]:
    """Return what a model says of rows as numbers: its probabilities, else its predictions."""
    columns = [name for name in predictions.columns if str(name).startswith("probability_")] or ["prediction"]
    made: NDArray[np.float64] = predictions[columns].to_numpy(dtype=np.float64)
    return made
