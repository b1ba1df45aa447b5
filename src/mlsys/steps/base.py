"""Step: configuration only, checked when it is made, never changed by running."""

from __future__ import annotations

import copy
import dataclasses
import difflib
import functools
import sys
import typing
from abc import ABC
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar, dataclass_transform

from pydantic import ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass as validated

from mlsys.completion import listed
from mlsys.errors import ConfigurationError, ContractError, StateError
from mlsys.secrets import counted, declare, field_is_secret, hidden, is_secret
from mlsys.states import digest
from mlsys.steps.cloning import has_parameters, is_fitted, unfitted
from mlsys.steps.facts import Facts
from mlsys.steps.gathering import Gathers, usually
from mlsys.steps.habits import check_habits
from mlsys.usercode.content import home

_MAKE_CLASSES = frozenset({"abc", "types", "cloudpickle.cloudpickle"})
_CHECKS = ConfigDict(arbitrary_types_allowed=True, strict=True, extra="forbid")


@dataclass_transform(kw_only_default=False, frozen_default=True, field_specifiers=(Field, dataclasses.field))
class _Configured:
    """Makes every subclass a checked dataclass; type checkers see its fields in order."""


class Step(_Configured, ABC):
    """Parent of all steps: fields are configuration, hooks are behaviour.

    Parameters
    ----------
    name : str, optional
        Name in the plan; by default the class name.
    allow_all_rows : str
        A reason for learning from rows of every split (a pretrained or transductive step). It is
        shown on the card and in the plan.
    cache : bool
        Whether results of the step may be cached.
    depends_on : sequence
        Further inputs of the result that the code does not show: paths of files that a function
        reads, functions found by name, values. Their content is part of the cache key.
    version : str
        Any text; changing it discards earlier results of the step.

    Notes
    -----
    A subclass declares annotated fields and implements the hooks of its kind, without ``__init__``. Two
    steps are equal if their configurations are equal; secrets (``SecretStr``, a password in an address) do
    not affect results and are not part of the configuration. Estimators given as fields are cloned.
    """

    facts: ClassVar[Facts]
    kind: ClassVar[str] = ""
    hooks: ClassVar[tuple[str, ...]] = ()
    required_hooks: ClassVar[tuple[str, ...]] = ()
    runs_user_code: ClassVar[bool] = False
    """Whether a built-in step calls functions of the user's, so that it is watched as a step of the user's is."""
    of_one_target: ClassVar[bool] = False
    """Whether it stands in pipelines of one target only."""
    serves_columns: ClassVar[bool] = False
    """Whether a built-in step takes a few rows as ``Columns`` in place of a frame, and returns them so."""
    name: str | None = Field(default=None, kw_only=True)
    allow_all_rows: str = Field(default="", kw_only=True)
    cache: bool = Field(default=True, kw_only=True)
    depends_on: tuple[Any, ...] | list[Any] = Field(default=(), kw_only=True)
    version: str = Field(default="", kw_only=True)

    def __init_subclass__(cls, kind: str | None = None, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if _is_being_unpickled():
            return
        if kind is not None:
            cls.kind = kind
        else:
            check_habits(cls)
        validated(cls, config=_CHECKS, repr=False, eq=False)
        cls.__init__ = _explaining(cls.__init__)  # type: ignore[method-assign]

    def __setattr__(self, attribute: str, value: Any) -> None:
        raise ContractError(
            f"{type(self).__name__} tried to set self.{attribute}, but a step never changes",
            f"return what was learned from learn(), and read it as the second argument of the next hook; "
            f"to configure another {type(self).__name__}, use step.with_({attribute.strip('_')}=...)",
        )

    @property
    def title(self) -> str:
        """The explicit name, or the class name."""
        return self.name or type(self).__name__

    @property
    def made_at(self) -> str:
        """File and line of the user's code that made the step."""
        return str(self.__dict__.get("_made_at", ""))

    @property
    def is_ours(self) -> bool:
        """Whether the class belongs to mlsys itself, whose row-local claims are tested there."""
        return type(self).__module__.split(".")[0] == "mlsys"

    def configuration(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}

    def chosen(self) -> dict[str, Any]:
        """Return the fields that differ from their defaults, by name.

        Examples
        --------
        >>> from mlsys import Impute
        >>> Impute(["age"], numeric="median").chosen()
        {'columns': ('age',)}
        """
        values = self.configuration()
        return {each.name: values[each.name] for each in dataclasses.fields(self)
                if not _is_default(each, values[each.name])}  # fmt: skip

    @property
    def digest(self) -> str:
        """Digest of class and configuration; equal steps have equal digests."""
        fields = {name: value for name, value in self.configuration().items() if name != "cache"}
        try:
            return digest((f"{home(type(self))}.{type(self).__qualname__}", counted(fields)))
        except StateError as error:
            raise StateError(f"the configuration of {self.title}: {error.problem}", error.remedy) from error

    def with_(self, **changes: Any) -> typing.Self:
        """Return a copy of the step with some fields changed."""
        own = {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}
        written = {each.name for each in dataclasses.fields(self) if own[each.name] is _default_of(each)}
        return type(self)(**{name: value for name, value in own.items() if name not in written} | changes)

    def notes(self) -> tuple[str, ...]:
        """Return what the step assumes, for the plan."""
        return ()

    @property
    def gathers(self) -> Gathers | None:
        """Rows that it needs at once; ``None`` where partitions one after another are enough."""
        return usually(self.facts)

    @property
    def trained_anew(self) -> str:
        """Return a remark about estimators that were already fitted when given; empty if there are none."""
        came: tuple[str, ...] = self.__dict__.get("_came_fitted", ())
        return (
            f"{' and '.join(came)} was already fitted; it is cloned and trained again on training rows only"
            if came
            else ""
        )

    def allowances(self) -> tuple[str, ...]:
        """Return what the step is allowed beyond its kind, with the reason, for the plan and the card."""
        return (f"learns from all rows: {self.allow_all_rows}",) if self.allow_all_rows else ()

    def files_read(self) -> Sequence[Path] | None:
        """Return the files that the step reads in addition to its rows; ``None`` if that is unknown."""
        return ()

    def edition(self) -> str | None:
        """Return the current edition of data that is read elsewhere: an ETag, a change counter, a commit.

        Cached results are reused while it is the same, even if ``files_read()`` does not know the files. It is called
        before and after reading; ``None`` if the edition is unknown.
        """
        return None

    def known_at_declared(self) -> Mapping[str, str]:
        """Return when columns become known, as declared: a time column, or a delay after the row's time."""
        return {}

    def column_in_words(self, column: str, /) -> str:
        """Return how a column that the step writes is made, such as by which function; empty: by the step itself."""
        return ""

    def columns_behind(self, column: str, /) -> Sequence[str] | None:
        """Return the columns that one it writes is made of, of other rows and tables too; ``None``: what it reads."""
        return None

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...] | None:
        """Return the columns that the hooks read, given the existing ones; ``None`` if that must be observed.

        Built-in steps declare them; the pipeline observes a user's step.
        """
        return None

    def __dir__(self) -> list[str]:
        return listed(type(self), set(super().__dir__()) - _machinery(type(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Step) and type(self) is type(other) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        shown = [
            f"{name}={'***' if field_is_secret(name, value) else _short(value)}"
            for name, value in self.chosen().items()
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


validated(Step, config=_CHECKS, repr=False, eq=False)


def _is_being_unpickled() -> bool:
    """Whether cloudpickle is making the empty class that it fills later with all the finished one had."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__") in _MAKE_CLASSES:
        if frame.f_code.co_name == "_make_skeleton_class":
            return True
        frame = frame.f_back
    return False


def _is_default(each: dataclasses.Field[Any], value: Any) -> bool:
    default = _default_of(each)
    try:
        return bool(value is default or (value == default and isinstance(value, bool) == isinstance(default, bool)))
    except Exception:  # a value whose == is not a yes or no is shown
        return False


def _short(value: Any) -> str:
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__)
    if isinstance(value, tuple):
        return "[" + ", ".join(_short(each) for each in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_short(each)}" for key, each in value.items()) + "}"
    text = hidden(" ".join(repr(value).split()))
    return text if len(text) <= 80 else text[:77] + "..."


def _explaining(init: Callable[..., None]) -> Callable[..., None]:
    """Wrap a dataclass ``__init__``: friendlier conversions, all problems in one error, the user's line kept."""

    @functools.wraps(init)
    def __init__(self: Step, *args: Any, **kwargs: Any) -> None:
        cls = type(self)
        names = [each.name for each in dataclasses.fields(cls) if not each.kw_only]
        given = [_plain(cls, name, value) for name, value in zip(names, args, strict=False)] + list(args[len(names) :])
        declare([args, kwargs])  # an error of the checks may hold them
        named = {key: _plain(cls, key, value) for key, value in kwargs.items()}
        try:
            _init(init, self, given, named, _written_defaults(cls, {*names[: len(args)], *named}))
        except ValidationError as error:
            raise _refusal(cls, error, names) from None
        declare(self.configuration())
        for name, value in self.configuration().items():  # a default on the class is shared by all instances
            if name not in kwargs and has_parameters(value):
                self.__dict__[name] = _plain(cls, name, value)
        self.__dict__["_made_at"] = _users_line()
        self.__dict__["_came_fitted"] = tuple(
            type(each).__name__ for each in (*args, *kwargs.values()) if is_fitted(each)
        )

    return __init__


def _init(
    init: Callable[..., None], step: Step, given: list[Any], named: dict[str, Any], defaults: dict[str, Any]
) -> None:
    """Make a step with its defaults checked as if they were given: 200 in a field of floats is 200.0."""
    try:
        init(step, *given, **named, **defaults)
    except ValidationError as error:
        unfit = {problem["loc"][0] for problem in error.errors() if problem["loc"]} & defaults.keys()
        if not unfit:
            raise
        # Many write ``columns: list[str] = None``: a default that does not fit its field stays as it is written.
        init(step, *given, **named, **{name: each for name, each in defaults.items() if name not in unfit})


def _written_defaults(cls: type[Step], given: Collection[str]) -> dict[str, Any]:
    """Return the defaults of fields that were not given, where a check can change them: numbers and collections."""
    found = {each.name: _default_of(each) for each in dataclasses.fields(cls) if each.name not in given}
    return {
        name: copy.copy(default)
        for name, default in found.items()
        if isinstance(default, (int, tuple, list, dict, set, frozenset)) and type(default) is not bool and default != ()
    }


def _default_of(each: dataclasses.Field[Any]) -> Any:
    """Return a field's default, by itself or in pydantic's description of the field."""
    if each.default_factory is not dataclasses.MISSING:
        return each.default_factory()
    factory = getattr(each.default, "default_factory", None)
    return factory() if factory is not None else getattr(each.default, "default", each.default)


_CALLED = frozenset({
    "as_sklearn", "chosen", "configuration", "curves", "digest", "fit", "kind", "labels", "notes", "of", "resample",
    "select", "split", "title", "with_",
})  # fmt: skip
"""What users call of every step and of steps of some kinds; the rest of what kinds bring is called by pipelines."""


@functools.cache
def _machinery(cls: type[Step]) -> frozenset[str]:
    """Return the names that the kinds bring and pipelines alone call: neither fields nor hooks."""
    brought = {name for each in cls.__mro__ if each.__module__.startswith("mlsys.steps.") for name in vars(each)}
    fields = {each.name for each in dataclasses.fields(cls)}
    return frozenset(name for name in brought - fields - _CALLED - set(cls.hooks) if not name.startswith("_"))


@functools.cache
def _tuple_fields(cls: type[Step]) -> frozenset[str]:
    hints = typing.get_type_hints(cls, include_extras=False) if cls.__module__ != "__main__" else {}
    found = set()
    for each in dataclasses.fields(cls):
        hint = hints.get(each.name, each.type)
        if "tuple[" in (hint if isinstance(hint, str) else str(hint)):
            found.add(each.name)
    return frozenset(found)


def _plain(cls: type[Step], name: str, value: Any) -> Any:
    """Turn lists, indexes and arrays into tuples where a tuple is wanted; clone estimators; copy mappings."""
    if isinstance(value, Mapping):
        return dict(value)
    if name in _tuple_fields(cls) and not isinstance(value, (str, bytes, tuple)) and isinstance(value, Iterable):
        return tuple(value.tolist() if hasattr(value, "tolist") else value)
    if has_parameters(value):
        return unfitted(value)
    return value


def _refusal(cls: type[Step], error: ValidationError, positional: list[str]) -> ConfigurationError:
    """Return the error of the step's own checks, or one that describes every problem of a configuration."""
    own = [problem.get("ctx", {}).get("error") for problem in error.errors()]
    if len(own) == 1 and isinstance(own[0], ConfigurationError):
        of_a_field = bool(error.errors()[0]["loc"])
        return ConfigurationError(f"{cls.__name__}: {own[0].problem}", own[0].remedy) if of_a_field else own[0]
    known = sorted((each.name for each in dataclasses.fields(cls)), key=lambda name: name in Step.__dataclass_fields__)
    lines, remedies = [], []
    texts = {problem["loc"][0] for problem in error.errors() if _is_bare_text(problem)}
    for problem in error.errors():
        if problem["loc"] and problem["loc"][0] in texts and not _is_bare_text(problem):
            continue  # one of several types the field allows; the plain message is enough
        location = problem["loc"][0] if problem["loc"] else ""
        field = positional[location] if isinstance(location, int) and location < len(positional) else str(location)
        if problem["type"] == "unexpected_keyword_argument":
            near = difflib.get_close_matches(field, known, 1)
            lines.append(f"{field}: no such field" + (f", did you mean {near[0]!r}?" if near else ""))
            remedies.append(f"its fields are {', '.join(known)}")
        elif problem["type"] in {"missing", "missing_argument"}:
            lines.append(f"{field}: must be given")
        elif problem["type"] == "unexpected_positional_argument":
            lines.append(f"too many positional arguments (at most {len(positional)}: {', '.join(positional)})")
        elif _is_bare_text(problem):
            lines.append(f"{field}: got the string {problem['input']!r}, needs a list of strings")
            remedies.append(f"write {field}=[{problem['input']!r}]")
        else:
            secret = _holds_secrets(cls, field) or field_is_secret(field, problem["input"])
            got = "a hidden value" if secret else _short(problem["input"])
            lines.append(f"{field}: {problem['msg'][0].lower()}{problem['msg'][1:]} (got {got})")
    listed = "".join(f"\n  - {line}" for line in dict.fromkeys(lines))
    remedy = "; ".join(dict.fromkeys(remedies)) or "correct the fields named above"
    return ConfigurationError(f"{cls.__name__} cannot be created:{listed}", remedy)


def _holds_secrets(cls: type[Step], field: str) -> bool:
    """Whether a field is declared to hold a secret: what was given for it may be one in the wrong type."""
    declared = cls.__dataclass_fields__.get(field)
    return declared is not None and ("Secret" in str(declared.type) or is_secret(declared.default))


def _is_bare_text(problem: Any) -> bool:
    return problem["type"] == "tuple_type" and isinstance(problem["input"], str)


def _users_line() -> str:
    """File and line of the nearest caller outside mlsys and pydantic."""
    frame = sys._getframe(2)
    while frame.f_back is not None:
        module = frame.f_globals.get("__name__", "")
        if module.split(".")[0] not in {"mlsys", "pydantic", "functools", "dataclasses"}:
            break
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
