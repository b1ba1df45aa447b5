"""Names of registered models and their aliases, checked before anything is written."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from mlsys.errors import ConfigurationError

HISTORY = "mlsys.history."
"""Tag of a registered model, followed by the alias: the versions it named, oldest first."""
LONGEST_MODEL_NAME = 256
"""Lengths that fit into MLflow's tables."""
LONGEST_ALIAS = 250 - len(HISTORY)
"""MLflow accepts 255 characters, and 250 for the key of the tag with the alias's history."""
_ALIAS = re.compile(r"[\w\-]+")
_VERSION = re.compile(r"[vV]?\d+")


def check_model_name(name: object) -> None:
    """Raise unless MLflow can register a model with this name, and addresses can contain it.

    Raises
    ------
    ConfigurationError
        With what is wrong with the name.

    Examples
    --------
    >>> check_model_name("team/model")
    Traceback (most recent call last):
    mlsys.errors.ConfigurationError: the model name 'team/model' cannot be registered: it holds '/'
      Remedy: use letters, digits, '-', '_' and '.', such as 'flights'
    """
    wrong = _wrong_with_name(name)
    if wrong:
        raise ConfigurationError(
            f"the model name {_shown(name)} cannot be registered: {wrong}",
            "use letters, digits, '-', '_' and '.', such as 'flights'",
        )


def check_alias(alias: object) -> None:
    """Raise unless MLflow accepts this alias, and it has no other meaning.

    Raises
    ------
    ConfigurationError
        With what is wrong with the alias.

    Examples
    --------
    >>> check_alias("v1")
    Traceback (most recent call last):
    mlsys.errors.ConfigurationError: the alias 'v1' cannot be set: it looks like a version number
      Remedy: use letters, digits, '-' and '_', such as 'champion'
    """
    wrong = _wrong_with_alias(alias)
    if wrong:
        raise ConfigurationError(
            f"the alias {_shown(alias)} cannot be set: {wrong}", "use letters, digits, '-' and '_', such as 'champion'"
        )


def _wrong_with_name(name: object) -> str:
    if not isinstance(name, str):
        return f"it is of type {type(name).__name__}, not a string"
    if not name.strip():
        return "it is empty"
    odd = next((sign for sign in name if sign in "/:@?#%'\"\\" or not sign.isprintable()), None)
    if odd is not None:  # MLflow refuses '/' and ':'; the others end or change an address or a search for the name
        return f"it holds {odd!r}"
    if name != name.strip():
        return "it starts or ends with a space"
    if str(PurePosixPath(name)) in {".", ".."} or name.startswith(".."):
        return "it looks like a folder"
    return _too_long(name, LONGEST_MODEL_NAME)


def _wrong_with_alias(alias: object) -> str:
    if not isinstance(alias, str):
        return f"it is of type {type(alias).__name__}, not a string"
    if not alias:
        return "it is empty"
    if alias.lower() == "latest":
        return "MLflow reserves it for the newest version"
    if _VERSION.fullmatch(alias):
        return "it looks like a version number"
    odd = next((sign for sign in alias if not _ALIAS.fullmatch(sign)), None)
    return f"it holds {odd!r}" if odd is not None else _too_long(alias, LONGEST_ALIAS)


def _too_long(text: str, longest: int) -> str:
    return f"it has {len(text)} characters, more than {longest}" if len(text) > longest else ""


def _shown(given: object) -> str:
    shown = repr(given)
    return shown if len(shown) <= 80 else f"{shown[:76]}...'"
