"""The page of the docs: summaries, what others say, one line a case, every miss and false accusation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from leakbench.cases import CASES
from leakbench.halves import half, is_held
from leakbench.measured import FIRST
from leakbench.score import Score
from leakbench.summary import claims, families, halves, share
from measuring import table

LAYERS = {1: "refused or kept out", 2: "checks on the data", 3: "``audit_leakage()``", 4: "counted test openings"}
CHANGED = """\
* ``known-at-once-it-says``: the clean twin had no balance at all that was known in time; now it has those of earlier
  orders.
* The four cases of overlapping windows: their data held the day of settling as a feature of both twins.
* ``closing-date``: a date itself is refused by any model here, so the case makes a number of it, as a user then would.
* ``weights-chosen-on-test`` took the place of a threshold chosen on test predictions, which a run does not hand out.
* ``made-of-a-late-column`` was added; ``final-amount-read`` and ``target-means-in-a-function`` are kept out rather than
  refused, and the column that was made may be named in place of the one it was made of.
* ``entered-twice``, by hand: the twin's repeats are dropped, as a careful person would for libraries that get frames.
* Hours: more noise, since an honest temperature had an AUC of .84 alone. Trains: the wind was added, since two of 2,400
  rows met by chance in six digits.
* The limits were added, of which nothing is expected.
* ``discriminant-axis-before-the-split``: the twin's axis was fitted on the rows it then describes, which is a leak of
  its own; now it stands inside the model.
* Encodings that a function looks up: the column that it makes may be named in place of the step."""
HISTORY = """\
The guard was mended on the first round, so its figures are no forecast for other code. When all four layers first
stood, on 2026-11-25, it caught 70 of the 75, named the step in 41 of 63 and a column in 47 of 51, and accused 7 clean
twins: findings about parts did not name the split; a flipped target moved rows that resampling had drawn; near repeats
were seen in two columns that hang together; and a fitted selector, rows captured under another key, columns chosen by
the target in a function, and a column made of the label's source before the label went unseen."""


def page(scores: Sequence[Score], limits: Sequence[Score], others: str, real: str) -> str:
    """Return the page's text; ``others`` is what other libraries said when they were asked last."""
    told = [each for each in scores if not is_held(each.case.name)]
    return f"""\
{len(CASES)} leaks, each with a clean twin: {2 * len(CASES)} small pipelines (``benchmarks/leakbench/cases``). For
each leak it was written down beforehand which layer of the guard should see it, which step or columns it should name,
and what the docs said of such a leak then; of a clean twin nothing should be said.

* *Caught*: a layer accuses, by a refusal, by a finding of severity warning or error, or by the verdict *violated*, and
  does not accuse the twin of the same; or a column made of what must not be read is kept from the model, with the
  reason in ``run.features``.
* *Named*: caught, and one of the expected steps or columns is named, where there is one.
* *Hint*: a finding of severity information, or *not assessed*, that names an expected step or column.
* *Accused*: anything at all is held against a clean twin.

The cases of the first round were all mended on. Those of the second were written in the style of other people's
notebooks before a detector was written for them, and dealt by a hash of their name (``halves.py``): the *tuned* half
was looked at while detectors were written, the *held* half only measured. *First* is the first measurement of a case,
before any such detector ({FIRST.name}); *last* is that of this page.{_unmeasured(scores)}

{halves(scores)}

The held half, by family:

{families(scores, "held")}

The tuned half, by family:

{families(scores, "tuned")}

By what the docs said of such a leak when its case was written, second round:

{claims(scores)}

By layer, each counted by itself, although one would do:

{_by_layer(scores)}

{HISTORY}

Other libraries on the same cases
---------------------------------

{others}

Real data
---------

{real}

The innocent scripts have a page of their own: :doc:`innocent`.

Beyond the guard
----------------

Leaks of which no layer is expected to speak, so that nobody takes silence for proof:

{_limits(limits)}

Case by case
------------

*Expected* and *seen by* are layers. Cases of the held half are counted above and not told one by one, so that nobody
mends the guard on them.

{_cases(told)}

{_listed("Missed, or neither step nor column named", _misses(told))}

{_listed("Clean twins accused", _accused(told))}

{_listed("The audit was not asked", _unasked(told))}

Changed after the first measurement
-----------------------------------

Cases that were themselves wrong; no expectation was lowered because the guard missed it.

{CHANGED}
"""


