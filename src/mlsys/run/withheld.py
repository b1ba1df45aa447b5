"""Why a model cannot leave this process: its code cannot travel, or it answers otherwise elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsys.errors import NotPortableError
from mlsys.run.saving import take_code
from mlsys.usercode.packing import CodeBundle

if TYPE_CHECKING:
    from mlsys.run.run import Run


def why_withheld(run: Run) -> str:
    """Return why the model is withheld, as far as its code tells; empty where it is not, or there is none.

    Notes
    -----
    States are not read. What is found out when the model is written, such as other answers in a fresh process, is
    the tracking's to tell.
    """
    if run._execution.parts.learned.model is None:
        return ""
    bundle = CodeBundle()
    try:
        for name, fitted in run._execution.model().steps:
            take_code(name, fitted.step, bundle)
    except NotPortableError as error:
        return error.problem
    return ""
