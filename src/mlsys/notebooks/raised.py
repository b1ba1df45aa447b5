"""An error as a page: its message and remedy, the user's own lines, its notes; frames of libraries are folded."""

from __future__ import annotations

import linecache
import os
import re
import sysconfig
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from mlsys.errors import MlsysError
from mlsys.pages import Block, Code, Folded, Items, Lines, Page, Text, Title

CONTEXT = 2
"""Lines shown before and after the one that a frame stopped at."""
MOST_PLACES = 6
"""Frames of the user that are shown; a function that calls itself has a thousand."""
MOST_CAUSES = 3
_OURS = "mlsys"
_HOME = str(Path(__file__).parents[1]) + os.sep
_PYTHON = sysconfig.get_path("stdlib") + os.sep
_INSTALLED = re.compile(r".*[/\\](?:site|dist)-packages[/\\]([^/\\.]+)")
_PLACE = re.compile(r"([^\s:]+):(\d+)")
_REMEDY = "Remedy: "


@dataclass(frozen=True)
class _Frame:
    """A line that was at work; ``library`` is empty where it is the user's."""

    library: str
    file: str
    line: int


def told(error: BaseException, name: Callable[[str], str] = str) -> Page | None:
    """Return the page of an error.

    Parameters
    ----------
    error : BaseException
        What was raised.
    name : callable, optional
        What a file is called, given its path.

    Returns
    -------
    Page or None
        ``None`` for an error that does not come out of mlsys.
    """
    frames = _frames(error.__traceback__)
    is_ours = isinstance(error, MlsysError) or any(each.library == _OURS for each in frames)
    if isinstance(error, BaseExceptionGroup) or not is_ours:
        return None
    notes = [_named(note.strip().removeprefix("mlsys: "), name) for note in getattr(error, "__notes__", ())]
    remedies = [note.removeprefix(_REMEDY) for note in notes if note.startswith(_REMEDY)]
    if isinstance(error, MlsysError) and error.remedy:
        remedies.insert(0, _named(error.remedy, name))
    blocks: list[Block] = [
        Title(type(error).__name__, tone="bad"),
        Text(_named(_message(error), name)),
        Lines([("remedy", each) for each in remedies]),
        *_places(frames, name),
        Items([note for note in notes if not note.startswith(_REMEDY)], "note"),
    ]
    for cause in _causes(error):
        blocks.append(Title(f"Caused by {type(cause).__name__}: {_message(cause)}", level=4))
        blocks += _places(_frames(cause.__traceback__), name)
    return Page([*blocks, *_folded(error, frames)])


def in_a_line(error: BaseException) -> str:
    """Return type and message for where there is room for one line.

    Examples
    --------
    >>> in_a_line(MlsysError("there is no step 'Imput'", "its steps are Impute"))
    "MlsysError: there is no step 'Imput'"
    """
    return f"{type(error).__name__}: {' '.join(_message(error).split())}"


def _message(error: BaseException) -> str:
    return error.problem if isinstance(error, MlsysError) else str(error)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield what led to an error, as Python's own traceback would show it."""
    for _ in range(MOST_CAUSES):
        before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if before is None:
            return
        if in_a_line(before) != in_a_line(error):
            yield before
        error = before


def _frames(trace: TracebackType | None) -> list[_Frame]:
    """Return the frames of an error from where the user's code begins."""
    found = [_Frame(_library(each.f_code.co_filename), each.f_code.co_filename, line)
             for each, line in traceback.walk_tb(trace)]  # fmt: skip
    first = next((place for place, each in enumerate(found) if not each.library), 0)
    return found[first:]


def _library(file: str) -> str:
    """Return whose a file is; empty for the user's."""
    if file.startswith(_HOME):
        return _OURS
    installed = _INSTALLED.match(file)
    if installed:
        return installed[1]
    if file.startswith(_PYTHON):
        return "Python"
    has_source = bool(linecache.getlines(file))  # cells have; compiled code and code that was made have none
    return "" if has_source else "Python" if file.startswith("<") else Path(file).parts[0]


def _short(file: str) -> str:
    """Return a library's file from its package on."""
    installed = _INSTALLED.match(file)
    roots = [str(Path(_HOME).parent) + os.sep, _PYTHON]
    start = installed.start(1) if installed else next((len(root) for root in roots if file.startswith(root)), 0)
    return file[start:]


def _places(frames: Sequence[_Frame], name: Callable[[str], str]) -> list[Block]:
    """Return the user's lines, the first one and the last ones, each with the lines around it."""
    own = list(dict.fromkeys(each for each in frames if not each.library))
    shown = own if len(own) <= MOST_PLACES else [own[0], *own[1 - MOST_PLACES :]]
    return [Code(_excerpt(each, name)) for each in shown]


def _excerpt(frame: _Frame, name: Callable[[str], str]) -> str:
    lines = linecache.getlines(frame.file)
    head = f"{name(frame.file)}, line {frame.line}"
    around = range(max(1, frame.line - CONTEXT), min(len(lines), frame.line + CONTEXT) + 1)
    marked = [f"{'--> ' if at == frame.line else '    '}{at:>4} {lines[at - 1].rstrip()}" for at in around]
    return "\n".join([head, *marked])


def _named(words: str, name: Callable[[str], str]) -> str:
    """Return words with cells called what the user calls them."""

    def called(found: re.Match[str]) -> str:
        label = name(found[1])
        return found[0] if label == found[1] else f"{label}, line {found[2]}"

    return _PLACE.sub(called, words)


def _folded(error: BaseException, frames: Sequence[_Frame]) -> list[Block]:
    others = [each.library for each in frames if each.library]
    if not others:
        return []
    last = frames[-1]
    raised = f", raised at {_short(last.file)}:{last.line}" if last.library else ""
    many = "1 frame" if len(others) == 1 else f"{len(others)} frames"
    said = f"folded: {many} of {', '.join(dict.fromkeys(others))}{raised}"
    whole = "".join(traceback.format_exception(error))
    return [
        Text(f"{said}; %tb or MLSYS_FULL_TRACEBACK=1 shows all", dim=True),
        Folded("all frames", [Code(whole)]),
    ]
