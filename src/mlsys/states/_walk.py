"""A walk over any value that gives bytes for its content."""

from __future__ import annotations

import copyreg
import dataclasses
import math
import types
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xxhash

from mlsys.errors import StateError
from mlsys.secrets import is_secret
from mlsys.states._columns import array_token, column_token
from mlsys.states._scalars import SCALARS
from mlsys.states.native import native_content
from mlsys.usercode import content

if TYPE_CHECKING:
    from collections.abc import Iterable

_NOT_CONTENT = frozenset(
    {"n_threads", "n_jobs", "verbose", "refit_time_", "_has_sorted_indices", "_has_canonical_format"}
)
_SEARCHED = "cv_results_"
_SECONDS = frozenset({"mean_fit_time", "std_fit_time", "mean_score_time", "std_score_time"})
"""Timings among the results of a search; no two searches agree in them."""
"""Attributes that affect speed or printing, but never results."""


class Walk:
    """One walk over a value; keeps visited objects, because a recycled id would look like a known object."""

    def __init__(self) -> None:
        self._open: dict[int, int] = {}
        self._known: dict[int, tuple[Any, bytes]] = {}
        self._held: list[Any] = []
        self._shallowest_cycle = math.inf

    def token(self, value: Any) -> bytes:
        """Return bytes that depend on type and content and say themselves where they end."""
        scalar = SCALARS.get(type(value))
        if scalar is not None:
            return scalar(value)
        identity = id(value)
        if identity in self._known:
            return self._known[identity][1]
        if identity in self._open:
            self._shallowest_cycle = min(self._shallowest_cycle, self._open[identity])
            return b"@%d;" % (len(self._open) - self._open[identity])
        depth = len(self._open)
        self._open[identity] = depth
        parts = b"".join(self._parts(value))
        del self._open[identity]
        token = b"{" + xxhash.xxh3_128_digest(parts)
        if self._shallowest_cycle >= depth:
            self._shallowest_cycle = math.inf
            self._known[identity] = (value, token)
        else:
            self._held.append(value)
        return token

    def _parts(self, value: Any) -> Iterable[bytes]:
        kind = type(value)
        if isinstance(value, np.ndarray):
            return (array_token(value, self.token),)
        if isinstance(value, pd.DataFrame | pd.Series | pd.Index | pd.api.extensions.ExtensionArray):
            return self._pandas(value)
        if isinstance(value, list | tuple | set | frozenset | dict):
            return self._container(value)
        if isinstance(value, type):
            return self._named(b"class", content.home(value), value.__qualname__, content.class_content(value))
        if isinstance(value, types.FunctionType | types.CodeType | types.BuiltinFunctionType | types.ModuleType):
            return (b"code", self.token(content.content(value)))
        if isinstance(value, np.ufunc) and not value.__name__.endswith("(vectorized)"):
            return self._named(b"ufunc", value.__name__)
        if isinstance(value, np.random.RandomState):
            return self._named(b"random", kind, value.get_state(legacy=False))
        if isinstance(value, np.random.Generator):
            return self._named(b"random", kind, value.bit_generator.state)
        if isinstance(value, Enum):
            return self._named(b"enum", kind, value.name)
        if isinstance(value, PurePath):
            return self._named(b"path", value.as_posix())
        if isinstance(value, np.generic):
            return self._named(b"scalar", value.dtype.str, np.asarray(value).reshape(1))
        if isinstance(value, types.UnionType | types.GenericAlias):
            return self._named(b"type", repr(value))
        if isinstance(value, np.dtype):
            return self._named(b"dtype", value.str, repr(value))
        if is_secret(value):  # what it is changes no result, and its digest could be guessed at
            return self._named(b"secret", kind, bool(value.get_secret_value()))
        if dataclasses.is_dataclass(value):
            fields = {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
            return self._named(b"dataclass", kind, fields)
        return self._object(value)

    def _named(self, tag: bytes, *parts: Any) -> Iterable[bytes]:
        return (tag, *(self.token(part) for part in parts))

    def _container(self, value: Any) -> Iterable[bytes]:
        kind = type(value)
        plain = kind in (list, tuple, set, frozenset, dict)
        yield kind.__name__.encode() if plain else self.token(kind)
        if isinstance(value, dict):
            yield from sorted(self.token(key) + b":" + self.token(item) for key, item in value.items())
        elif isinstance(value, set | frozenset):
            yield from sorted(self.token(item) for item in value)
        else:
            yield from (self.token(item) for item in value)

    def _pandas(self, value: Any) -> Iterable[bytes]:
        if isinstance(value, pd.DataFrame):
            yield b"frame"
            yield from (self.token(part) for part in (value.columns.tolist(), list(value.columns.names)))
            yield from self._index(value.index)
            yield from (column_token(value.iloc[:, place], self.token) for place in range(value.shape[1]))
        elif isinstance(value, pd.Series):
            yield b"series" + self.token(value.name)
            yield from self._index(value.index)
            yield column_token(value, self.token)
        elif isinstance(value, pd.Index):
            yield b"index"
            yield from self._index(value)
        else:
            yield b"extension" + column_token(pd.Series(value), self.token)

    def _index(self, index: pd.Index) -> Iterable[bytes]:
        yield self.token(list(index.names))
        for level in range(index.nlevels):
            values = index.get_level_values(level)
            yield column_token(pd.Series(values, dtype=values.dtype), self.token)

    def _object(self, value: Any) -> Iterable[bytes]:
        native = tuple(native_content(value))
        if native:
            return self._named(b"native", *native)
        registered = copyreg.dispatch_table.get(type(value))
        try:
            reduced = value.__reduce_ex__(2) if registered is None else registered(value)
        except Exception as error:
            raise StateError(
                f"an object of type {type(value).__qualname__} has no content that can be compared: {error}",
                "keep open files, locks and connections out of what a step holds",
            ) from error
        if isinstance(reduced, str):
            return self._named(b"global", getattr(value, "__module__", None) or "", reduced)
        make, arguments, state, items, pairs = (*reduced, None, None, None)[:5]
        return self._named(
            b"object",
            make,
            arguments,
            _content_of(state),
            None if items is None else list(items),
            None if pairs is None else dict(pairs),
        )


def _content_of(state: Any) -> Any:
    if isinstance(state, dict):
        kept = {name: item for name, item in state.items() if name not in _NOT_CONTENT}
        if isinstance(kept.get(_SEARCHED), dict):
            kept[_SEARCHED] = {name: item for name, item in kept[_SEARCHED].items() if name not in _SECONDS}
        return kept
    if isinstance(state, tuple) and state and isinstance(state[0], dict):
        return (_content_of(state[0]), *state[1:])
    return state
