"""Columns of a schema from the fields of a pydantic model."""

from __future__ import annotations

import enum
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from mlsys.errors import ConfigurationError
from mlsys.schemas.column import Column

_BOUNDS = {"ge": "least", "le": "greatest", "gt": "above", "lt": "below"}
_NOT_CHECKED = frozenset({"strict", "allow_inf_nan", "annotation"})
"""What says how pydantic converts, which is not done here."""
_LENGTHS = {"min_length": "shortest", "max_length": "longest"}


def is_model(given: Any) -> bool:
    """Whether something is a class of pydantic's."""
    return isinstance(given, type) and issubclass(given, BaseModel)


def columns_of_model(model: type[BaseModel]) -> tuple[Mapping[str, Column], bool]:
    """Return the columns that a model declares, and whether others are refused.

    Raises
    ------
    ConfigurationError
        If the model has validators of its own, or a field has a type that columns do not have.

    Examples
    --------
    >>> from pydantic import create_model, Field
    >>> model = create_model("Order", price=(float, Field(gt=0)), plan=(Literal["free", "pro"] | None, None))
    >>> columns_of_model(model)[0]
    {'price': Column('float', above=0), 'plan': Column('any', null=True, allowed=['free', 'pro'])}
    """
    own = model.__pydantic_decorators__
    for kind in ("validators", "field_validators", "root_validators", "model_validators"):
        if getattr(own, kind, None):
            raise ConfigurationError(
                f"the model {model.__name__} has the validator {next(iter(getattr(own, kind)))!r}, which would be "
                "called row by row",
                "declare the constraint on the field (ge=, le=, pattern=, Literal[...]), or filter rows with a Select "
                "step",
            )
    columns = {
        info.alias or name: _column(f"{model.__name__}.{name}", info.annotation, info.metadata)
        for name, info in model.model_fields.items()
    }
    return columns, model.model_config.get("extra") == "forbid"


def _column(where: str, annotation: Any, metadata: Any) -> Column:
    options: dict[str, Any] = {}
    annotation = _unwrapped(annotation, metadata := list(metadata))
    if get_origin(annotation) in {Union, types.UnionType}:
        inner = [each for each in get_args(annotation) if each is not type(None)]
        options["null"] = len(inner) < len(get_args(annotation))
        if len(inner) != 1:
            raise ConfigurationError(f"{where} is one of several types", "give the field one type, or one | None")
        annotation = _unwrapped(inner[0], metadata)
    kind: Any = annotation
    if get_origin(annotation) is Literal:
        kind, options["allowed"] = "any", get_args(annotation)
    elif isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        kind, options["allowed"] = "any", tuple(each.value for each in annotation)
    try:
        for each in _single(metadata):
            options |= _constraints(each)
        return Column(kind, **options)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error.problem}", error.remedy) from None


def _unwrapped(annotation: Any, metadata: list[Any]) -> Any:
    """Return a type without its ``Annotated``, whose constraints are added to the others."""
    if hasattr(annotation, "__metadata__"):
        metadata += annotation.__metadata__
        return annotation.__origin__
    return annotation


def _single(metadata: list[Any]) -> Iterator[Any]:
    """Yield constraints one by one: pydantic and annotated-types group them."""
    for each in metadata:
        inside = getattr(each, "metadata", None) or (list(each) if isinstance(each, Iterable) else None)
        if inside is None:
            yield each
        else:
            yield from _single(list(inside))


def _constraints(given: Any) -> dict[str, Any]:
    """Return what a constraint asks of a column.

    Raises
    ------
    ConfigurationError
        If it is one that columns do not have.
    """
    asked = getattr(given, "__dict__", None) or {name: getattr(given, name) for name in getattr(given, "__slots__", ())}
    found: dict[str, Any] = {}
    for name, value in asked.items():
        if value is None or name in _NOT_CHECKED:
            continue
        if name == "pattern":  # which pydantic searches anywhere in the text
            found["pattern"] = f"(?s).*(?:{getattr(value, 'pattern', value)}).*"
        elif name in _BOUNDS or name in _LENGTHS:
            found[(_BOUNDS | _LENGTHS)[name]] = value
        else:
            raise ConfigurationError(
                f"the constraint {type(given).__name__}({name}=...) is not one that columns have",
                f"use {', '.join([*_BOUNDS, *_LENGTHS])} or pattern, or filter rows with a Select step",
            )
    return found
