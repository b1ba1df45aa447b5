"""Configuration: what a pipeline is, steps in order and what columns are for; every edit makes a new one."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self, TypeVar, overload

from mlsys.completion import Listed
from mlsys.dataset import Event, Moment, Roles, events_named, targets_named
from mlsys.errors import ConfigurationError
from mlsys.habits import PIPELINE, answering, attribute_error
from mlsys.pipeline import editing
from mlsys.plan import Plan, Planned
from mlsys.plan.any_pipeline import StoodFor
from mlsys.plan.coercion import as_step, steps_of
from mlsys.plan.construction import plan_steps, refuse_wrong_arguments, with_roles_given, worth_showing
from mlsys.plan.lateness import refuse_declared_late
from mlsys.plan.notes import notes_on
from mlsys.secrets import hidden
from mlsys.states import digest
from mlsys.steps import Step

_Step = TypeVar("_Step", bound=Step)
MOST_NAMED = 3
"""Targets that the name of a pipeline without one of its own is made of."""


class Configuration(Listed):
    """Steps in order and what columns are for, planned when made; reads no data.

    Its parameters stand at :class:`mlsys.Pipeline`, which runs it.
    """

    _unlisted: ClassVar[frozenset[str]] = frozenset({"as_run", "planned", "position", "rebuilt"})

    @answering
    def __init__(
        self,
        steps: Sequence[Any],
        *,
        target: str | Sequence[str] | None = None,
        event: Any = None,
        time: str | None = None,
        decide_at: str | None = None,
        id: str | None = None,  # noqa: A002  the role's name
        group: str | None = None,
        weight: str | None = None,
        sensitive: Sequence[str] = (),
        features: Sequence[str] | None = None,
        exclude: Sequence[str] = (),
        known_at: Mapping[str, str] | None = None,
        waive: Mapping[str, str] | None = None,
        name: str | None = None,
        seed: int = 0,
    ) -> None:
        refuse_wrong_arguments(
            target=target,
            texts={"time": time, "decide_at": decide_at, "id": id, "group": group, "weight": weight,
                   "name": name},
            lists={"features": features, "exclude": exclude, "sensitive": sensitive},
            mappings={"known_at": known_at, "waive": waive},
            event=event,
            seed=seed,
        )  # fmt: skip
        self._steps = steps_of(steps)
        targets = targets_named(target)
        named = events_named(event, targets)
        self._arguments: dict[str, Any] = {
            "target": targets[0] if len(targets) == 1 else targets or None, "event": _plain_event(event),
            "time": time, "decide_at": decide_at,
            "id": id, "group": group, "weight": weight, "sensitive": tuple(sensitive),
            "features": None if features is None else tuple(features), "exclude": tuple(exclude),
            "known_at": dict(known_at or {}), "waive": dict(waive or {}), "name": name, "seed": seed,
        }  # fmt: skip
        moment = Moment.parse(decide_at) if decide_at else None
        alone = targets[0] if len(targets) == 1 else None
        roles = Roles(alone, time, moment, id, group, weight, tuple(sensitive), targets=targets, **named)
        self.roles = with_roles_given(self._steps, roles)
        self.planned: tuple[Planned, ...] = plan_steps(self._steps, self.roles, decide_at)
        self.steps = tuple(each for each in self.planned if not each.on_demand)
        self._stood_for: StoodFor | None = None
        if self._arguments["known_at"] and self.roles.decision is None:
            raise ConfigurationError(
                "known_at= says when columns are known, but the pipeline has no decision moment",
                'add time="..." or decide_at="1h before ..."',
            )
        refuse_declared_late(self.steps, self._arguments["known_at"], self.roles)

    @property
    def name(self) -> str:
        """Name of the pipeline and of its MLflow experiment."""
        given: str | None = self._arguments["name"]
        targets = self.roles.targets
        if given or not targets:
            return given or "pipeline"
        more = f"-and-{len(targets) - MOST_NAMED}-more" if len(targets) > MOST_NAMED else ""
        return f"predict-{'-'.join(targets[:MOST_NAMED])}{more}"

    @property
    def seed(self) -> int:
        """Root of every step's randomness."""
        return int(self._arguments["seed"])

    @property
    def waive(self) -> dict[str, str]:
        """Finding codes that are waived, with the reason."""
        return dict(self._arguments["waive"])

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments other than the steps, as they were given."""
        return dict(self._arguments)

    @property
    def given(self) -> tuple[Step, ...]:
        """The steps as they were given, nothing supplied."""
        return self._steps

    @property
    def digest(self) -> str:
        """Digest of the whole configuration."""
        return digest(([(planned.name, planned.step.digest) for planned in self.steps], self._arguments))

    def plan(self) -> Plan:
        """Return what each step sees, learns from and serves; reads no data.

        The plan of ``run.pipeline`` leaves out what was supplied and not needed, and has the steps that ``Prepare``
        stood for, ready to copy.
        """
        on_demand = [each for each in self.planned if each.on_demand and self._stood_for is None]
        notes = notes_on(self.steps, on_demand, self.waive, self._arguments["decide_at"], self.roles.weight)
        stood_for = self._stood_for() if self._stood_for else {}
        decide_at = self._arguments["decide_at"]
        return Plan(self.steps, f"Pipeline {self.name!r}", notes, stood_for, self.roles, decide_at)

    def as_run(self, ran: tuple[Planned, ...], stood_for: StoodFor) -> Self:
        """Return the pipeline as it ran: without steps that were supplied and not needed."""
        made = copy.copy(self)
        made.steps, made._stood_for = ran, stood_for
        return made

    def replace(self, **steps: Any) -> Self:
        """Return a new pipeline with named steps replaced; ``None`` takes a step out."""
        made: Self = editing.replaced(self, steps)
        return made

    def insert(self, step: Any, *, after: str) -> Self:
        """Return a new pipeline with ``step`` after the step named ``after``."""
        place = self.position(after) + 1
        inserted = Planned(as_step(step), "", place)
        made: Self = editing.rearranged(self, [*self.steps[:place], inserted, *self.steps[place:]])
        return made

    def rebuilt(self, steps: Sequence[Any], **changes: Any) -> Self:
        """Return a pipeline of other steps with these arguments, some of them changed."""
        return type(self)(steps, **{**self._arguments, **changes})

    if not TYPE_CHECKING:  # so that type checkers flag names that there are none of

        def __getattr__(self, name: str) -> NoReturn:
            raise attribute_error("a Pipeline", self, name, PIPELINE)

    @overload
    def __getitem__(self, key: slice) -> Self: ...
    @overload
    def __getitem__(self, key: type[_Step]) -> _Step: ...
    @overload
    def __getitem__(self, key: str | int) -> Any: ...
    def __getitem__(self, key: slice | type[Step] | str | int) -> Any:
        """Return a step by name, by place or by class, or a pipeline of some; by class, editors know its fields."""
        if isinstance(key, slice):
            return editing.rearranged(self, self.steps[key])
        if isinstance(key, type):
            return editing.only(self, key)
        if isinstance(key, int):
            return self.steps[key].step
        return self.steps[self.position(key)].step

    def __len__(self) -> int:
        return len(self.steps)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Configuration) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        lines = ",\n".join(f"    {planned.step!r}" for planned in self.steps)
        arguments = ", ".join(f"{key}={value!r}" for key, value in worth_showing(self._arguments).items())
        return hidden(f"Pipeline(\n[\n{lines},\n],\n{arguments})")

    def position(self, name: str) -> int:
        """Return the place of a step; raise where there is none of that name."""
        names = [planned.name for planned in self.steps]
        if name not in names:
            raise ConfigurationError(f"there is no step {name!r} in the pipeline", f"its steps are {', '.join(names)}")
        return names.index(name)


def _plain_event(event: Any) -> Any:
    """Return the class, or classes by target, that an argument names, as plain values."""
    if isinstance(event, Mapping):
        return {name: Event.named(value).value for name, value in event.items()}
    return None if event is None else Event.named(event).value
