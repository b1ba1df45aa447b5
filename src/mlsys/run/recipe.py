"""A run's recipe: every step with its code, what each depended on and made; enough to run it again elsewhere."""

from __future__ import annotations

import functools
import json
import shutil
import types
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pandas as pd

from mlsys.errors import MlsysError, NotPortableError, StateError
from mlsys.outcome import Outcome
from mlsys.outcome.measures import evaluation_metrics
from mlsys.plan.any_pipeline import AnyPipeline
from mlsys.run.live import Live
from mlsys.secrets import holds_secret
from mlsys.states import digest, load_state, save_state
from mlsys.states.on_disk import naming, read_json
from mlsys.states.sealed import check, seal
from mlsys.steps import Step
from mlsys.usercode.commit import code_state
from mlsys.usercode.folder import CODE, FolderCode, write_code
from mlsys.usercode.installed import is_installed
from mlsys.usercode.packing import CodeBundle, wraps

RECIPE = "recipe"
"""Name of the folder among a run's artifacts."""
FORMAT = 1
_KEYS = frozenset({"run", "pipeline", "digest", "arguments", "given", "code", "withheld", "metrics", "ledger"})
_MADE_AGAIN = "secrets are never written; build the pipeline again and pass it"
_RECORD, _STEPS = "run.json", "steps"
_CODE, _PATH, _PARTIAL, _OBJECT = "__code__", "__path__", "__partial__", "__object__"
_METHOD, _ESTIMATOR = "__method__", "__estimator__"
_OF_FILES = frozenset({"path", "table", "depends_on"})
"""Fields of the library's own steps that name files."""
_BESIDE_PARAMETERS = ("_sklearn_output_config", "_metadata_request")
"""Attributes that scikit-learn's own ``clone`` takes along too."""


def write_recipe(outcome: Outcome, live: Live, folder: Path) -> None:
    """Write what is needed to run a run again.

    Code that cannot be taken along, and rows in a step's configuration, stay here: the record then says why, and
    :func:`mlsys.reproduce` asks for the pipeline.
    """
    folder.mkdir(parents=True, exist_ok=True)
    withheld = ""
    try:
        _write_steps(live.pipeline, folder)
    except MlsysError as error:
        withheld = error.problem
        for name in (_STEPS, CODE):
            shutil.rmtree(folder / name, ignore_errors=True)
    record = {
        "format": FORMAT,
        "run": outcome.run,
        "pipeline": outcome.pipeline,
        "digest": outcome.configuration,
        "arguments": {name: digest(value) for name, value in live.pipeline.arguments.items()},
        "given": live.data is not None,
        "code": code_state(),
        "withheld": withheld,
        "metrics": evaluation_metrics(outcome),
        "ledger": list(outcome.ledger or ()),
    }
    (folder / _RECORD).write_text(json.dumps(record), encoding="utf-8")
    seal(folder)


def read_record(folder: Path) -> dict[str, Any]:
    """Return what a recipe says of its run, after a check of all its files."""
    check(folder)
    record = read_json(folder / _RECORD)
    if not isinstance(record, dict):
        raise StateError(f"{folder / _RECORD} does not describe a run", "name a run that mlsys wrote")
    if record.get("format") != FORMAT:
        raise StateError(
            f"the recipe has layout {record.get('format')}, but this version reads {FORMAT}",
            "reproduce the run with the version of mlsys that wrote it",
        )
    lacking = _KEYS - set(record)
    if lacking:
        raise StateError(f"{folder / _RECORD} does not say {min(lacking)!r}", "name a run that mlsys wrote")
    return record


def read_pipeline(folder: Path, record: Mapping[str, Any], moved: Callable[[str], str]) -> Any:
    """Return the pipeline of a recipe; code of the folder is imported for it.

    Parameters
    ----------
    folder : Path
        Of the recipe, checked.
    record : mapping
        From :func:`read_record`.
    moved : callable
        Gives for a path in the recipe the one to read.
    """
    if record["withheld"]:
        raise NotPortableError(
            f"the code of the run was not stored: {record['withheld']}",
            "build the pipeline as it was (commit "
            f"{record['code'].get('code.commit', 'unknown')}) and pass it: reproduce(run, pipeline=pipeline)",
        )
    document, code = load_state(folder / _STEPS), FolderCode(folder)
    with naming(folder / _STEPS):
        described, kind, arguments = document["steps"], document["pipeline"], document["arguments"]
    steps = [_unpacked(each, code, moved) for each in described]
    return code.find(kind)(steps, **_unpacked(arguments, code, _stays))


def _write_steps(pipeline: AnyPipeline, folder: Path) -> None:
    bundle = CodeBundle()
    for planned in pipeline.steps:
        if holds_secret(planned.step.configuration()):
            raise NotPortableError(f"{planned.name} holds a secret, or an address with a user or a query", _MADE_AGAIN)
    steps = [_packed(planned.step, bundle) for planned in pipeline.steps if not planned.supplied]
    if holds_secret(pipeline.arguments):
        raise NotPortableError("an argument of the pipeline holds an address with a user or a query", _MADE_AGAIN)
    arguments = _packed(pipeline.arguments, bundle)
    kind = type(pipeline)
    document = {"pipeline": f"{kind.__module__}:{kind.__qualname__}", "steps": steps, "arguments": arguments}
    save_state(document, folder / _STEPS)
    write_code(folder, bundle.files())