def _unmeasured(scores: Sequence[Score]) -> str:
    """Say which cases this measurement left out."""
    names = {each.case.name for each in scores}
    left = Counter(half(case.name) for case in CASES if case.name not in names)
    if not left:
        return ""
    said = ", ".join(f"{count} of {name}" for name, count in left.items())
    return f"\nNot measured this time: {said}."


def _by_layer(scores: Sequence[Score]) -> str:
    rows = []
    for layer, name in LAYERS.items():
        expected = [each for each in scores if layer in each.case.expected.layers]
        unasked = sum(bool(each.leaky.unasked) for each in expected) if layer == 3 else 0
        note = f"; not asked in {unasked}" if unasked else ""
        rows.append([f"{layer}: {name}", share(layer in each.seen_by for each in expected) + note])
    return table(["layer", "seen, of those expected"], rows)


def _cases(scores: Sequence[Score]) -> str:
    marks = {True: "yes", False: "**no**", None: "-"}
    rows = [
        [
            f"``{each.case.name}``",
            each.case.means,
            ", ".join(map(str, each.case.expected.layers)),
            ", ".join(map(str, each.seen_by)) or "**none**",
            marks[each.step_right],
            marks[each.column_right],
            "**accused**" if each.accused else "clean",
        ]
        for each in scores
    ]
    return table(["case", "written as", "expected", "seen by", "step", "column", "twin"], rows)


def _limits(scores: Sequence[Score]) -> str:
    rows = []
    for each in scores:
        said = [one.said for one in (*each.leaky.accusations, *each.leaky.remarks)] or ["nothing"]
        rows.append([f"``{each.case.name}``", each.case.story, each.case.expected.reason, _short(said[0], 110)])
    return table(["case", "leak", "why", "said"], rows)


def _misses(scores: Sequence[Score]) -> list[str]:
    lines = []
    for each in scores:
        if each.named:
            continue
        wanted = each.case.expected
        named = f"step {' or '.join(wanted.steps) or '-'}, column {' or '.join(wanted.columns) or '-'}"
        spoken = [one.said for one in (*each.counted, *each.leaky.remarks)] or [each.leaky.crash or "nothing"]
        said = "; ".join(map(_short, spoken[:2]))
        where = ", ".join(map(str, wanted.layers))
        lines.append(
            f"* ``{each.case.name}`` ({each.case.claim}): {each.verdict}. Expected of layer {where}: {named}. "
            f"Said: {said}"
        )
    return lines


def _accused(scores: Sequence[Score]) -> list[str]:
    return [f"* ``{each.case.name}``: {'; '.join(map(_short, each.accused[:2]))}" for each in scores if each.accused]


def _unasked(scores: Sequence[Score]) -> list[str]:
    trials = [(each.case.name, twin, getattr(each, twin)) for each in scores for twin in ("leaky", "clean")]
    said = {f"* ``{name}``, {twin}: {_short(answer.unasked)}" for name, twin, answer in trials if answer.unasked}
    return sorted(said)


def _listed(title: str, lines: Sequence[str]) -> str:
    body = "\n".join(lines) if lines else "None."
    return f"{title}\n{'-' * len(title)}\n\n{body}"


def _short(text: str, most: int = 230) -> str:
    """Return the first line of a message, safe in reStructuredText."""
    line = text.splitlines()[0].replace("`", "'").replace("*", "\\*").replace("|", "\\|").replace("_", "\\_")
    return line if len(line) <= most else f"{line[: most - 3].rstrip()}..."
