"""Fingerprints: everything beside its input that a step's result depends on, taken before the first step runs."""

from __future__ import annotations

import platform
import sys
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlsys.errors import ConfigurationError, MlsysError
from mlsys.files import Watched, file_digest
from mlsys.secrets import counted, hidden
from mlsys.states import digest
from mlsys.steps import Step
from mlsys.usercode.reach import CodeWalk, now
from mlsys.version import own_code

_ALWAYS = ("pandas", "numpy", "pyarrow")
_NOT_A_RESULT = frozenset({"cache", "name", "version"})
"""Fields of a step that change no row; the name counts where it seeds."""


@dataclass(frozen=True)
class Fingerprint:
    """What one step is.

    Parameters
    ----------
    configuration : str
        Digest of its fields.
    code : mapping of str to str
        Digest of each function and class of the user's that it reaches.
    packages : mapping of str to str
        Version of each package it reaches, with Python's and this library's own.
    files : mapping of str to str or None
        Digest of each file it reads or depends on; ``None`` where neither these can be known nor an edition.
    notes : tuple of str
        What could not be looked into.
    version : str
        As the step was given it.
    watched : Watched, optional
        The files, as they were just before their digests were taken.
    edition : str or None
        Which edition of what it reads elsewhere was there.
    """

    configuration: str
    code: Mapping[str, str]
    packages: Mapping[str, str]
    files: Mapping[str, str] | None
    notes: tuple[str, ...] = ()
    version: str = ""
    watched: Watched | None = None
    edition: str | None = None

    def holds(self, step: Step) -> bool:
        """Whether what the step reads is what it was when the fingerprint was taken."""
        if self.edition is not None and _edition(step)[0] != self.edition:
            return False
        if self.watched is None:
            return True
        try:
            return tuple(map(str, _paths(step))) == self.watched.paths and self.watched.unchanged()
        except (MlsysError, OSError):
            return False

    def parts(self) -> dict[str, Any]:
        """Return what counts, as a key and a later comparison take it."""
        return {
            "configuration": self.configuration,
            "code": dict(self.code),
            "packages": dict(self.packages),
            "files": dict(self.files or {}),
            "version": self.version,
            **({} if self.edition is None else {"edition": self.edition}),
        }


@dataclass
class Fingerprints:
    """Fingerprints of all steps of a run; knows which values running has changed by itself."""

    taken: dict[str, Fingerprint] = field(default_factory=dict)
    _watched: list[tuple[Any, str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, steps: Mapping[str, Step]) -> Fingerprints:
        """Take the fingerprint of every step."""
        taken = cls()
        for name, step in steps.items():
            taken.taken[name] = taken._of(step)
        return taken

    def _of(self, step: Step) -> Fingerprint:
        walk = CodeWalk(digest, _changed_by_running)
        kind = walk.reach(type(step))
        fields = {key: counted(value) for key, value in step.configuration().items() if key not in _NOT_A_RESULT}
        depends_on = fields.pop("depends_on", ())
        configuration = walk.reach(fields)
        missing = [path for path in _declared(step) if not path.exists()]
        if missing:
            raise ConfigurationError(
                f"{step.title} says depends_on={str(missing[0])!r}, which does not exist",
                "correct the path; it is relative to the working directory",
            )
        others = [walk.reach(each) for each in depends_on if not isinstance(each, (str, Path))]
        self._watched += walk.watched
        edition, problem = _edition(step)  # before the files: a change between the two is one as well
        files, watched = _files(step, known=edition is not None)
        notes = () if depends_on else tuple(dict.fromkeys(walk.notes))
        return Fingerprint(
            digest((kind, configuration, others)),
            walk.units,
            _versions(walk.packages),
            files,
            (*notes, *problem),
            step.version,
            watched,
            edition,
        )

    @staticmethod
    def own() -> Fingerprint:
        """Return the fingerprint of work that is the library's own and no step's."""
        return Fingerprint("", {}, _versions(()), {})

    def after_running(self) -> None:
        """Note which values changed while the steps ran: memos, counters. Their change is no edit of the code."""
        for owner, name, token in self._watched:
            try:
                present = CodeWalk(digest).reach(now(owner, name))
            except (KeyError, AttributeError, ValueError):
                continue
            if present != token:
                before = _changed_by_running.get((id(owner), name, token), token)
                _changed_by_running[id(owner), name, present] = before
                _owners[id(owner)] = owner


def unseen(step: Step) -> list[str]:
    """Return what a plan should say of a step's cache: that it has none, and what a change of would not be noticed.

    Examples
    --------
    >>> from mlsys import Impute
    >>> unseen(Impute(cache=False))
    ['its results are not stored: cache=False']
    """
    if not step.cache:
        return ["its results are not stored: cache=False"]
    if step.depends_on:
        return []
    walk = CodeWalk(digest)
    walk.reach(type(step))
    walk.reach({key: value for key, value in step.configuration().items() if key not in _NOT_A_RESULT})
    return list(dict.fromkeys(walk.notes))


_changed_by_running: dict[tuple[int, str, str], str] = {}
_owners: dict[int, Any] = {}
"""Held, so that no other object gets their identity."""


def _declared(step: Step) -> list[Path]:
    return [Path(each) for each in step.depends_on if isinstance(each, (str, Path))]


def _paths(step: Step) -> list[Path]:
    """Return what a step reads and what it says that it depends on."""
    return [*(step.files_read() or ()), *_declared(step)]


def _edition(step: Step) -> tuple[str | None, tuple[str, ...]]:
    """Return which edition of what a step reads is there, ``None`` where that cannot be told; and why not."""
    try:
        edition: object = step.edition()
    except Exception as error:  # whoever is asked is out of reach; reading says it, if it matters
        return None, (hidden(f"edition() failed ({type(error).__name__}: {error}), so it is read again"),)
    if edition is not None and not isinstance(edition, str):
        raise ConfigurationError(
            f"edition() of {step.title} returned {type(edition).__name__}, not a text",
            "return a text such as str(number), or None if it is unknown",
        )
    return edition or None, ()


def _files(step: Step, known: bool) -> tuple[dict[str, str] | None, Watched | None]:
    """Return digests by path, and what tells later whether these files were the ones that were read.

    ``known``: whether an edition tells what no file does.
    """
    try:
        if step.files_read() is None and not _declared(step) and not known:
            return None, None
        paths = _paths(step)
        watched = Watched(paths) if paths else None  # before the digests: a change between the two is one as well
        return {str(path): file_digest(path) for path in paths}, watched
    except (MlsysError, OSError):  # the step itself says it better when it runs
        return None, None


def _versions(packages: Iterable[str]) -> dict[str, str]:
    found = {"Python": platform.python_version(), "mlsys": own_code()}
    for name in sorted({*_ALWAYS, *packages}):
        found[name] = _version(name)
    return found


def _version(module: str) -> str:
    loaded = sys.modules.get(module)
    version = getattr(loaded, "__version__", None) if isinstance(loaded, types.ModuleType) else None
    if isinstance(version, str):
        return version
    from importlib.metadata import PackageNotFoundError, packages_distributions
    from importlib.metadata import version as version_of

    for distribution in (module, *packages_distributions().get(module, ())):
        try:
            return version_of(distribution)
        except PackageNotFoundError:
            continue
    return "unknown"
