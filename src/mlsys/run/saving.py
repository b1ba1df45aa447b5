"""A model in a folder: steps as JSON, states as JSON, Arrow and native files, user code as source."""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.dataset import Moment
from mlsys.errors import ConfigurationError, NotPortableError, StateError
from mlsys.execution.portable import CodeBundle
from mlsys.execution.served import ServedModel
from mlsys.steps import Fitted, Model, Step

if TYPE_CHECKING:
    from mlsys.run.run import Run

FORMAT = 1
"""Version of the folder's layout."""
_CODE = "__code__"


def save_run(run: Run, folder: Path) -> Path:
    """Write a run's model into a folder.

    Raises
    ------
    NotPortableError
        When a served step needs code that has no source to take along; nothing is left behind.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ConfigurationError(f"the folder {folder} is not empty", "name a new one")
    write_model(run.model, folder, {"run": run.id, "pipeline": run.pipeline.name, "configuration": run.pipeline.digest})
    return folder


def write_model(model: ServedModel, folder: Path, details: Mapping[str, str]) -> None:
    """Write a served model; code is gathered first, so that nothing is written if it cannot travel."""
    from mlsys import __version__
    from mlsys.states import save_state

    bundle = CodeBundle()
    described = [(name, _described(name, fitted, bundle)) for name, fitted in model.steps]
    files = bundle.files()
    steps = []
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, (kind, configuration, state, features)) in enumerate(described):
        place = f"steps/{number:02d}"
        save_state(configuration, folder / place / "configuration")
        save_state(state, folder / place / "state")
        steps.append({"name": name, "class": kind, "folder": place, "features": list(features)})
    if files:
        (folder / "code").mkdir()
        (folder / "code" / "__init__.py").write_text("")
        for file, text in files.items():
            (folder / "code" / file).write_text(text, encoding="utf-8")
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
        "code": {f"code/{file}": _text_digest(text) for file, text in files.items()},
    }
    (folder / "pipeline.json").write_text(json.dumps(description, indent=1), encoding="utf-8")


def _described(name: str, fitted: Fitted, bundle: CodeBundle) -> tuple[str, dict[str, Any], Any, tuple[str, ...]]:
    try:
        return describe(fitted, bundle)
    except NotPortableError as error:
        raise NotPortableError(f"the step {name!r} cannot leave this process: {error.problem}", error.remedy) from error


def describe(fitted: Fitted, bundle: CodeBundle) -> tuple[str, dict[str, Any], Any, tuple[str, ...]]:
    """Return class, configuration, state and features of a served step; its code goes into the bundle."""
    step = _with_own_table(fitted.step)
    configuration = {key: _without_code(value, bundle) for key, value in step.configuration().items()}
    if isinstance(step, Model):  # the trained estimator is in the state; its configuration need not be stored twice
        configuration.pop("estimator", None)
    return bundle.reference(type(step)), configuration, fitted.state, fitted.features


def _with_own_table(step: Step) -> Step:
    """A join takes its side table along."""
    side = getattr(step, "side_state", None)
    return step if side is None else step.with_table(side())  # type: ignore[attr-defined]


def _without_code(value: Any, bundle: CodeBundle) -> Any:
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, type)):
        return {_CODE: bundle.reference(value)}
    if isinstance(value, dict):
        return {key: _without_code(each, bundle) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_without_code(each, bundle) for each in value)
    return value


def load(reference: str | Path) -> ServedModel:
    """Load a model.

    Parameters
    ----------
    reference : str or Path
        A folder written by ``run.save``, an MLflow run id, or ``"models:/name@alias"``.

    Returns
    -------
    ServedModel
        With ``predict(frame)``.

    Notes
    -----
    States are read from JSON, Arrow and native files, nothing pickled. A folder may hold code of its
    author, which runs when the model is loaded: load only what you trust.

    Raises
    ------
    StateError
        When a file was edited after it was written.
    """
    folder = Path(reference)
    if not (folder / "pipeline.json").is_file():
        if folder.is_dir():
            raise StateError(
                f"the folder {folder} holds no model (no pipeline.json)", "name a folder written by run.save()"
            )
        if not _in_mlflow(str(reference)):
            raise StateError(
                f"there is no folder {str(reference)!r}",
                "name a folder written by run.save(), an MLflow run id, or models:/name@alias",
            )
        from mlsys.tracking import resolve

        folder = resolve(str(reference))
    return read_model(folder)


def _in_mlflow(reference: str) -> bool:
    """Whether a text names something in MLflow: an address, or a run id (32 hexadecimal digits)."""
    return ":/" in reference or re.fullmatch(r"[0-9a-f]{32}", reference) is not None


def read_model(folder: Path) -> ServedModel:
    """Read a served model from its folder."""
    from mlsys.states import load_state

    try:
        description = json.loads((folder / "pipeline.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise StateError(f"{folder / 'pipeline.json'} cannot be read: {error}", "save the model again") from error
    if not isinstance(description, dict) or "format" not in description:
        raise StateError(f"{folder / 'pipeline.json'} describes no model", "name a folder written by run.save()")
    if description["format"] != FORMAT:
        raise StateError(
            f"{folder} has layout {description['format']}, this version reads {FORMAT}",
            "load it with the mlsys that wrote it",
        )
    code = _Code(folder, description["code"])
    steps = []
    for entry in description["steps"]:
        place = _inside(folder, entry["folder"])
        cls = code.find(entry["class"])
        configuration = _with_code(load_state(place / "configuration"), code)
        state = load_state(place / "state")
        if issubclass(cls, Model) and "estimator" in cls.__dataclass_fields__ and isinstance(state, dict):
            configuration["estimator"] = state["estimator"]
        steps.append((entry["name"], Fitted(cls(**configuration), state, tuple(entry["features"]))))
    decision = description["decision"]
    moment = None if decision is None else Moment(decision["column"], pd.Timedelta(decision["shift"]))
    inputs, asked = description["inputs"], description["request"]
    return ServedModel(tuple(steps), inputs, description["id"], moment, description["details"], asked)


class _Code:
    """The code of a model's folder, imported under a name of its own when it is first needed."""

    def __init__(self, folder: Path, digests: Mapping[str, str]) -> None:
        self._folder, self._digests = folder, dict(digests)
        self._package = f"mlsys_model_{_text_digest(str(folder.resolve()))}"

    def find(self, reference: str) -> Any:
        module, name = reference.split(":")
        found: Any = self._module(module) if f"code/{module}.py" in self._digests else importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
        return found

    def _module(self, module: str) -> Any:
        for file, digest in self._digests.items():
            path = _inside(self._folder, file)
            if not path.is_file() or _text_digest(path.read_text(encoding="utf-8")) != digest:
                raise StateError(f"{path} was changed after the model was saved", "save the model again")
        if self._package not in sys.modules:
            self._import(self._package, self._folder / "code" / "__init__.py")
        name = f"{self._package}.{module}"
        return sys.modules.get(name) or self._import(name, self._folder / "code" / f"{module}.py")

    def _import(self, name: str, path: Path) -> Any:
        where = [str(path.parent)] if path.name == "__init__.py" else None
        spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=where)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module


def _with_code(value: Any, code: _Code) -> Any:
    if isinstance(value, dict):
        if set(value) == {_CODE}:
            return code.find(value[_CODE])
        return {key: _with_code(each, code) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_with_code(each, code) for each in value)
    return value


def _inside(folder: Path, relative: str) -> Path:
    path = (folder / relative).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise StateError(f"{relative!r} points outside the model's folder", "do not load this folder")
    return path


def _text_digest(text: str) -> str:
    import xxhash

    return xxhash.xxh3_128_hexdigest(text.encode("utf-8"))
