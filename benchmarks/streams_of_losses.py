"""Detectors on streams of losses: false alarms before a change, and delay after it, beside river's.

Run: ``python benchmarks/streams_of_losses.py`` (about 2 minutes); ``--river PYTHON`` names an environment that has
river, which is made and removed otherwise. Writes ``docs/benchmarks/streams_of_losses.rst``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from drift.friedman import friedman, prediction_errors
from measuring import peers, table, write_page
from mlsys import LossDetector

RIVER = "river==0.26.1"
RIVALS = Path(__file__).parent / "drift" / "rivers_detectors.py"
EVERY = 500
Alarms = list[list[int]]
Stream = np.ndarray
TEXT = """
*Alarm before*: share of streams with an alarm before the change, with a 95 % interval (Wilson). *Missed*: share of
streams without an alarm after it. *Delay*: losses from the change to the first alarm after it; median over all streams,
where a missed change takes for ever. Two dummies show what these figures alone are worth: one never alarms, one after
every {every} losses. river's detectors ({river}) have their defaults, and see the same losses. Only the library's are
told, or learn from a reference, what the loss is before the change; river's know nothing, and find falls as well.

*Regression whose relation changes at once* (FriedmanDrift, global recurring abrupt; Ikonomovska, Gama and Džeroski
2011; own generator, checked against river's). {trials:,} streams: least squares on squares and products of ten features
learn from 1,000 rows, the target of the detector from the absolute errors of 1,000 others, then 2,500 rows come before
and 2,500 after the change. With ``mean_time_between_false_alarms=62_500`` the probability of an alarm within 2,500 rows
is at most 4 % by theory, and the learned target is too small for 1 % of references: 5 % in all. ``false_alarm=0.04``
promises that for any number of rows; it alarms once, so that a change after a false alarm is missed.

{friedman}

*Errors of a classifier that rise from 20 to 30 %* after 5,000 rows; 5,000 follow. {streams:,} streams. *Given*:
``LossDetector(target=0.2, tolerance=0.02, mean_time_between_false_alarms=10_000)`` unless another rate is named;
*learned*: ``LossDetector.fit`` on 2,000 other rows, without a tolerance. With a mean time of 10,000, a stream of 5,000
may have an alarm with a probability of up to 50 %; the bets lose on average while errors are at 20 %, which is below
22 %, so that there are fewer.

{errors}

*Cost*: {rate:.1f} million losses a second of CPU for ``LossDetector`` given arrays of 5,000.
"""


def wilson(found: float, of: int) -> str:
    """Share with its interval."""
    share, z = found / of, 1.96
    middle, width = share + z**2 / (2 * of), z * np.sqrt(share * (1 - share) / of + z**2 / (4 * of**2))
    return f"{share:.1%} [{max((middle - width) / (1 + z**2 / of), 0):.1%}, {(middle + width) / (1 + z**2 / of):.1%}]"


def line(name: str, alarms: Alarms, change: int) -> list[str]:
    """Return what a detector's alarms on all streams come to."""
    before = sum(any(at <= change for at in found) for found in alarms)
    delays = np.array([min((at - change for at in found if at > change), default=np.inf) for found in alarms])
    middle = np.median(delays)
    return [name, wilson(before, len(alarms)), f"{np.isinf(delays).mean():.1%}",
            f"{middle:,.0f}" if np.isfinite(middle) else "never"]  # fmt: skip


def ours(streams: Stream, made: Callable[[int], LossDetector]) -> Alarms:
    """Alarms of the library's detectors."""
    found = []
    for number, losses in enumerate(streams):
        found.append([alarm.at for alarm in made(number).update(losses)])
    return found


def alarms_of(python: str, streams: Stream, names: list[str], script: Path = RIVALS) -> dict[str, Alarms]:
    """Alarms of another library's detectors, river's unless another script is named."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "streams.npy"
        np.save(file, streams.astype(np.float64))
        said = subprocess.run([python, script, file, *names], check=True, capture_output=True, text=True).stdout
    return dict(json.loads(said))


def compared(mine: dict[str, Alarms], python: str, streams: Stream, change: int, names: list[str]) -> str:
    """Return the table of all detectors on streams."""
    dummies = {"never": [[]] * len(streams),
               f"every {EVERY}": [list(range(EVERY, streams.shape[1], EVERY))] * len(streams)}  # fmt: skip
    rows = [
        line(name, alarms, change) for name, alarms in {**mine, **alarms_of(python, streams, names), **dummies}.items()
    ]
    return table(["detector", "alarm before", "missed", "delay"], rows)


def of_friedman(trials: int, python: str) -> str:
    """Detectors on the errors of a regression whose relation changes."""
    subprocess.run([python, RIVALS, "--check"], check=True, input=json.dumps(friedman_values()), text=True)
    made = [prediction_errors(np.random.default_rng([1, trial])) for trial in range(trials)]
    references, streams = np.array([each[0] for each in made]), np.array([each[1] for each in made])

    def detector(trial: int, **rate: float) -> LossDetector:
        return LossDetector.fit(references[trial], **rate)

    mine = {
        "LossDetector, mean time 62,500": ours(
            streams, lambda trial: detector(trial, mean_time_between_false_alarms=62_500)
        ),
        "LossDetector, false_alarm=0.04": ours(streams, lambda trial: detector(trial, false_alarm=0.04)),
    }
    return compared(mine, python, streams, 2_500, ["ADWIN", "PageHinkley"])


def friedman_values() -> dict[str, list]:
    """Rows and the noiseless target of the generator, to be checked against river's."""
    x = np.random.default_rng(0).random((200, 10))
    return {"x": x.tolist(), "before": friedman(x, False).tolist(), "after": friedman(x, True).tolist()}


def of_errors(many: int, python: str) -> tuple[str, float]:
    """Detectors on errors that rise from 20 to 30 %, and the million losses a second of the library's."""
    rng = np.random.default_rng(2)
    streams = np.hstack([rng.random((many, 5_000)) < 0.2, rng.random((many, 5_000)) < 0.3])
    references = rng.random((many, 2_000)) < 0.2
    begin = time.process_time()
    given = ours(streams, lambda _: LossDetector(target=0.2, tolerance=0.02, mean_time_between_false_alarms=10_000))
    rate = streams.size / (time.process_time() - begin) / 1e6
    mine = {
        "LossDetector, given": given,
        "LossDetector, given, mean time 100,000": ours(
            streams, lambda _: LossDetector(target=0.2, tolerance=0.02, mean_time_between_false_alarms=100_000)
        ),
        "LossDetector, learned": ours(
            streams, lambda stream: LossDetector.fit(references[stream], mean_time_between_false_alarms=10_000)
        ),
        "LossDetector, given, false_alarm=0.05": ours(
            streams, lambda _: LossDetector(target=0.2, tolerance=0.02, false_alarm=0.05)
        ),
    }
    return compared(mine, python, streams, 5_000, ["ADWIN", "PageHinkley", "DDM", "HDDM_A"]), rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--river", help="a Python that has river")
    parser.add_argument("--trials", type=int, default=1_000, help="streams of the regression")
    parser.add_argument("--streams", type=int, default=400, help="streams of the classifier")
    asked = parser.parse_args()
    with peers([RIVER], asked.river) as python:
        friedmans = of_friedman(asked.trials, python)
        errors, rate = of_errors(asked.streams, python)
    text = TEXT.format(friedman=friedmans, errors=errors, rate=rate, trials=asked.trials, streams=asked.streams,
                       every=EVERY, river=RIVER.replace("==", " "))  # fmt: skip
    write_page("streams_of_losses", "Streams of losses beside river", "python benchmarks/streams_of_losses.py", text)


if __name__ == "__main__":
    main()
