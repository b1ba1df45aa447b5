"""Study: Optuna behind a few verbs; it proposes, is told, and can be resumed from a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mlsys import folder
from mlsys.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    import optuna

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_OWN = "mlsys"


def need_optuna() -> None:
    """Raise if Optuna is not installed."""
    try:
        import optuna  # noqa: F401
    except ImportError as error:
        raise ConfigurationError("tune() needs the package optuna", 'run: pip install "mlsys[tune]"') from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold off what Optuna logs of every study."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def path_of(resume: str) -> Path:
    """Return the file of a study.

    Raises
    ------
    ConfigurationError
        If the name cannot be that of a file.
    """
    if not isinstance(resume, str) or not _NAME.fullmatch(resume):
        raise ConfigurationError(
            f"tune(resume={resume!r})", 'give the study a name of letters, digits, "-", "_" and ".": resume="flights"'
        )
    return folder.made("tuning") / f"{resume}.log"


def opened(
    *,
    name: str,
    greater_is_better: bool,
    seed: int,
    sampler: Any,
    pruner: Any,
    resume: str | None,
    about: Mapping[str, str],
) -> optuna.Study:
    """Return a new study, or one that goes on.

    Parameters
    ----------
    name : str
        Of the pipeline.
    greater_is_better : bool
        Of the metric.
    seed : int
        Of the sampler, unless one is given.
    sampler, pruner : object, optional
        Of Optuna.
    resume : str, optional
        Name of the file of the study; without one it lives in memory.
    about : mapping of str to str
        What must be the same when it is resumed, by name.

    Raises
    ------
    ConfigurationError
        If the study in the file searched something else.
    """
    import optuna

    with _quiet():
        study = optuna.create_study(
            storage=None if resume is None else _storage(path_of(resume)),
            study_name=name if resume is None else resume,
            load_if_exists=resume is not None,
            direction="maximize" if greater_is_better else "minimize",
            pruner=pruner,
        )
    before = study.user_attrs.get(_OWN)
    if before is None:
        study.set_user_attr(_OWN, dict(about))
    elif before != dict(about):
        other = " and ".join(each for each in about if before.get(each) != about[each])
        raise ConfigurationError(
            f"tune(resume={resume!r}) would go on with a study that has another {other}",
            f"give resume= another name, or remove {path_of(str(resume))}",
        )
    done = len(study.get_trials(deepcopy=False))
    study.sampler = optuna.samplers.TPESampler(seed=seed + done) if sampler is None else sampler
    return study


def _storage(path: Path) -> Any:
    """Return a storage in a file of lines of JSON, which several processes may append to."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    return JournalStorage(JournalFileBackend(str(path)))


def asked(study: Any) -> Any:
    """Return the next trial."""
    with _quiet():
        return study.ask()


def is_pruned(trial: Any, value: float, step: int) -> bool:
    """Tell the value of a trial so far, after a fold or some rounds; return whether Optuna would stop it."""
    trial.report(value, step)
    return bool(trial.should_prune())


def prunes(study: Any) -> bool:
    """Whether the pruner of a study may stop a trial, so that it is worth telling it of rounds."""
    import optuna

    return not isinstance(study.pruner, optuna.pruners.NopPruner)


def finish(study: Any, trial: Any, state: str, value: float | None) -> bool:
    """Tell how a trial ended: ``complete``, ``pruned`` or ``failed``; return whether the sampler has nothing left."""
    from optuna.trial import TrialState

    states = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}
    with _quiet():
        try:
            study.tell(trial, value if state == "complete" else None, state=states[state])
        except RuntimeError as error:  # a sampler of a grid stops the study, which Optuna allows its own loop alone
            if "Study.stop" not in str(error):
                raise
            return True
    return False


def usual_pruner(folds: int) -> Any:
    """Return a pruner that compares with the median of the trials before, where there are folds to stop after."""
    import optuna

    return optuna.pruners.MedianPruner() if folds > 1 else optuna.pruners.NopPruner()


def importances(study: Any, seed: int = 0) -> dict[str, float]:
    """Return the share of the spread of scores that each parameter explains; nothing where it cannot be told."""
    import optuna

    with _quiet():
        try:
            found = optuna.importance.get_param_importances(
                study, evaluator=optuna.importance.FanovaImportanceEvaluator(seed=seed)
            )
        except (ValueError, RuntimeError):  # fewer than two scores, all of them equal, or no parameter in all trials
            return {}
    return {str(name): float(value) for name, value in found.items()}
