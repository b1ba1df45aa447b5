"""Several targets: what is asked of one is asked of each, on the rows where it is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from mlsys.dataset import Roles
from mlsys.errors import Finding

_SAID = "the target"


def findings_of_each(roles: Roles, find: Callable[[Roles], list[Finding]]) -> list[Finding]:
    """Return the findings about each target, with the target named where there are several.

    Parameters
    ----------
    roles : Roles
        Of one target or several.
    find : callable
        Returns the findings about the one target of the roles that it gets.

    Notes
    -----
    What is found alike for several targets is said once, and for every target, without their names.

    Examples
    --------
    >>> find = lambda roles: [Finding("LK204", "'x' predicts the target")] if roles.target == "a" else []
    >>> [each.message for each in findings_of_each(Roles.named(target=["a", "b"]), find)]
    ["'x' predicts the target 'a'"]
    """
    found = {str(each.target): find(each) for each in roles.each_target()}
    if len(found) <= 1:
        return next(iter(found.values()), [])
    owners: list[tuple[Finding, list[str]]] = []
    for target, findings in found.items():
        for each in findings:
            same = next((names for other, names in owners if other == each), None)
            if same is None:
                owners.append((each, [target]))
            else:
                same.append(target)
    return [each if len(names) == len(found) else _named(each, names) for each, names in owners]


def _named(finding: Finding, targets: Sequence[str]) -> Finding:
    said, named = finding.message, ", ".join(map(repr, targets))
    if len(targets) > 1 or (_SAID not in said and named not in said):
        message = f"{said} (target{'s' * (len(targets) > 1)} {named})"
    else:
        message = said if f"{_SAID} {named}" in said else said.replace(_SAID, f"{_SAID} {named}", 1)
    return replace(finding, message=message)


def known_in(frames: Mapping[str, pd.DataFrame], roles: Roles) -> dict[str, pd.DataFrame]:
    """Return the rows of each part where one of several targets is known; all rows where there is one target."""
    if len(roles.targets) <= 1:
        return dict(frames)
    return {name: _known(frame, str(roles.target)) for name, frame in frames.items()}


def _known(frame: pd.DataFrame, target: str) -> pd.DataFrame:
    if target not in frame.columns:
        return frame
    known = frame[target].notna()
    return frame if known.all() else frame[known]
