"""What other libraries say of the same cases, as a section of the page that is kept between two askings."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path

from leakbench.asked_elsewhere import PEERS, Told
from leakbench.cases import CASES
from measuring import table

Answers = Mapping[str, Mapping[str, Told]]
"""By library, by trial."""

KEPT = Path(__file__).with_name("others.rst")
"""The section, as it was when they were asked last."""


def others(answers: Answers, versions: Mapping[str, str]) -> str:
    """Return the section."""
    return f"""\
Asked on {datetime.date.today():%Y-%m-%d}, of {len(CASES)} cases.

Each in an environment of its own, with the newest versions that import together. They are given what the case comes to
by hand: the rows after everything that is done before the split, and the parts. *Not asked*: the case has no words in
the library, or it ended with an error. *Told apart*: the leak is accused and its twin is not.

{_others(answers, versions)}

What each is given, and what counts:

{_given(answers)}

Leaks told apart from their twins, by family:

{_families(answers)}
"""


def _others(others: Answers, versions: Mapping[str, str]) -> str:
    rows = []
    for peer in PEERS:
        told = others.get(peer.name)
        if told is None:
            continue
        pairs = [(told.get(f"{case.name}.leaky"), told.get(f"{case.name}.clean")) for case in CASES]
        rows.append(
            [
                f"{peer.name} {versions[peer.name]}",
                str(sum(leaky is None or not leaky.asked for leaky, _ in pairs)),
                f"{sum(bool(leaky and leaky.accuses) for leaky, _ in pairs)} of {len(CASES)}",
                f"{sum(_apart(told, case.name) for case in CASES)} of {len(CASES)}",
                f"{sum(bool(clean and clean.accuses) for _, clean in pairs)} of {len(CASES)}",
            ]
        )
    return table(["library", "leaks not asked", "caught", "told apart", "twins accused"], rows)


def _apart(told: Mapping[str, Told], name: str) -> bool:
    leaky, clean = told.get(f"{name}.leaky"), told.get(f"{name}.clean")
    return bool(leaky and leaky.accuses) and not (clean and clean.accuses)


def _given(others: Answers) -> str:
    lines = []
    for peer in PEERS:
        if peer.name in others:
            bounds = [each for each in peer.packages if "<" in each]
            held = f" Held back so that it imports: {', '.join(bounds)}." if bounds else ""
            told = others[peer.name]
            beside = f"{held}{_aside(told)}{_wrongly(told)}"
            lines.append(f"* {peer.name}: {peer.given}. Counts: {peer.counts}.{beside}")
    return "\n".join(lines)


def _aside(told: Mapping[str, Told]) -> str:
    """Say how often something milder was said, which is not counted."""
    spoken = [name for name, each in told.items() if each.asked and each.why]
    leaky, clean = (sum(name.endswith(twin) for name in spoken) for twin in (".leaky", ".clean"))
    return f" A milder remark, not counted, is made on {leaky} leaks and {clean} clean twins." if spoken else ""


def _wrongly(told: Mapping[str, Told]) -> str:
    """Name the clean twins that are accused."""
    names = sorted(
        f"``{name.removesuffix('.clean')}``" for name, each in told.items() if name.endswith(".clean") and each.accuses
    )
    return f" Accuses the twins of {', '.join(names)}." if names else ""


def _families(others: Answers) -> str:
    names = [peer.name for peer in PEERS if peer.name in others]
    rows = []
    for family in dict.fromkeys(case.family for case in CASES):
        here = [case.name for case in CASES if case.family == family]
        apart = [str(sum(_apart(others[name], each) for each in here)) for name in names]
        rows.append([family, str(len(here)), *apart])
    return table(["family", "pairs", *names], rows)
