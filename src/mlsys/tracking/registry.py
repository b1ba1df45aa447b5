"""The registry: versions with the evidence that gates read, aliases with their history."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlsys.errors import TrackingError
from mlsys.tracking.record import LoggedRun
from mlsys.tracking.store import store

if TYPE_CHECKING:
    from mlflow import MlflowClient

HISTORY = "mlsys.history."
"""Tag of a registered model, followed by the alias: the versions it named, oldest first."""
_MOST_REMEMBERED = 100


@dataclass(frozen=True)
class Version:
    """One version of a registered model, with what its run was found to be worth (``None``: nobody wrote it down)."""

    number: int
    evidence: Mapping[str, Any] | None


def register_model(
    logged: LoggedRun,
    name: str,
    alias: str | None,
    tags: Mapping[str, str],
    description: str,
    evidence: Mapping[str, Any],
) -> int:
    """Register a logged model and return its version; set the alias last, when everything else is done."""
    from mlflow.exceptions import MlflowException

    if logged.model_uri is None:
        raise TrackingError("the run has no logged model", "see the problems of the run")
    with store() as client:
        try:
            client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

        source = logged.model_uri
        made = client.create_model_version(
            name,
            source,
            run_id=logged.run_id,
            tags=dict(tags),
            description=description,
            model_id=source.removeprefix("models:/"),
        )
        number = int(made.version)
        client.log_dict(logged.run_id, dict(evidence), _place(name, number))
        if alias:
            _point(client, name, alias, number)
        return number


def version_of_model(name: str, version: int | str) -> Version:
    """Return a version by number or alias."""
    with _named(name, f"has no version or alias {version!r}") as client:
        found = client.get_model_version(name, str(_number(client, name, version)))
        number = int(found.version)
        return Version(number, _evidence(client, found.run_id, _place(name, number)))


def point_alias(name: str, alias: str, version: int) -> None:
    """Let an alias name a version, and remember which it named before."""
    with _named(name, f"has no version {version}") as client:
        _point(client, name, alias, version)


def point_back(name: str, alias: str) -> tuple[int, int] | None:
    """Let an alias name the version before, and return that version and the one left; ``None`` if there is none."""
    with _named(name, f"has no alias {alias!r}") as client:
        now = _number(client, name, alias)
        there = {int(each.version) for each in client.search_model_versions(f"name='{name}'")}
        before = _history(client, name, alias)
        while before and (before[-1] == now or before[-1] not in there):
            before.pop()
        if not before:
            return None
        client.set_registered_model_alias(name, alias, str(before[-1]))
        client.set_registered_model_tag(name, HISTORY + alias, json.dumps(before))
        return before[-1], now


def _point(client: MlflowClient, name: str, alias: str, version: int) -> None:
    before = _history(client, name, alias)
    now = client.get_registered_model(name).aliases.get(alias)
    if now is not None and before[-1:] != [int(now)]:  # set by hand, or before there was a history
        before.append(int(now))
    if before[-1:] != [version]:
        before.append(version)
    # The history goes first: an alias without its history could not be rolled back.
    client.set_registered_model_tag(name, HISTORY + alias, json.dumps(before[-_MOST_REMEMBERED:]))
    client.set_registered_model_alias(name, alias, str(version))


def _history(client: MlflowClient, name: str, alias: str) -> list[int]:
    return [int(each) for each in json.loads(client.get_registered_model(name).tags.get(HISTORY + alias, "[]"))]


def _number(client: MlflowClient, name: str, version: int | str) -> int:
    if isinstance(version, int) or version.isdigit():
        return int(version)
    return int(client.get_model_version_by_alias(name, version).version)


def _place(name: str, version: int) -> str:
    return f"gate/{name}-{version}.json"


def _evidence(client: MlflowClient, run_id: str | None, place: str) -> Mapping[str, Any] | None:
    if not run_id or place not in [each.path for each in client.list_artifacts(run_id, "gate")]:
        return None
    from mlflow.artifacts import load_dict

    found: Mapping[str, Any] = load_dict(f"runs:/{run_id}/{place}")
    return found


@contextmanager
def _named(name: str, lacks: str) -> Iterator[MlflowClient]:
    """Yield a client; what the registry does not have is said with the model's name."""
    from mlflow.exceptions import MlflowException

    with store() as client:
        try:
            yield client
        except MlflowException as error:
            if error.error_code not in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
                raise
            there = [each.name for each in client.search_registered_models()]
            what = lacks if name in there else "is not in the registry"
            raise TrackingError(
                f"the model {name!r} {what}",
                f"registered models: {', '.join(there) or 'none'}; check MLFLOW_TRACKING_URI",
            ) from error
