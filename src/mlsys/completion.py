"""What ``dir()`` and the Tab key list of an object: what its users call, and none of its machinery."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

_MADE = ("__pydantic_", "__is_pydantic_", "__dataclass_")
"""How names begin that pydantic and dataclasses put on a class."""


class Listed:
    """Something that lists of itself what its users call.

    Examples
    --------
    >>> class Watch(Listed):
    ...     _unlisted = frozenset({"wheel"})
    ...     hour, wheel, _spring = 12, None, None
    >>> [name for name in dir(Watch()) if not name.startswith("__")]
    ['hour']
    """

    _unlisted: ClassVar[frozenset[str]] = frozenset()
    """Public names that other parts of mlsys call, and users do not."""

    def __dir__(self) -> list[str]:
        return listed(type(self), super().__dir__())


def listed(kind: type, names: Iterable[str]) -> list[str]:
    """Return those of the names of a class and its objects that are meant for users."""
    unlisted = frozenset[str]().union(*(vars(each).get("_unlisted", ()) for each in kind.__mro__))
    return sorted(name for name in names if name not in unlisted and not _is_internal(name))


def _is_internal(name: str) -> bool:
    is_special = name.startswith("__") and name.endswith("__") and not name.startswith(_MADE)
    return name.startswith("_") and not is_special
