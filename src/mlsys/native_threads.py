"""Native threads of numerical libraries: their number is part of what is learned and of what rows become."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from mlsys.settings import settings

FEW_ROWS = 64
"""Rows that one thread predicts at least as fast as several."""

Given = TypeVar("Given")
Done = TypeVar("Done")


def threads_pinned() -> AbstractContextManager[Any]:
    """Limit native threads to the setting during a block.

    Notes
    -----
    A product of matrices depends on the number of threads in its last bits: so do states, and the rows that steps make.
    """
    loaded = _loaded()
    if not loaded:
        return nullcontext()
    return _controller(loaded).limit(limits=settings().threads)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Pinned(Generic[Given, Done]):
    """Work with native threads limited to the setting of the process that does it.

    Parameters
    ----------
    work : callable
        Of one piece.
    """

    work: Callable[[Given], Done]

    def __call__(self, piece: Given) -> Done:
        """Return what the work makes of a piece."""
        with threads_pinned():
            return self.work(piece)


@contextmanager
def few_rows_pinned(rows: int) -> Iterator[None]:
    """Limit OpenMP to one thread for few rows: waking others takes longer than predicting them.

    On a busy machine it takes many times as long, because all wait for the last. Linear algebra is unaffected.
    """
    pools = _pools(_loaded()) if rows <= FEW_ROWS else ()
    before = [pool.get_num_threads() for pool in pools]
    for pool in pools:
        pool.set_num_threads(1)
    try:
        yield
    finally:
        for pool, threads in zip(pools, before, strict=True):
            pool.set_num_threads(threads)


def _loaded() -> tuple[str, ...]:
    return tuple(name for name in ("sklearn", "scipy", "lightgbm", "xgboost", "torch") if name in sys.modules)


@functools.lru_cache(maxsize=8)
def _controller(loaded: tuple[str, ...]) -> Any:
    if "sklearn" in loaded:
        import sklearn.utils._openmp_helpers  # noqa: F401  its OpenMP runtime must be loaded to be limited
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@functools.lru_cache(maxsize=8)
def _pools(loaded: tuple[str, ...]) -> tuple[Any, ...]:
    """Return OpenMP's pools: asking the controller for a limit takes ten times as long as setting it."""
    return tuple(each for each in _controller(loaded).lib_controllers if each.user_api == "openmp") if loaded else ()
