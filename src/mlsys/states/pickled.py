"""The one place where something is pickled: a state whose step asked for it, with a reason."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlsys.errors import StateError
from mlsys.states.on_disk import naming, opened
from mlsys.usercode.installed import is_installed

FILE = "state.cloudpickle"


def save_pickled(state: Any, folder: Path) -> None:
    """Write a state with cloudpickle; code of modules that are not installed goes along.

    Raises
    ------
    StateError
        When something in it cannot be pickled.
    """
    import cloudpickle

    with _by_value():
        try:
            content = cloudpickle.dumps(state)
        except Exception as error:  # whatever a __reduce__ raises
            raise StateError(
                f"the state cannot be pickled: {type(error).__name__}: {error}",
                "write the hooks save(state, folder) and load(folder) in your own step",
            ) from error
    (folder / FILE).write_bytes(content)


def load_pickled(folder: Path) -> Any:
    """Read what :func:`save_pickled` wrote, which runs whatever the file says."""
    import cloudpickle

    with opened(folder / FILE) as file, naming(folder / FILE):
        return cloudpickle.loads(file.read())


@contextmanager
def _by_value() -> Iterator[None]:
    """Have classes and functions of the user's own modules written with their code, not by their name alone."""
    import cloudpickle

    before = set(cloudpickle.list_registry_pickle_by_value())
    own = [
        module
        for name, module in sys.modules.copy().items()
        if name not in before and getattr(module, "__file__", None) and name != "__main__" and not is_installed(name)
    ]
    for module in own:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in own:
            cloudpickle.unregister_pickle_by_value(module)