def _packed(value: Any, bundle: CodeBundle) -> Any:
    """Return a value as plain data, its code in the bundle."""
    if isinstance(value, types.MethodType) or (isinstance(value, types.BuiltinFunctionType) and _owner(value)):
        return {_METHOD: _packed(value.__self__, bundle), "name": value.__name__}
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, type)) or wraps(value):
        return {_CODE: bundle.reference(value)}
    if isinstance(value, Enum):
        return {_CODE: f"{bundle.reference(type(value))}.{value.name}"}
    if isinstance(value, Mapping):
        return {key: _packed(each, bundle) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_packed(each, bundle) for each in value)
    if isinstance(value, (set, frozenset)):
        raise NotPortableError("a step holds a set, which has no order", "use a tuple")
    if isinstance(value, PurePath):
        return {_PATH: str(value)}
    if isinstance(value, functools.partial):
        parts = [value.func, list(value.args), dict(value.keywords)]
        return {_PARTIAL: [_packed(each, bundle) for each in parts]}
    if isinstance(value, (pd.DataFrame, pd.Series)):
        raise NotPortableError(f"a step holds {len(value):,} rows, which stay on this machine", "read them from a file")
    if isinstance(value, Step):
        return {_OBJECT: bundle.reference(type(value)), "fields": _packed(value.configuration(), bundle)}
    if hasattr(type(value), "get_params") and _is_of_the_user(value):
        kept = {name: vars(value)[name] for name in _BESIDE_PARAMETERS if name in vars(value)}
        fields = _packed(value.get_params(deep=False), bundle)
        return {_ESTIMATOR: bundle.reference(type(value)), "fields": fields, "beside": _packed(kept, bundle)}
    plain = (bool, int, float, str, type(None), np.ndarray, np.generic, pd.Timestamp, pd.Timedelta, pd.Index)
    if isinstance(value, plain) or hasattr(type(value), "get_params"):
        return value
    if not hasattr(value, "__dict__") or isinstance(value, types.ModuleType):
        raise NotPortableError(
            f"a step holds a {type(value).__name__}, which cannot be stored as plain data", "use plain values"
        )
    return {_OBJECT: bundle.reference(type(value)), "fields": _packed(vars(value), bundle)}


def _unpacked(value: Any, code: FolderCode, moved: Callable[[str], str]) -> Any:
    unpack = functools.partial(_unpacked, code=code, moved=moved)
    if isinstance(value, str):
        return moved(value)
    if isinstance(value, (list, tuple)):
        return type(value)(unpack(each) for each in value)
    if not isinstance(value, dict):
        return value
    if set(value) == {_CODE}:
        return code.find(value[_CODE])
    if set(value) == {_PATH}:
        return Path(moved(value[_PATH]))
    if set(value) == {_PARTIAL}:
        function, arguments, named = unpack(value[_PARTIAL])
        return functools.partial(function, *arguments, **named)
    if set(value) == {_METHOD, "name"}:
        return getattr(unpack(value[_METHOD]), value["name"])
    if set(value) == {_ESTIMATOR, "fields", "beside"}:
        estimator = code.find(value[_ESTIMATOR])(**unpack(value["fields"]))
        vars(estimator).update(unpack(value["beside"]))
        return estimator
    if set(value) == {_OBJECT, "fields"}:
        return _made(code.find(value[_OBJECT]), value["fields"], code, moved)
    return {key: unpack(each) for key, each in value.items()}


def _made(kind: Any, fields: Mapping[str, Any], code: FolderCode, moved: Callable[[str], str]) -> Any:
    """Return a step or an object with its fields; in the library's own steps a column may be called like a folder."""
    own = issubclass(kind, Step) and is_installed(kind.__module__)
    unpacked = {
        name: _unpacked(each, code, moved if name in _OF_FILES or not own else _stays) for name, each in fields.items()
    }
    if issubclass(kind, Step):
        return kind(**unpacked)
    made = object.__new__(kind)
    for name, each in unpacked.items():
        object.__setattr__(made, name, each)
    return made


def _stays(text: str) -> str:
    return text


def _is_of_the_user(estimator: Any) -> bool:
    """Whether an estimator, or anything it is configured with, is written by the user, so that skops knows it not."""
    held = [estimator, *estimator.get_params(deep=True).values()]
    things = [each if isinstance(each, (types.FunctionType, type)) else type(each) for each in held]
    return not all(is_installed(each.__module__) for each in things)


def _owner(builtin: types.BuiltinFunctionType) -> bool:
    """Whether a builtin function is the method of an object."""
    return builtin.__self__ is not None and not isinstance(builtin.__self__, types.ModuleType)
