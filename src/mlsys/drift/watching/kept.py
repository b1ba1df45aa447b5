"""A monitor's folder: written whole, checked when it is read."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlsys.errors import ConfigurationError, StateError
from mlsys.folder import home
from mlsys.unfinished import remove, whole

FORMAT = 3
"""Layout of a monitor's folder."""
_DESCRIPTION = "monitor.json"


def write_kept(place: Path, about: Mapping[str, Any], state: Any) -> None:
    """Write what describes a monitor, and its state; one that is there is replaced atomically."""
    from mlsys.states import digest, save_state
    from mlsys.states.on_disk import with_digest

    place.mkdir(parents=True, exist_ok=True)
    named = digest(state)
    kept = place / _state_of(named)
    if not _holds(kept, named):
        remove(kept)
        with whole(kept) as making:
            save_state(state, making)
    with whole(place / _DESCRIPTION) as making:
        content = with_digest({**about, "profile": named, "format": FORMAT})
        making.write_text(json.dumps(content), encoding="utf-8")
    for other in place.glob(_state_of("*")):
        if other != kept:
            remove(other)


def read_kept(place: Path) -> tuple[dict[str, Any], Any]:
    """Read what :func:`write_kept` wrote: description and state."""
    from mlsys.states import digest, load_state
    from mlsys.states.on_disk import naming, read_with_digest

    if not holds_monitor(place):
        raise ConfigurationError(
            f"{place} holds no monitor (no {_DESCRIPTION})", "name a folder that monitor.save() wrote"
        )
    about = read_with_digest(place / _DESCRIPTION)
    written = about.pop("format", 1)
    if written != FORMAT:
        raise StateError(
            f"{place} has layout {written}, this version reads {FORMAT}",
            "fit the monitor again, or load it with the version of mlsys that wrote it",
        )
    with naming(place / _DESCRIPTION):
        named = str(about.pop("profile"))
        kept = place / _state_of(named)
    state = load_state(kept)
    with naming(place / _DESCRIPTION):
        if digest(state) != named:
            raise StateError(f"{kept} belongs to another monitor", "save the monitor again")
    return about, state


def holds_monitor(place: Path) -> bool:
    """Whether a folder holds a monitor."""
    return os.path.lexists(place / _DESCRIPTION)


def place_of(run: str) -> Path:
    """Return where the monitor of a run is kept, in the folder of mlsys."""
    if not run:
        raise ConfigurationError("it is not known which run the monitor watches", "name a folder")
    return home() / "monitors" / run


def _state_of(digest: str) -> str:
    """Return the name of the folder of a state; it follows from the content, so that two never share one."""
    return Path(f"profile-{digest[:16]}").name


def _holds(folder: Path, named: str) -> bool:
    from mlsys.states import digest, load_state

    try:
        return bool(digest(load_state(folder)) == named)
    except StateError:
        return False
