"""One line of progress per run; silent outside terminals and notebooks."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mlsys.pages import Page, Text

logger = logging.getLogger("mlsys")
QUIET = 0.5
"""Seconds before anything is shown: shorter runs need no progress."""
SELDOM = 0.2
"""Seconds between two changes of the line in a notebook."""
FOLD = "fold "


@contextmanager
def progress_bar(name: str, steps: int, verbose: bool | None) -> Iterator[Callable[[str], None]]:
    """Yield a function to be called with the name of each step that begins.

    Parameters
    ----------
    name : str
        Of the pipeline.
    steps : int
        How many will be run.
    verbose : bool or None
        ``None``: show in a terminal or notebook, else only log.

    Notes
    -----
    A notebook shows one line that is updated in place and removed at the end, without widgets; a terminal shows a bar.
    """
    notebook = "ipykernel" in sys.modules
    if verbose is None:
        verbose = sys.stderr.isatty() or notebook
    if not verbose:
        yield lambda step: logger.info("%s: %s", name, step)
        return
    if notebook:
        line = NotebookLine(name, steps)
        try:
            yield line.advance
        finally:
            line.close()
        return
    from tqdm import tqdm

    with tqdm(total=steps, desc=name, leave=False, delay=QUIET) as bar:

        def advance(step: str) -> None:
            bar.set_postfix_str(step, refresh=False)
            bar.update(0 if step.startswith(FOLD) else 1)

        yield advance


class NotebookLine:
    """A line below a cell that shows the current step.

    Parameters
    ----------
    name : str
        What is run.
    steps : int
        How many steps it has.
    """

    def __init__(self, name: str, steps: int) -> None:
        self._name, self._steps, self._done = name, steps, 0
        self._shown: Any = None
        self._due = time.monotonic() + QUIET

    def advance(self, step: str) -> None:
        """Show that a step begins."""
        self._done += not step.startswith(FOLD)
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + SELDOM
        self._show(Page([Text(f"{self._name}: {step} ({min(self._done, self._steps)} of {self._steps})", dim=True)]))

    def close(self) -> None:
        """Remove the line."""
        if self._shown is not None:
            self._show(None)

    def _show(self, page: Page | None) -> None:
        from IPython.display import display

        said: dict[str, Any] = {"text/plain": "", "text/html": ""}
        if page is not None:
            said = {"text/plain": page.text().strip(), "text/html": page.html()}
        if self._shown is None:
            self._shown = display(said, raw=True, display_id=True)
        else:
            self._shown.update(said, raw=True)
