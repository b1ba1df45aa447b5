"""States in a folder: JSON, Arrow, skops and native files under a manifest of their digests."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import xxhash

from mlsys.errors import StateError
from mlsys.secrets import given_away
from mlsys.states._decode import Decoder
from mlsys.states._encode import Encoder
from mlsys.states.digest import digest
from mlsys.states.native import SUFFIXES
from mlsys.states.on_disk import MANIFEST, listed, naming, parsed, read_json, read_vouched

_STATE = "state.json"
_VERSION = 1
_FILE_NAME = re.compile(rf"[0-9]+\.(arrow|skops|{'|'.join(SUFFIXES)})|state\.json")


def check_storable(state: Any) -> None:
    """Raise StateError, naming the path inside the state, if :func:`save_state` would refuse its data.

    Estimators are checked when they are written: that costs as much as a small fit.

    Examples
    --------
    >>> check_storable({"a": [1, 2, {3}]})
    Traceback (most recent call last):
    mlsys.errors.StateError: state["a"][2] is a set, which cannot be stored
      Remedy: ...
    """
    _encoded(Encoder(dump=False), state)


def save_state(state: Any, folder: Path) -> dict[str, Any]:
    """Write a state and return its manifest.

    Parameters
    ----------
    state : object
        Plain data: numbers, strings, bools, None, lists, tuples, dictionaries with scalar keys, numpy arrays and
        scalars, pandas frames, Series, Index, Timestamp and Timedelta, scikit-learn estimators,
        models of LightGBM, XGBoost and CatBoost; nested at will.
    folder : Path
        Made if missing; files of an earlier state in it are replaced.

    Returns
    -------
    dict
        ``version``, ``digest`` of the state, and ``files``: digest by file name.

    Raises
    ------
    StateError
        Something inside has no such form, or is a secret; nothing is written then.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     manifest = save_state({"mean": 1.5}, folder)
    ...     sorted(manifest["files"]), load_state(folder)
    (['state.json'], {'mean': 1.5})
    """
    encoder = Encoder()
    document = _encoded(encoder, state)
    files = {_STATE: json.dumps(document, indent=1).encode(), **encoder.files}
    if any(map(given_away, files.values())):
        raise StateError("the state holds a secret, which is not written", "leave it out of what learn() returns")
    manifest = {
        "version": _VERSION,
        "digest": digest(state),
        "files": {name: xxhash.xxh3_128_hexdigest(content) for name, content in files.items()},
    }
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    return manifest


def load_state(folder: Path) -> Any:
    """Read a state that :func:`save_state` wrote.

    Raises
    ------
    StateError
        If a file is missing, was changed, is outside the folder, or contains a type that is not allowed.

    Notes
    -----
    Nothing is unpickled. The digests detect accidents, not a forger who also writes the manifest.
    """
    folder = Path(folder)
    files = _manifest(folder)
    contents = {name: _read(folder, name, str(expected)) for name, expected in files.items()}
    if _STATE not in contents:
        raise StateError(f"{folder} has no {_STATE}", "save the state again")
    document = parsed(contents[_STATE], folder / _STATE)
    try:
        with naming(folder):
            return Decoder(contents, folder).decode(document)
    except StateError as error:
        if str(folder) in error.problem:
            raise
        raise StateError(f"{folder}: {error.problem}", error.remedy) from error


def _encoded(encoder: Encoder, state: Any) -> Any:
    try:
        return encoder.encode(state, "state")
    except RecursionError as error:
        raise StateError("the state is nested too deeply to be stored", "return flatter data from learn()") from error


def _manifest(folder: Path) -> dict[str, str]:
    files = listed(folder)
    version = read_json(folder / MANIFEST).get("version")
    if version != _VERSION:
        raise StateError(
            f"the state in {folder} has version {version!r}, but this library reads {_VERSION}",
            "load it with the version of mlsys that wrote it",
        )
    return files


def _read(folder: Path, name: str, expected: str) -> bytes:
    if not _FILE_NAME.fullmatch(name) or (folder / name).resolve().parent != folder.resolve():
        raise StateError(f"the manifest in {folder} names {name!r}, outside the folder", "do not use this state")
    return read_vouched(folder / name, expected)
