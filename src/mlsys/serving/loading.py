"""Reading a model's folder: files are checked, then states are read, then code is imported; in that order."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from mlsys.dataset import Moment
from mlsys.errors import MlsysError, StateError
from mlsys.serving.files import CODE_REFERENCE, DESCRIPTION, FORMAT
from mlsys.serving.loaded import LoadedModel, ReadWhenNeeded, Steps
from mlsys.settings import settings
from mlsys.states import load_state
from mlsys.states.borrowed import Borrowed, exchanged
from mlsys.states.on_disk import LARGEST, naming, opened, parsed
from mlsys.states.pickled import load_pickled
from mlsys.states.sealed import check, inside
from mlsys.steps import Fitted, Step
from mlsys.steps.own_form import OWN, PICKLED, PLAIN, form_of_state, load_learned
from mlsys.usercode.folder import FolderCode

_KEYS = frozenset({"steps", "inputs", "request", "id", "decision", "details"})
_STEP_KEYS = frozenset({"name", "class", "folder", "features", "state"})


def load(reference: str | Path, allow_pickle: bool = False) -> LoadedModel:
    """Load a model.

    Parameters
    ----------
    reference : str or Path
        A folder written by ``run.save``, an MLflow run id, or ``"models:/name@alias"``.
    allow_pickle : bool
        Whether a state that its step was allowed to pickle (``Train(..., allow_pickle="reason")``) may be read.

    Returns
    -------
    LoadedModel
        With ``predict(frame)``, and ``outcome`` and ``reproduce()`` if it comes from a tracked run. For a run named by
        its id, the files are checked now, and the model is read when it is first used.

    Raises
    ------
    StateError
        If a file was edited, added or removed after the model was saved, is a link or is outside the folder, contains
        a type that is not allowed, or is pickled without ``allow_pickle``. Nothing in the folder has run at this point.

    Notes
    -----
    **Load only folders that you trust.** A folder may contain code of its author (steps, functions), which runs when
    the model is loaded, and a step may name any function of an installed package. The checks protect against accidents,
    careless edits and inserted files, but not against a malicious author, who can also write the manifest. States are
    read from JSON, Arrow and native files; nothing is unpickled.
    """
    given: Any = reference
    if not isinstance(given, (str, os.PathLike)):
        raise StateError(
            f"load() got {type(given).__name__}, which does not name a model",
            "name a folder, a run id or models:/name@alias",
        )
    folder, name = Path(reference), ""
    if not os.path.lexists(folder / DESCRIPTION):
        if os.path.isdir(folder):
            raise StateError(
                f"the folder {folder} holds no model (no {DESCRIPTION})", "name a folder written by run.save()"
            )
        if not _in_mlflow(str(reference)):
            raise StateError(
                f"there is no folder {str(reference)!r}",
                "name a folder written by run.save(), an MLflow run id, or models:/name@alias",
            )
        from mlsys.tracking import resolve

        name = str(reference)
        folder = resolve(name)
    return read_model(folder, allow_pickle, name)


def _in_mlflow(reference: str) -> bool:
    """Whether a text names something in MLflow: an address, or a run id."""
    return ":/" in reference or _is_run(reference)


def _is_run(reference: str) -> bool:
    """Whether a text is a run id: 32 hexadecimal digits."""
    return re.fullmatch(r"[0-9a-f]{32}", reference) is not None


def read_model(folder: Path, allow_pickle: bool = False, reference: str = "") -> LoadedModel:
    """Read a served model from its folder: files are checked first, then states are read, then code is imported."""
    try:
        check(folder)
    except StateError:
        _check_layout(folder)  # another layout may have no manifest, or another one
        raise
    description = _description(folder)
    _refuse_pickled(folder, description["steps"], allow_pickle)

    def read() -> Steps:
        with _assembling(folder):
            return _steps(folder, description["steps"])

    with _assembling(folder):
        decision = description["decision"]
        moment = None if decision is None else Moment(decision["column"], pd.Timedelta(decision["shift"]))
        inputs, asked = description["inputs"], description["request"]
        steps: Any = ReadWhenNeeded(read) if _is_run(reference) else read()
        return LoadedModel(steps, inputs, description["id"], moment, description["details"], asked, reference)


def _check_layout(folder: Path) -> None:
    try:
        with opened(folder / DESCRIPTION) as file:
            description = parsed(file.read(LARGEST), folder / DESCRIPTION)
    except StateError:  # cut off, edited or a link, which the manifest tells
        return
    _refuse_other_layout(folder, description)


def _refuse_other_layout(folder: Path, description: Any) -> None:
    written = description.get("format", FORMAT) if isinstance(description, dict) else FORMAT
    if written != FORMAT:
        raise StateError(
            f"{folder} has layout {written}, this version reads {FORMAT}",
            "load it with the version of mlsys that wrote it",
        )


def _description(folder: Path) -> dict[str, Any]:
    with opened(folder / DESCRIPTION) as file:  # of any size: the manifest vouches for it
        description = parsed(file.read(), folder / DESCRIPTION)
    _refuse_other_layout(folder, description)
    if not isinstance(description, dict):
        raise StateError(f"{folder / DESCRIPTION} does not describe a model", "name a folder written by run.save()")
    with naming(folder / DESCRIPTION):
        lacking = _KEYS - set(description)
        for entry in description.get("steps", []):
            lacking |= _STEP_KEYS - set(entry)
    if lacking:
        raise StateError(f"{folder / DESCRIPTION} does not say {min(lacking)!r}", "save the model again")
    return description


@contextmanager
def _assembling(folder: Path) -> Iterator[None]:
    try:
        yield
    except MlsysError:
        raise
    except Exception as error:  # of content that nobody foresaw, or of the folder's own code
        raise StateError(
            f"{folder} cannot be loaded: {type(error).__name__}: {error}",
            "save the model again with importable code and the packages it was trained with",
        ) from error


def _refuse_pickled(folder: Path, entries: list[dict[str, Any]], allowed: bool) -> None:
    for entry in entries:
        if entry["state"] == PICKLED and not (allowed or settings().allow_pickle):
            raise StateError(
                f"the state of {entry['name']!r} in {folder} is pickled ({entry.get('allowed')}); "
                "reading a pickle runs its code",
                "if you trust the folder, load(..., allow_pickle=True); for a server set MLSYS_ALLOW_PICKLE=1",
            )


def _steps(folder: Path, entries: list[dict[str, Any]]) -> Steps:
    places = [inside(folder, entry["folder"]) for entry in entries]
    configurations = [load_state(place / "configuration") for place in places]
    states = [
        load_state(place / "state") if entry["state"] == PLAIN else None  # others are code in disguise
        for entry, place in zip(entries, places, strict=True)
    ]
    # Everything that needs no code of the folder was read and found good; only now is code imported.
    code = FolderCode(folder)
    return tuple(
        (entry["name"], _fitted(entry, place, configuration, state, code))
        for entry, place, configuration, state in zip(entries, places, configurations, states, strict=True)
    )


def _fitted(entry: dict[str, Any], place: Path, configuration: Any, state: Any, code: FolderCode) -> Fitted:
    cls = code.find(entry["class"])
    if not (isinstance(cls, type) and issubclass(cls, Step)):
        raise StateError(
            f"{entry['class']!r}, named as the class of {entry['name']!r}, is not a step", "do not load it"
        )
    arguments = _with_code(configuration, code)
    if entry["state"] == PLAIN:
        state = _given_back(state, code)
    if entry["state"] == PICKLED:
        state = load_pickled(place / "state")
    if "estimator" in cls.__dataclass_fields__ and "estimator" not in arguments:
        arguments["estimator"] = state["estimator"]
    step = cls(**arguments)
    if form_of_state(step) != entry["state"]:
        raise StateError(
            f"the state of {entry['name']!r} is stored as {entry['state']!r}, but {cls.__name__} reads another format",
            "load the model with the package versions it was trained with",
        )
    if entry["state"] == OWN:
        state = load_learned(step, place / "state")
    return Fitted(step, state, entry["features"])


def _with_code(value: Any, code: FolderCode) -> Any:
    if isinstance(value, dict):
        if set(value) == {CODE_REFERENCE}:
            return code.find(value[CODE_REFERENCE])
        return {key: _with_code(each, code) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_with_code(each, code) for each in value)
    return _given_back(value, code)


def _given_back(value: Any, code: FolderCode) -> Any:
    """Return estimators with the functions of the user's that were stored as source."""
    return exchanged(value, lambda each: code.find(each.reference) if isinstance(each, Borrowed) else each)
