"""Calling a user's hook: errors keep their type and gain notes, inputs are shielded and watched."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd

from mlsys.errors import ContractError, MlsysError
from mlsys.secrets import cleaned, hidden
from mlsys.steps import Step
from mlsys.tables import address

MOST_COLUMNS_IN_NOTE = 30


@contextmanager
def explained(
    step: Step, position: int, name: str, frame: pd.DataFrame | None = None, rows: str = ""
) -> Iterator[None]:
    """Add to any error the step, where it was created, and the rows it received.

    Parameters
    ----------
    step, position, name
        The step and its position.
    frame : DataFrame, optional
        The rows that it received, or enough of them to show the columns.
    rows : str
        Number of rows that it received, in words; by default those of ``frame``.
    """
    try:
        yield
    except Exception as error:
        if not any("mlsys: step" in note for note in getattr(error, "__notes__", ())):
            where = f", made at {step.made_at}" if step.made_at else ""
            error.add_note(f"mlsys: step {position} {name!r} ({step.kind}){where}")
            if frame is not None:
                error.add_note(f"mlsys: it received {rows or f'{len(frame):,} rows'} with {_described(frame)}")
            if not isinstance(error, MlsysError):
                error.add_note(f"  Remedy: {_remedy(error, name, frame)}")
        if cleaned(error) is None:
            text = hidden(f"{type(error).__name__}: {error}")
            raise ContractError(
                f"step {position} {name!r} raised an error whose text contains a secret: {text}",
                f"correct {name!r} or the rows it receives, and keep secrets out of errors",
            ) from None
        raise
    except (SystemExit, KeyboardInterrupt) as ending:  # somebody's wish, not an error; its text is printed all the same
        if cleaned(ending) is None:
            raise type(ending)(hidden(str(ending))) from None
        raise


def _remedy(error: Exception, name: str, frame: pd.DataFrame | None) -> str:
    """Return a remedy for an error raised by a user's code or another library."""
    asked = error.args[0] if isinstance(error, KeyError) and error.args else None
    if isinstance(asked, str) and frame is not None and asked not in frame.columns:
        near = difflib.get_close_matches(asked, list(map(str, frame.columns)), 1)
        meant = f" ({near[0]!r}?)" if near else ""
        return f"correct the name of the column{meant} in {name!r}, or create {asked!r} in a Derive step first"
    return f"correct {name!r} or the rows it receives; pipeline.preview() shows a few rows after each step"


def _described(frame: pd.DataFrame) -> str:
    pairs = [f"{name}: {kind}" for name, kind in frame.dtypes.items()]
    more = f", and {len(pairs) - MOST_COLUMNS_IN_NOTE} more" if len(pairs) > MOST_COLUMNS_IN_NOTE else ""
    return ", ".join(pairs[:MOST_COLUMNS_IN_NOTE]) + more


def shielded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame that a step may change without changing ours; copy-on-write makes it free."""
    return frame.copy(deep=False)


def watch_unchanged(step: Step, shown: pd.DataFrame, ours: pd.DataFrame, hook: str) -> None:
    """Raise if a hook that must only look has changed what it was shown."""
    if step.is_ours:
        return
    if list(shown.columns) != list(ours.columns):
        moved = sorted(map(str, set(shown.columns) ^ set(ours.columns))) or ["the order of columns"]
        raise _changed(step, hook, moved[0])
    for name in ours.columns:
        if address(shown[name]) != address(ours[name]):
            raise _changed(step, hook, str(name))


def _changed(step: Step, hook: str, column: str) -> ContractError:
    return ContractError(
        f"{hook}() of {step.title} changed the rows it received (column {column!r}); the change would be lost",
        "work on a copy, return what was learned from learn(), and change columns in apply()",
    )
