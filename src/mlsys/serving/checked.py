"""Models that were already checked in a new process: an equal model is not checked again."""

from __future__ import annotations

import platform
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlsys.errors import StateError
from mlsys.serving.saving import content_of
from mlsys.states import digest
from mlsys.version import own_code

if TYPE_CHECKING:
    import pandas as pd

    from mlsys.cache.store import Store
    from mlsys.execution.served import ServedModel

_ANSWERS = "answers"


@dataclass(frozen=True)
class Checked:
    """Answers of a model in a new process, as stored in the cache.

    Parameters
    ----------
    store : Store or None
        Of the run; ``None`` where nothing is kept.
    key : str
        Of everything that the answers depend on; empty where something has no content that can be compared.
    """

    store: Store | None
    key: str

    @classmethod
    def of(cls, store: Store | None, model: ServedModel, rows: pd.DataFrame) -> Checked:
        """Return what is known of a model that is asked some rows."""
        content = content_of(model) if store is not None else None
        try:
            return cls(store, "" if content is None else digest(("parity", content, rows, _where())))
        except StateError:  # rows of objects that cannot be compared
            return cls(store, "")

    def agrees(self, answers: pd.DataFrame) -> bool:
        """Whether a new process gave exactly these answers before."""
        noted = self.store.entry(self.key) if self.store is not None and self.key else None
        return noted is not None and noted.get(_ANSWERS) == digest(answers)

    def note(self, answers: pd.DataFrame) -> None:
        """Note what a fresh process answered."""
        if self.store is not None and self.key:
            self.store.put_entry(self.key, {_ANSWERS: digest(answers)})


def _where() -> list[Any]:
    """Return what determines a new process: machine, interpreter, installed packages, this library."""
    return [platform.node(), sys.executable, sys.version, _packages(), own_code()]


def _packages() -> list[tuple[str, int]]:
    """Return the package folders with their modification time, which changes when a package is installed or removed."""
    places = sorted({sysconfig.get_path(kind) for kind in ("purelib", "platlib")})
    return [(place, Path(place).stat().st_mtime_ns) for place in places if Path(place).is_dir()]
