"""The registry: versions with the outcome that gates read, aliases with their history."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import xxhash

from mlsys.errors import TrackingError
from mlsys.passing import SENDING, passed
from mlsys.tracking.missing import MISSING, find_version
from mlsys.tracking.names import HISTORY
from mlsys.tracking.record import LoggedRun
from mlsys.tracking.said import COMPLETE
from mlsys.tracking.store import store

if TYPE_CHECKING:
    from mlflow import MlflowClient

_MOST_REMEMBERED = 100
_LONGEST_FILE = 200
"""Bytes; file systems take 255."""


@dataclass(frozen=True)
class Version:
    """One version of a registered model, with the folder of its outcome (``None``: nobody wrote it down)."""

    number: int
    outcome: Path | None


def register_model(
    logged: LoggedRun,
    name: str,
    alias: str | None,
    tags: Mapping[str, str],
    description: str,
    write: Callable[[Path], None],
) -> int:
    """Register a logged model and return its version; set the alias last, when everything else is done.

    ``write`` fills a folder with the outcome of the model's run, which is kept beside the version.

    Raises
    ------
    TrackingError
        When the registry refuses; says what there is of it all the same.
    """
    if logged.model_uri is None:
        raise TrackingError("the run has no logged model", "see the problems of the run")
    with _doing(f"the model {name!r} was not registered"), store() as client:
        number = _version_made(client, logged, name, tags, description)
        try:
            with passed(SENDING) as folder:
                write(folder / "outcome")
                client.log_artifacts(logged.run_id, str(folder / "outcome"), _place(name, number))
        except Exception:
            with suppress(Exception):  # the first problem is the one to tell
                client.delete_model_version(name, str(number))
            raise
        _name_version(client, logged.model_uri.removeprefix("models:/"), name, number)
    if alias is not None:
        with _doing(f"version {number} of {name!r} is registered, but @{alias} was not set"), store() as client:
            _point(client, name, alias, number)
    return number


def _version_made(client: MlflowClient, logged: LoggedRun, name: str, tags: Mapping[str, str], description: str) -> int:
    from mlflow.exceptions import MlflowException

    source = str(logged.model_uri)
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    made = client.create_model_version(
        name,
        source,
        run_id=logged.run_id,
        tags=dict(tags),
        description=description,
        model_id=source.removeprefix("models:/"),
    )
    return int(made.version)


def _name_version(client: MlflowClient, model_id: str, name: str, number: int) -> None:
    """Let the page of the logged model name the version, as MLflow's own way of registering does."""
    from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS

    known = json.loads(client.get_logged_model(model_id).tags.get(MLFLOW_MODEL_VERSIONS, "[]"))
    if any(each["name"] == name and int(each["version"]) == number for each in known):
        return
    entry = {"name": name, "version": number}
    client.set_logged_model_tags(model_id, {MLFLOW_MODEL_VERSIONS: json.dumps([*known, entry])})


@contextmanager
def _doing(failed: str) -> Iterator[None]:
    """Begin what a store says with what has failed."""
    try:
        yield
    except TrackingError as error:
        raise TrackingError(f"{failed}: {error.problem}", error.remedy.removesuffix(f"; {COMPLETE}")) from error


def version_of_model(name: str, version: int | str) -> Version:
    """Return a version by number or alias."""
    with store() as client:
        found = find_version(client, name, version)
        number = int(found.version)
        return Version(number, _outcome(client, found.run_id, _place(name, number)))


def version_if_any(name: str, alias: str) -> Version | None:
    """Return the version that an alias names; ``None`` if there is no such model or alias.

    Raises
    ------
    TrackingError
        When the registry cannot be asked.
    """
    from mlflow.exceptions import MlflowException

    with store() as client:
        try:
            number = client.get_registered_model(name).aliases.get(alias)
        except MlflowException as error:
            if error.error_code not in MISSING:
                raise
            number = None
    return None if number is None else version_of_model(name, int(number))


def point_alias(name: str, alias: str, version: int, tags: Mapping[str, str] | None = None) -> None:
    """Let an alias name a version, tag the version, and remember which one the alias named before."""
    with store() as client:
        find_version(client, name, version)
        for key, value in (tags or {}).items():
            client.set_model_version_tag(name, str(version), key, value)
        _point(client, name, alias, version)


def point_back(name: str, alias: str) -> tuple[int, int] | None:
    """Let an alias name the version before, and return that version and the one left; ``None`` if there is none."""
    with store() as client:
        now = int(find_version(client, name, alias).version)
        before = _history(client, name, alias)
        while before and (before[-1] == now or not _is_there(client, name, before[-1])):
            before.pop()
        if not before:
            return None
        client.set_registered_model_alias(name, alias, str(before[-1]))
        client.set_registered_model_tag(name, HISTORY + alias, json.dumps(before))
        return before[-1], now


def _is_there(client: MlflowClient, name: str, version: int) -> bool:
    from mlflow.exceptions import MlflowException

    try:
        client.get_model_version(name, str(version))
    except MlflowException as error:
        if error.error_code not in MISSING:
            raise
        return False
    return True


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


def _place(name: str, version: int) -> str:
    """Return the folder of a version's outcome among its run's artifacts; a long name is cut, its digest tells it."""
    held = name.encode()
    if len(held) > _LONGEST_FILE:
        name = f"{held[: _LONGEST_FILE // 2].decode(errors='ignore')}-{xxhash.xxh3_64_hexdigest(held)}"
    return f"gate/{name}-{version}"


def _outcome(client: MlflowClient, run_id: str | None, place: str) -> Path | None:
    if not run_id or place not in [each.path for each in client.list_artifacts(run_id, "gate")]:
        return None
    from mlflow.artifacts import download_artifacts

    return Path(download_artifacts(run_id=run_id, artifact_path=place))
