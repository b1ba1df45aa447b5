"""One bar a run; silent where nobody looks."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

logger = logging.getLogger("mlsys")


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
    """
    if verbose is None:
        verbose = sys.stderr.isatty() or "ipykernel" in sys.modules
    if not verbose:
        yield lambda step: logger.info("%s: %s", name, step)
        return
    from tqdm.auto import tqdm

    with tqdm(total=steps, desc=name, leave=False, delay=0.5) as bar:

        def advance(step: str) -> None:
            bar.set_postfix_str(step)
            if not step.startswith("fold "):
                bar.update(1)

        yield advance
