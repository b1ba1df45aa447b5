"""Tests in production: the error rates that they state, measured on simulations with known truth.

Run: ``python benchmarks/test_in_production.py``. ``--runs 100`` is for a first look. Writes
``docs/benchmarks/test_in_production.rst``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from measuring import table, write_page
from mlsys import (
    UCB1,
    ABTest,
    Canary,
    EpsilonGreedy,
    ThompsonSampling,
    compare_rankings,
    interleave,
    ips,
    replay,
    snips,
)
from mlsys.errors import DataError
from mlsys.summaries.wilson import wilson

DAYS = 30
FEWEST = 30
"""Rows of each arm from which a fixed test is looked at."""
CHANCES = {"blue": 0.10, "green": 0.12, "red": 0.15, "white": 0.11}
Draw = Callable[[np.random.Generator, int], np.ndarray]
OUTCOMES: dict[str, Draw] = {
    "share of 50 %": lambda rng, n: (rng.random(n) < 0.5).astype(float),
    "share of 10 %": lambda rng, n: (rng.random(n) < 0.1).astype(float),
    "share of 1 %": lambda rng, n: (rng.random(n) < 0.01).astype(float),
    "normal": lambda rng, n: rng.normal(10, 1, n),
    "exponential": lambda rng, n: rng.exponential(1, n),
    "money: 5 % buy, lognormal": lambda rng, n: (rng.random(n) < 0.05) * rng.lognormal(3, 1.5, n),
}
TEXT = """
Every line simulates tests whose truth is known and counts how often the result was wrong (or right, for power and
coverage). Intervals are Wilson's, for the number of simulations.

A/B tests, looked at every day
------------------------------

Both arms alike, {rows:,} rows over {days} days, one look a day; the smallest effect that matters is a tenth of a
standard deviation. *Sequential*: how often any look finds a difference; 5 % is promised. *z-test, peeked*: what happens
when a test for one look is looked at every day, from 30 rows of each arm on. *z-test, once*: the same test at the end.
*Fixed, once*: ``ABTest(sequential=False)``.

{alike}

The sequential test stays below 5 % because the promise holds for any number of looks, and these are 30. Rows of skewed
values and a small arm would be trouble: variances of a small arm are never taken to be smaller than those of both arms.

Power, and rows until the decision
----------------------------------

A share of 10 %, smallest effect 2 percentage points, 20 looks over the planned rows. *Rows used*: on average until the
decision, as a share of the rows that the fixed test needs.

{power}

Arms of the wrong size
----------------------

{mismatch}

Canary
------

Failures of both models rise from 1 to 2 % while the share grows over 1, 5, 25 and 100 %; 2,000 requests between looks,
40 looks; 0.5 percentage points are tolerated over all traffic.

{canary}

Interleaving
------------

1,000 decided queries, looked at after each.

{interleaving}

Bandits
-------

Four arms with mean rewards of 10, 12, 15 and 11 %; the regret is what always the best arm would have brought beyond it,
in rewards; means of {plays} plays.

{regret}

Logs
----

The mean reward of a policy (green and red with one half each; truth 0.135), from logs of 2,000 choices with chances of
.4, .1, .2 and .3; replays of logs at random. *Log refused*: its arms were not as often as it says, at p below .001,
which one honest log in 1,000 comes to.

{logs}
"""


@dataclass(frozen=True)
class Counted:
    """How often something happened."""

    hits: int
    runs: int

    def __str__(self) -> str:
        lower, upper = wilson(self.hits, self.runs)
        return f"{self.hits / self.runs:.1%} [{lower:.1%}, {upper:.1%}]"


def outcomes(rng: np.random.Generator, draw: Draw, n: int, share: float) -> pd.DataFrame:
    arm = np.where(rng.random(n) < share, "challenger", "champion")
    return pd.DataFrame({"arm": arm, "y": draw(rng, n), "day": np.arange(n) * DAYS // n})


def peeked_fixed(rows: pd.DataFrame) -> tuple[bool, bool]:
    """Return whether Welch's test, or the z-test, finds a difference on any day, and on the last."""
    days = rows.groupby(["day", "arm"])["y"].agg(["size", "sum", lambda y: (y**2).sum()])
    days.columns = ["n", "sum", "squares"]
    whole = days.unstack(fill_value=0).cumsum()
    n, total, squares = (whole[name] for name in ("n", "sum", "squares"))
    variance = ((squares / n - (total / n) ** 2) / n).sum(axis=1)
    z = ((total / n)["challenger"] - (total / n)["champion"]) / np.sqrt(variance)
    found = ((z.abs() > 1.96) & (n.min(axis=1) >= FEWEST)).to_numpy()
    return bool(found.any()), bool(found[-1])


