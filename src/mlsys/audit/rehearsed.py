"""The steps after the split as they ran on the sample, with what each was given and made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from mlsys.audit.recipe import Recipe
from mlsys.audit.result import NOT_ASSESSED, Trace
from mlsys.errors import LeakageError, MlsysError
from mlsys.execution.divided import Divided
from mlsys.execution.parts import Learned, Parts
from mlsys.execution.runner import run
from mlsys.execution.work import Work
from mlsys.plan import Planned


@dataclass
class Rehearsed:
    """What became of training rows.

    Parameters
    ----------
    parts : Parts
        As the last step left them, with the states.
    given : list of Parts
        As each step was given them, in order.
    train : list of DataFrame
        Training rows after each step, in order.
    failed : Trace or None
        Why a step could not be run on the sample.
    """

    parts: Parts
    given: list[Parts] = field(default_factory=list)
    train: list[pd.DataFrame] = field(default_factory=list)
    failed: Trace | None = None


def ran_on(recipe: Recipe, steps: Sequence[Planned], train: pd.DataFrame) -> Rehearsed:
    """Run steps over training rows, keeping these as each step leaves them."""
    work = recipe.work.detached()
    start = replace(recipe.parts, learned=Learned(), ran=())
    done = Rehearsed(shown(start, train, work))
    for planned in steps:
        given = done.parts
        try:
            done.parts = run([planned], given, work)
        except LeakageError:  # a run refuses it too
            raise
        except Exception as error:  # few rows may be too few for it
            said = error.problem if isinstance(error, MlsysError) else f"{type(error).__name__}: {error}"
            text = f"it fails on the sample ({said}); pass more rows to audit_leakage()"
            done.failed = Trace(planned.name, "run twice", NOT_ASSESSED, (), text)
            break
        done.given.append(given)
        done.train.append(done.parts.rows["train"].frame())
    return done


def shown(parts: Parts, train: pd.DataFrame, work: Work) -> Parts:
    """Return parts that are these training rows and nothing else."""
    rows = {"train": work.engine.hold(None, train)}
    return replace(parts, rows=rows, divided=Divided(rows, rows={"train": len(train)}))
