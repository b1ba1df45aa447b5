"""Find the files that a path, a pattern, a folder or a list of these names."""

from __future__ import annotations

import base64
import glob
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator

from mlsys.errors import DataError, meant
from mlsys.secrets import user_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

CSV_ENDINGS = tuple(
    f".{kind}{packed}" for kind in ("csv", "tsv", "txt") for packed in ("", ".gz", ".zip", ".bz2", ".xz")
)
JSON_ENDINGS = tuple(
    f".{kind}{packed}" for kind in ("jsonl", "json", "ndjson") for packed in ("", ".gz", ".zip", ".bz2", ".xz")
)
PARQUET_ENDINGS = (".parquet", ".parq", ".pq")
_LONGEST = 100
"""Characters of a path in a message."""


def _as_texts(path: Any) -> Any:
    """Keep paths as text, so that a step's configuration is plain data."""
    return tuple(map(os.fspath, path)) if isinstance(path, (tuple, list)) else os.fspath(path)


Paths = Annotated[str | Path | tuple[str | Path, ...] | list[str | Path], AfterValidator(_as_texts)]
"""A file, a pattern such as ``"2024/*.csv"``, a folder, or a list of these."""


def is_url(path: Any) -> bool:
    """Whether a path names something that is not on this machine."""
    return "://" in str(path)


def opening(file: str) -> dict[str, Any]:
    """Return how pandas opens a file or an address; user and password go into a header, which urllib does not do.

    Examples
    --------
    >>> opening("https://me:mine@host/data.csv")
    {'filepath_or_buffer': 'https://host/data.csv', 'storage_options': {'Authorization': 'Basic bWU6bWluZQ=='}}
    """
    address, user = user_of(file) if file.startswith(("http://", "https://")) else (file, "")
    options = {"Authorization": f"Basic {base64.b64encode(user.encode()).decode()}"} if user else None
    return {"filepath_or_buffer": address, "storage_options": options}


def files_of(path: Any, endings: tuple[str, ...], who: str, links: bool = False) -> list[str]:
    """Return the files in sorted order, each once.

    Parameters
    ----------
    path : str, Path or list
        What was given.
    endings : tuple of str
        Of files in a folder.
    who : str
        For messages.
    links : bool
        Whether a symbolic link may lead out of a folder that was named, or in which a pattern looks.

    Raises
    ------
    DataError
        When nothing is there, or a link leads elsewhere.
    """
    given: Iterable[Any] = path if isinstance(path, (tuple, list)) else (path,)
    found: list[str] = []
    for each in given:
        named = os.path.expanduser(os.fspath(each))
        files = _expand(named, endings, who)
        if not links and files != [named]:
            _refuse_links(named, files, who)
        found.extend(files)
    return list(dict.fromkeys(found))


def files_read(path: Any, endings: tuple[str, ...], who: str, links: bool = False) -> list[Path] | None:
    """Return the files whose content a step reads; ``None`` when one of them is an address."""
    files = files_of(path, endings, who, links)
    return None if any(is_url(file) for file in files) else [Path(file) for file in files]


def _refuse_links(named: str, files: Sequence[str], who: str) -> None:
    """Raise for a file that lies elsewhere than in the folder that was named, or in which a pattern looks."""
    folder = Path(named)
    while glob.has_magic(str(folder)) and not folder.is_dir():
        folder = folder.parent
    inside = os.path.realpath(folder)
    for file in files:
        there = os.path.realpath(file)
        if not Path(there).is_relative_to(inside):
            raise DataError(
                f"{who}: {file!r} is a link that leads out of {str(folder)!r}, to {there!r}",
                "name the file itself, or say links=True if links may lead elsewhere",
            )


def shown(files: Sequence[str]) -> str:
    """Return files for a message.

    Examples
    --------
    >>> shown(["a.csv", "b.csv", "c.csv"])
    "'a.csv' and 2 more"
    """
    return repr(files[0]) if len(files) == 1 else f"{files[0]!r} and {len(files) - 1} more"


def _expand(path: str, endings: tuple[str, ...], who: str) -> list[str]:
    if is_url(path) or os.path.isfile(path):
        return [path]
    if os.path.isdir(path):
        inside = sorted(_inside(path, endings, who))
        if not inside:
            raise DataError(
                f"{who} found no file ending in {' or '.join(endings[:3])} in the folder {path!r}",
                "name the folder with the files, or a pattern such as folder/*.dat",
            )
        return inside
    if glob.has_magic(path):
        matched = sorted(each for each in glob.glob(path, recursive=True) if os.path.isfile(each))
        if not matched:
            raise DataError(
                f"{who} found no file that matches {path!r}", f"correct the pattern; paths start from {os.getcwd()}"
            )
        return matched
    shown = path if len(path) <= _LONGEST else f"{path[: _LONGEST - 3]}..."  # a text that is not a path may be a table
    raise DataError(
        f"{who} cannot find the file {shown!r}",
        f"{meant(os.path.basename(shown), _beside(shown))}correct the path; relative paths start from {os.getcwd()}",
    )


def _beside(path: str) -> list[str]:
    """Return what else is in the folder of a path."""
    folder = os.path.dirname(path) or "."
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def _inside(folder: str, endings: tuple[str, ...], who: str) -> Iterator[str]:
    """Yield the data files below a folder; markers of other tools, such as _SUCCESS, are none.

    What cannot be looked into is refused, because its rows would be missing without a word.
    """

    def refuse(error: OSError) -> None:
        raise DataError(
            f"{who} cannot look into the folder {error.filename!r}: {error.strerror}",
            "make it readable, or name the other folders",
        ) from error

    for place, folders, files in os.walk(str(Path(folder)), onerror=refuse, followlinks=True):
        folders[:] = [each for each in folders if not _is_marker(each) and not _is_seen(place, each, folder)]
        for name in files:
            if _is_marker(name) or not name.lower().endswith(endings):
                continue
            file = os.path.join(place, name)
            if not os.path.isfile(file):
                what = f"a link to {os.readlink(file)!r}, which is not there" if os.path.islink(file) else "not a file"
                raise DataError(f"{who}: {file!r} is {what}", "remove it, or name the files that are to be read")
            yield file


def _is_marker(name: str) -> bool:
    return name.startswith(("_", "."))


def _is_seen(place: str, name: str, folder: str) -> bool:
    """Whether a folder is a link to where files are found anyway, or back to where it came from."""
    linked = os.path.join(place, name)
    if not os.path.islink(linked):
        return False
    there = Path(os.path.realpath(linked))
    return there.is_relative_to(os.path.realpath(folder)) or Path(os.path.realpath(place)).is_relative_to(there)