def alike(runs: int, rows: int) -> str:
    lines = []
    for name, draw in OUTCOMES.items():
        spread = float(draw(np.random.default_rng(9), 400_000).std())
        for share in (0.5, 0.05):
            test = ABTest("y", minimum_effect=0.1 * spread, share=share)
            once = ABTest("y", minimum_effect=0.1 * spread, spread=spread, share=share, sequential=False)
            wrong = np.zeros(4, dtype=int)
            for seed in range(runs):
                frame = outcomes(np.random.default_rng((1, seed)), draw, rows, share)
                looks = test.analyse(frame, time="day").tables["looks"]
                wrong[0] += bool(((looks["lower"] > 0) | (looks["upper"] < 0)).any())
                wrong[1:3] += peeked_fixed(frame)
                wrong[3] += once.analyse(frame.drop(columns="day")).p < 0.05
            lines.append((name, f"{share:.0%}", *(Counted(int(each), runs) for each in wrong)))
    header = ["outcome", "challenger's share", "sequential", "z-test, peeked", "z-test, once", "fixed, once"]
    return table(header, lines)


def power(runs: int) -> str:
    lines = []
    plan = ABTest("y", 0.02, baseline=0.1)
    for effect in (0.02, 0.04, 0.0):
        for sequential in (True, False):
            test = ABTest("y", 0.02, baseline=0.1, sequential=sequential)
            size = test.sample_size()
            found, covered, used = 0, 0, []
            for seed in range(runs):
                rng = np.random.default_rng((2, seed))
                rows = outcomes(rng, OUTCOMES["share of 10 %"], size.total, 0.5)
                more = (rows["arm"] == "challenger").to_numpy()
                rows["y"] = (rng.random(len(rows)) < 0.1 + effect * more).astype(float)
                looks = test.analyse(rows, time="day").tables["looks"]
                reached = ((looks["lower"] > 0) | (looks["upper"] < 0) | (looks["upper"] < 0.02)).to_numpy()
                ended = int(reached.argmax()) if sequential and reached.any() else len(looks) - 1
                found += bool((looks["lower"] > 0).any())
                covered += bool(((looks["lower"] <= effect) & (effect <= looks["upper"])).all())
                used.append(looks["rows"].iloc[ended] / plan.sample_size().fixed)
            lines.append((f"{effect:.0%}", "sequential" if sequential else "fixed", f"{size.total:,}",
                          Counted(found, runs), Counted(covered, runs), f"{np.mean(used):.0%}"))  # fmt: skip
    head = ["true effect", "test", "planned rows", "challenger found better", "interval holds the truth", "rows used"]
    return table(head, lines)


def mismatch(runs: int) -> str:
    lines = []
    test = ABTest("y", 0.02)
    for real in (0.5, 0.49, 0.48, 0.45):
        refused = 0
        for seed in range(runs):
            rows = outcomes(np.random.default_rng((3, seed)), OUTCOMES["share of 10 %"], 20_000, real)
            refused += test.analyse(rows, time="day").verdict == "refused"
        lines.append((f"{real:.0%}", Counted(refused, runs)))
    return table(["real share (50 % planned, 20,000 rows)", "refused on some day"], lines)


def rolled_out(seed: int, harm: float, looks: int = 40, each: int = 2_000) -> tuple[float, int]:
    """Return the last share that the challenger had, and the requests that it answered."""
    canary, rng = Canary({"failed": 0.005}), np.random.default_rng((4, seed))
    share, so_far, answered = canary.steps[0], [], 0
    for look in range(looks):
        challenger = rng.random(each) < share
        failed = rng.random(each) < 0.01 + 0.01 * look / looks + harm * challenger
        arm = np.where(challenger, "challenger", "champion")
        so_far.append(pd.DataFrame({"arm": arm, "share": share, "failed": failed}))
        answered += int(challenger.sum())
        share = canary.decide(pd.concat(so_far, ignore_index=True)).next_share
        if share in (0.0, 1.0):
            break
    return share, answered


def canaries(runs: int) -> str:
    lines = []
    for harm in (-0.005, 0.0, 0.0025, 0.006, 0.02, 0.1):
        ends = [rolled_out(seed, harm) for seed in range(runs)]
        shares = np.array([share for share, _ in ends])
        lines.append((f"{100 * harm:+.2f} points", Counted(int((shares == 0).sum()), runs),
                      Counted(int((shares == 1).sum()), runs), f"{np.median([n for _, n in ends]):,.0f}"))  # fmt: skip
    return table(["challenger fails more by", "rolled back", "reached all traffic", "its requests until then"], lines)


