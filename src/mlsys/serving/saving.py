"""Writing a model's folder: steps as JSON, states as JSON, Arrow and native files, user code as source, a manifest."""

from __future__ import annotations

import errno
import json
import shutil
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlsys.errors import ConfigurationError, NotPortableError, StateError
from mlsys.execution.served import ServedModel
from mlsys.serving.files import CODE_REFERENCE, DESCRIPTION, FORMAT
from mlsys.states import digest, save_state
from mlsys.states.borrowed import Borrowed, Swap, exchanged
from mlsys.states.sealed import seal
from mlsys.steps import Fitted, Step
from mlsys.steps.capabilities import LooksUp
from mlsys.steps.learns import Learns
from mlsys.steps.own_form import OWN, PICKLED, PLAIN, form_of_state, save_learned
from mlsys.steps.portable import secrets_of
from mlsys.steps.questions import predicts
from mlsys.unfinished import whole
from mlsys.usercode.folder import write_code
from mlsys.usercode.installed import is_installed
from mlsys.usercode.packing import CodeBundle
from mlsys.version import __version__


def save_model(model: ServedModel, folder: Path) -> Path:
    """Write a model into a folder of the user's.

    Raises
    ------
    NotPortableError
        If a served step needs code without available source.
    StateError
        If a state cannot be stored. In either case nothing is left behind.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ConfigurationError(f"the folder {folder} is not empty", "name a new one")
    _whole_folder(folder.resolve(), lambda place: write_model(model, place, model.details))
    return folder


def _whole_folder(place: Path, write: Callable[[Path], None]) -> None:
    """Write a folder atomically; if it cannot be prepared beside its place, it is written in place."""
    if place == Path.cwd():  # a process must not lose the folder it works in
        return write(place)
    try:
        with whole(place) as making:
            write(making)
            if place.exists():
                shutil.copymode(place, making)
    except OSError as error:
        if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
            raise ConfigurationError(f"the folder {place} was filled in the meantime", "name a new one") from error
        if error.errno not in {errno.EBUSY, errno.EACCES, errno.EPERM, errno.EROFS}:
            raise
        write(place)  # a mount, or a folder above that cannot be written


def write_model(model: ServedModel, folder: Path, details: Mapping[str, str]) -> None:
    """Write a served model; where something cannot be written, nothing is left behind."""
    there = folder.exists()
    try:
        _write(model, folder, details)
    except BaseException:
        for path in folder.iterdir() if folder.exists() else ():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if not there and folder.exists():
            folder.rmdir()
        raise


def _write(model: ServedModel, folder: Path, details: Mapping[str, str]) -> None:
    bundle = CodeBundle()
    described = [(name, fitted.step, _described(name, fitted, bundle)) for name, fitted in model.steps]
    files = bundle.files()
    steps = []
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, step, (kind, configuration, state, features)) in enumerate(described):
        place = f"steps/{number:02d}"
        save_state(configuration, folder / place / "configuration")
        try:
            form = save_learned(step, state, folder / place / "state")
        except StateError as error:
            raise StateError(f"the step {name!r} cannot be stored: {error.problem}", error.remedy) from error
        entry = {"name": name, "class": kind, "folder": place, "features": list(features), "state": form}
        reason = step.allow_pickle if isinstance(step, Learns) else ""
        steps.append({**entry, "allowed": reason} if form == PICKLED else entry)
    write_code(folder, files)
    decision = model.decision
    description = {
        "format": FORMAT,
        "mlsys": __version__,
        "steps": steps,
        "inputs": dict(model.inputs),
        "request": dict(model.request),
        "id": model.id,
        "decision": None if decision is None else {"column": decision.column, "shift": decision.shift.isoformat()},
        "details": dict(details),
    }
    (folder / DESCRIPTION).write_text(json.dumps(description, indent=1), encoding="utf-8")
    seal(folder)


def content_of(model: ServedModel) -> str | None:
    """Return the digest of all that a model's folder says, but for the run it comes from.

    ``None`` where something in it has no content that can be compared: a state in a form of the user's own, or pickled.
    """
    bundle = CodeBundle()
    steps = []
    for name, fitted in model.steps:
        if form_of_state(fitted.step) != PLAIN:
            return None
        kind, configuration, state, features = _described(name, fitted, bundle)
        steps.append((name, kind, configuration, fitted.held.digest or state, features))
    try:
        return digest((steps, bundle.files(), dict(model.inputs), dict(model.request), model.id, model.decision))
    except StateError:
        return None


def _described(name: str, fitted: Fitted, bundle: CodeBundle) -> tuple[str, dict[str, Any], Any, tuple[str, ...]]:
    with _naming(name):
        return describe(fitted, bundle)


@contextmanager
def _naming(step: str) -> Iterator[None]:
    try:
        yield
    except NotPortableError as error:
        raise NotPortableError(f"the step {step!r} cannot be stored: {error.problem}", error.remedy) from error


def describe(fitted: Fitted, bundle: CodeBundle) -> tuple[str, dict[str, Any], Any, tuple[str, ...]]:
    """Return class, configuration, state and features of a served step; its code goes into the bundle."""
    _refuse_secrets(fitted.step)
    kind, configuration = _with_code_in(bundle, _with_own_table(fitted.step))
    if _holds_estimator(fitted):  # trained; its configuration need not be stored twice
        configuration.pop("estimator", None)
    state = fitted.state
    if form_of_state(fitted.step) == PLAIN:
        state = exchanged(state, _lending(bundle))
    return kind, configuration, state, fitted.features


def take_code(name: str, step: Step, bundle: CodeBundle) -> None:
    """Take the code of a served step into the bundle, or raise if it cannot travel; no state is read."""
    with _naming(name):
        _refuse_secrets(step)
        _with_code_in(bundle, step)


def _refuse_secrets(step: Step) -> None:
    for problem in secrets_of(step):
        raise NotPortableError(
            problem, 'read it inside the hook, for example from os.environ["..."], instead of a field'
        )


def _with_code_in(bundle: CodeBundle, step: Step) -> tuple[str, dict[str, Any]]:
    configuration = {key: _without_code(value, bundle) for key, value in step.configuration().items()}
    return bundle.reference(type(step)), configuration


def _holds_estimator(fitted: Fitted) -> bool:
    own = form_of_state(fitted.step) == OWN
    return predicts(fitted.step) and not own and isinstance(fitted.state, dict) and "estimator" in fitted.state


def _with_own_table(step: Step) -> Step:
    """A join takes its side table along."""
    return step.with_table(step.side_state()) if isinstance(step, LooksUp) else step


def _without_code(value: Any, bundle: CodeBundle) -> Any:
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, type)):
        return {CODE_REFERENCE: bundle.reference(value)}
    if isinstance(value, dict):
        return {key: _without_code(each, bundle) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_without_code(each, bundle) for each in value)
    return exchanged(value, _lending(bundle))


def _lending(bundle: CodeBundle) -> Swap:
    """Return what puts references in place of functions of the user's, whose source goes into the bundle."""

    def lend(value: Any) -> Any:
        own = isinstance(value, types.FunctionType) and not is_installed(value.__module__)
        return Borrowed(bundle.reference(value)) if own else value

    return lend
