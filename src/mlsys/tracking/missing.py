"""Errors about missing models, aliases, versions and runs, with the existing ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from mlsys.errors import TrackingError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

MISSING = frozenset({"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"})
"""Codes of MLflow's errors: to MLflow a missing alias is an invalid value."""
MOST_NAMED = 10
_REGISTERED = re.compile(r"models:/+(?P<name>[^/]+?)(?:/(?P<suffix>[^/]+)|@(?P<alias>[^/@]+))/?")
_CHECK = "check MLFLOW_TRACKING_URI"


def find_version(client: MlflowClient, name: str, version: int | str) -> ModelVersion:
    """Return a version of a registered model by number or alias.

    Raises
    ------
    TrackingError
        If there is no such model, version or alias; names the existing ones.
    """
    from mlflow.exceptions import MlflowException

    number = str(version) if not isinstance(version, str) or version.isdigit() else ""
    try:
        if number:
            return client.get_model_version(name, number)
        return client.get_model_version_by_alias(name, str(version))
    except MlflowException as error:
        if error.error_code not in MISSING:
            raise
        lacks = f"version {number}" if number else f"alias {version!r}"
        raise _lacking(client, name, lacks) from error


def _lacking(client: MlflowClient, name: str, lacks: str) -> TrackingError:
    from mlflow.exceptions import MlflowException

    try:
        model = client.get_registered_model(name)
    except MlflowException as error:
        if error.error_code not in MISSING:
            raise
        there = [each.name for each in client.search_registered_models(max_results=MOST_NAMED + 1)]
        return TrackingError(
            f"the model {name!r} is not in the registry", f"registered models: {_listed(there)}; {_CHECK}"
        )
    aliases = [f"{alias} (version {number})" for alias, number in sorted(model.aliases.items())]
    newest = max((int(each.version) for each in client.get_latest_versions(name)), default=0)
    return TrackingError(
        f"the model {name!r} has no {lacks}",
        f"its aliases: {_listed(aliases)}; its newest version: {newest or 'none'}; {_CHECK}",
    )


def _listed(names: list[str]) -> str:
    more = ", ..." if len(names) > MOST_NAMED else ""
    return (", ".join(names[:MOST_NAMED]) + more) or "none"


def missing_model(client: MlflowClient, reference: str, error: Exception) -> TrackingError:
    """Return what is missing in a reference that MLflow could not resolve."""
    from mlflow.exceptions import MlflowException

    address = _REGISTERED.fullmatch(reference)
    try:
        if address is not None:
            name = unquote(address["name"])
            asked = address["alias"] or address["suffix"]
            if address["alias"] or asked.isdigit():
                find_version(client, name, asked)
            else:  # the newest one, or the newest of a stage
                return _lacking(client, name, f"version at {asked!r}")
        elif "/" not in reference or reference.startswith("runs:/"):
            run_id = reference.removeprefix("runs:/").partition("/")[0]
            client.get_run(run_id)
    except TrackingError as missing:
        return missing
    except MlflowException as other:
        if other.error_code in MISSING:
            return TrackingError(f"there is no run {reference!r} in MLflow", f"pass the id of a run; {_CHECK}")
    return TrackingError(
        f"the model {reference!r} cannot be read from MLflow ({_said(error)})",
        "pass a folder, an MLflow run id, models:/name@alias or models:/name/3; its files may have been removed",
    )


def _said(error: Any) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
