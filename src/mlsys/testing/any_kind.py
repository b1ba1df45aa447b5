"""Promises of every step: configuration, travelling, repeatability, and looking without touching."""

from __future__ import annotations

import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from mlsys.errors import ContractError
from mlsys.states import digest
from mlsys.steps.questions import reads, writes
from mlsys.testing.comparing import as_frame, difference
from mlsys.testing.outside import aimed_at, write_into
from mlsys.testing.trial import NotAssessed, Trial, learns


def configuration(trial: Trial) -> None:
    """Equal configurations give equal steps, ``with_`` returns a new step, and no field can be set."""
    step = trial.step
    twin = step.with_()
    assert twin is not step, "with_() returned the step itself"
    assert twin == step and hash(twin) == hash(step), "a step made from the same configuration is not equal to it"
    assert repr(twin) == repr(step), f"equal steps are shown as {step!r} and {twin!r}"
    assert type(step).__name__ in repr(step), f"repr() does not name the class: {step!r}"
    named = step.with_(name="another name")
    assert named != step and named.title == "another name", "with_(name=...) did not return a different step"
    assert step.with_() == step and step.name != "another name", "with_() changed the step it was called on"
    try:
        setattr(step, "name", "set")  # noqa: B010  whether this is refused is the question
    except ContractError:
        return
    raise AssertionError("a field could be set; steps never change")


def travels(trial: Trial) -> None:
    """A step arrives unchanged in another process."""
    import cloudpickle

    if not _importable(type(trial.step)):
        raise NotAssessed("its class is written in a function or notebook, where another process cannot import it")
    arrived = cloudpickle.loads(cloudpickle.dumps(trial.step))
    assert arrived.digest == trial.step.digest, "after pickling, the step has a different digest"
    assert arrived == trial.step, "after pickling, the step does not equal the original"


def input_unchanged(trial: Trial) -> None:
    """Hooks do not modify the rows they receive."""
    step = trial.step
    if reads(step):
        raise NotAssessed("a Source receives nothing")
    if writes(step):
        with tempfile.TemporaryDirectory() as folder:
            write_into(trial, Path(folder))
    elif learns(step):
        with suppress(AssertionError, ContractError):  # what it returns is the matter of another check
            trial.apply(trial.inputs, trial.learned.state)
    else:
        with suppress(AssertionError, ContractError):
            trial.outcome()
    for what in trial.alterations():
        raise AssertionError(f"{what}; work on a copy: frame = frame.assign(...)")


def deterministic(trial: Trial) -> None:
    """The same seed and the same rows give the same state and the same result, digit by digit."""
    step = trial.step
    if writes(step):
        raise NotAssessed("a Sink returns nothing")
    if learns(step):
        first, second = trial.learned, trial.learn(trial.frame)
        assert digest(first.state) == digest(second.state), (
            "two fits with one seed learned different states; take random numbers only from rng"
        )
    try:
        first_answer, second_answer = as_frame(trial.outcome()), as_frame(trial.outcome())
    except ContractError as error:
        raise NotAssessed("its result breaks the rules of its kind, see the other checks") from error
    what = difference(first_answer, second_answer, relative=0.0)
    assert not what, f"two calls with one seed gave different results ({what}); take random numbers only from rng"


def learns_nothing_aside(trial: Trial) -> None:
    """Running a step does not change its configuration."""
    with tempfile.TemporaryDirectory() as folder, suppress(NotAssessed, ContractError):
        # A twin, because what the step was fitted with by another check would hide the change.
        twin = aimed_at(trial.step.with_(), Path(folder))
        before, own = twin.digest, Trial(twin, trial.parts, trial.roles, trial.features, trial.seed)
        if writes(twin):
            write_into(own, Path(folder))
        else:
            own.outcome()
        assert twin.digest == before, (
            "running the step changed its configuration; clone estimators before fitting, and return what is learned"
        )


def _importable(cls: type) -> bool:
    home: object = sys.modules.get(cls.__module__)
    for name in cls.__qualname__.split("."):
        home = getattr(home, name, None)
    return home is cls and cls.__module__ != "__main__"