def interleaving(runs: int) -> str:
    lines = []
    for chance in (0.5, 0.55, 0.6):
        found = 0
        for seed in range(runs):
            wins = np.random.default_rng((5, seed)).random(1_000) < chance
            found += compare_rankings(pd.DataFrame({"champion": ~wins, "challenger": wins})).p < 0.05
        lines.append((f"{chance:.0%}", Counted(found, runs)))
    clicks = np.zeros(2)
    for seed in range(runs):
        shown = interleave(range(10), range(9, -1, -1), seed=seed)
        chosen = np.random.default_rng((6, seed)).choice(10, 3, replace=False)
        clicks += list(shown.credit([shown.items[place] for place in chosen]).values())
    lines.append(("clicks at random: credit of the challenger", f"{clicks[1] / clicks.sum():.1%}"))
    return table(["queries that the challenger wins", "a preference is found"], lines)


def regret(plays: int, choices: int) -> str:
    arms, best = list(CHANCES), max(CHANCES.values())
    lines = []
    makers = {
        "ThompsonSampling": lambda seed: ThompsonSampling(arms, seed=seed),
        "EpsilonGreedy, epsilon=0.1": lambda seed: EpsilonGreedy(arms, seed=seed),
        "UCB1": lambda seed: UCB1(arms, seed=seed),
        "UCB1, exploration=0.2": lambda seed: UCB1(arms, seed=seed, exploration=0.2),
    }
    for name, make in makers.items():
        lost = np.zeros((plays, choices))
        for seed in range(plays):
            policy, rng = make(seed), np.random.default_rng((7, seed))
            for turn in range(choices):
                arm = policy.choose().arm
                policy.update(arm, rng.random() < CHANCES[arm])
                lost[seed, turn] = best - CHANCES[arm]
        so_far = lost.cumsum(axis=1).mean(axis=0)
        lines.append((name, *(f"{so_far[at - 1]:.1f}" for at in (choices // 10, choices))))
    uniform = best - float(np.mean(list(CHANCES.values())))
    lines.append(("all arms alike", *(f"{uniform * at:.1f}" for at in (choices // 10, choices))))
    return table(["policy", f"regret after {choices // 10:,}", f"after {choices:,}"], lines)


def logs(runs: int) -> str:
    logged = dict(zip(CHANCES, (0.4, 0.1, 0.2, 0.3), strict=True))
    lines = []
    for name in ("ips", "snips", "replay"):
        truth, values, held = 0.135 if name != "replay" else float(np.mean(list(CHANCES.values()))), [], 0
        refused = 0
        for seed in range(runs):
            rng = np.random.default_rng((8, seed))
            chances = logged if name != "replay" else dict.fromkeys(CHANCES, 0.25)
            log = pd.DataFrame({"arm": rng.choice(list(chances), 2_000, p=list(chances.values()))})
            log["probability"] = log["arm"].map(chances)
            log["reward"] = rng.random(2_000) < log["arm"].map(CHANCES)
            target = {"green": 0.5, "red": 0.5}
            try:
                if name == "replay":
                    found = replay(log, EpsilonGreedy(list(CHANCES), epsilon=1, seed=seed))
                else:
                    found = {"ips": ips, "snips": snips}[name](log, target)
            except DataError:  # the arms of about one log in 1,000 differ more than chance explains at p = .001
                refused += 1
                continue
            values.append(found.value)
            held += found.lower <= truth <= found.upper
        error = np.std(values) / np.sqrt(len(values))
        lines.append((name, f"{np.mean(values) - truth:+.5f} ± {1.96 * error:.5f}", f"{np.std(values):.4f}",
                      Counted(held, len(values)), Counted(refused, runs)))  # fmt: skip
    names = ["estimate", "bias", "standard deviation", "interval holds the truth (95 % promised)", "log refused"]
    return table(names, lines)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--runs", type=int, default=1_000)
    given = asked.parse_args()
    runs, rows, plays = given.runs, 6_000, max(3, given.runs // 50)
    text = TEXT.format(
        rows=rows, days=DAYS, plays=plays, alike=alike(runs, rows), power=power(runs), mismatch=mismatch(runs),
        canary=canaries(max(20, runs // 4)), interleaving=interleaving(runs), regret=regret(plays, 2_000),
        logs=logs(runs),
    )  # fmt: skip
    asked_for = "" if runs == asked.get_default("runs") else f" --runs {runs}"
    command = f"python benchmarks/test_in_production.py{asked_for}"
    write_page("test_in_production", "Tests in production", command, text)


if __name__ == "__main__":
    main()
