"""IPython's shell, told to fold the frames of libraries in errors of mlsys; plain Python is left as it is."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from mlsys.pages import Page

_CAUGHT = (Exception,)
_before: WeakKeyDictionary[Any, tuple[tuple[type[BaseException], ...], Any]] = WeakKeyDictionary()
"""What each shell did with errors before; the errors that were named then are still left to it."""


def install() -> None:
    """Let the IPython that this process runs in fold errors of mlsys; without one, do nothing.

    Notes
    -----
    Errors that do not come through mlsys are shown as before. With ``MLSYS_FULL_TRACEBACK=1`` and by ``%tb`` every
    error is.
    """
    shell = _shell()
    if shell is not None and shell not in _before:
        _before[shell] = shell.custom_exceptions, getattr(shell, "CustomTB", None)
        shell.set_custom_exc(_CAUGHT, _show)


def restore() -> None:
    """Give the shell back what it did with errors before, unless somebody has changed it since."""
    shell = _shell()
    if shell is not None and shell in _before:
        handled, handler = _before.pop(shell)
        if shell.custom_exceptions is _CAUGHT:
            shell.custom_exceptions, shell.CustomTB = handled, handler


def _shell() -> Any:
    found = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return found() if found is not None else None


def _show(shell: Any, kind: type[Exception], error: Exception, frames: Any, tb_offset: int | None = None) -> None:
    handled, handler = _before.get(shell, ((), None))
    if isinstance(error, handled):
        handler(kind, error, frames, tb_offset)
        return
    page = None if _is_wanted_whole() else _page(shell, error)
    if page is None:
        shell.showtraceback((kind, error, frames), tb_offset=tb_offset, running_compiled_code=True)
        return
    sys.last_type, sys.last_value, sys.last_traceback = kind, error, frames  # for %tb and %debug
    shell.InteractiveTB.tb = frames
    if getattr(shell, "kernel", None) is not None:
        _display(page)
    shell._showtraceback(kind, error, _lines(shell, page, error))
    if shell.call_pdb:
        shell.debugger(force=True)


def _page(shell: Any, error: Exception) -> Page | None:
    from mlsys.notebooks.raised import told

    try:
        return told(error, _names(shell))
    except Exception:  # an error that cannot be told so is shown as every other
        return None


def _display(page: Page) -> None:
    from IPython.display import display

    display({"text/plain": page.text(), "text/html": page.html()}, raw=True)


def _lines(shell: Any, page: Page, error: Exception) -> list[str]:
    """Return what is left of the traceback; where the page is displayed, a line for those that keep errors alone."""
    from mlsys.notebooks.raised import in_a_line

    return [in_a_line(error) if getattr(shell, "kernel", None) is not None else page.text()]


def _is_wanted_whole() -> bool:
    return os.environ.get("MLSYS_FULL_TRACEBACK", "0") not in {"", "0"}


def _names(shell: Any) -> Callable[[str], str]:
    """Return what a file of the shell's is called: ``"Cell In[3]"`` for a cell."""

    def name(file: str) -> str:
        labelled = shell.compile.format_code_name(file)
        return " ".join(labelled) if labelled else file

    return name
