"""A pipeline as runs, estimates and its own verbs know it; the class itself stands above them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from typing_extensions import TypeVar

from mlsys.dataset import Roles
from mlsys.plan.plan import Plan
from mlsys.plan.planned import Planned

StoodFor = Callable[[], Mapping[str, Sequence[Any]]]
"""Gives the steps that others stood for, by name of these."""


class AnyConfiguration(Protocol):
    """What a pipeline is; see :class:`mlsys.Pipeline`."""

    roles: Roles
    planned: tuple[Planned, ...]
    """All steps, those that run on demand included."""
    steps: tuple[Planned, ...]
    """The steps that are shown."""

    @property
    def name(self) -> str:
        """Name of the pipeline."""
        ...

    @property
    def seed(self) -> int:
        """Root of every step's randomness."""
        ...

    @property
    def waive(self) -> dict[str, str]:
        """Finding codes that are waived, with the reason."""
        ...

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments other than the steps."""
        ...

    @property
    def given(self) -> tuple[Any, ...]:
        """The steps as the user gave them."""
        ...

    @property
    def digest(self) -> str:
        """Digest of the whole configuration."""
        ...

    def plan(self) -> Plan:
        """Return what each step sees, learns from and serves."""
        ...

    def position(self, name: str) -> int:
        """Return the place of a step; raise where there is none of that name."""
        ...

    def replace(self, **steps: Any) -> Any:
        """Return a new pipeline with named steps replaced."""
        ...

    def rebuilt(self, steps: Sequence[Any], **changes: Any) -> Any:
        """Return a pipeline of other steps with these arguments, some of them changed."""
        ...

    def as_run(self, ran: tuple[Planned, ...], stood_for: StoodFor) -> Any:
        """Return the pipeline as it ran: without steps that were supplied and not needed."""
        ...


class AnyPipeline(AnyConfiguration, Protocol):
    """A pipeline, which can be audited as well."""

    def audit_leakage(self, data: Any = None, *, rows: int, verbose: bool | None) -> Any:
        """Return what changed after rows that must not matter were replaced."""
        ...


PipelineType = TypeVar("PipelineType", bound=AnyPipeline, default=Any)
"""The class of a pipeline, for objects that hold one: ``pipeline.run()`` returns a ``Run[Pipeline]``."""
