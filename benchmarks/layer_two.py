"""What the checks on the data cost that every run makes: the flight pipeline with and without them, paired.

Run: ``python benchmarks/layer_two.py [pairs]``. Writes ``docs/benchmarks/layer_two.rst``.

Without: the checks are replaced by functions that do nothing. The share is measured in the runs with them, as processor
seconds of each check over those of the whole run. Tracking and cache are off, so nothing is spared.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from measuring import ROOT, in_turn, ratios, spread, table, write_page

PAIRS = 5
REACH = 5.0
CHECKS: dict[str, tuple[str, tuple[str, ...], Callable[..., Any]]] = {
    "rows alone against rows among others (LK201, LK202)": ("row_local_finding", ("observe",), lambda *_, **__: None),
    "what steps hold: the walk (LK220 to LK222)": ("holders", ("runner",), lambda *_: nobody()),
    "what steps hold: the comparison": ("compare_held_data", ("parting", "runner"), lambda *given: given[3]),
    "rows that know each other, encodings (LK227 to LK232)": (
        "look_for_dependence",
        ("runner",),
        lambda *given: given[1],
    ),
    "all others": ("look_for_leaks", ("parting",), lambda *given: given[2]),
}
"""Function, the modules of execution that call it, and what stands in its place."""


def nobody() -> Any:
    """Return that no step holds anything."""
    from mlsys.execution.held_data import Holders

    return Holders()


INSIDE = {
    "power of single features (LK204)": "feature_power",
    "columns, pairs, words against the target (LK206, LK209, LK223 to LK225)": "target_findings",
    "ids as features (LK207)": "identifier_findings",
    "dates as features (LK208)": "date_findings",
    "ids, groups, times (LK210 to LK212, LK216)": "overlap_findings",
    "equal rows (LK213, LK215)": "repeat_findings",
    "near rows: numbers (LK214)": "near_findings",
    "near rows: text (LK214)": "near_text_findings",
    "training against judged rows (LK217)": "difference_findings",
}


def timed(module: Any, name: str, seconds: dict[str, float]) -> None:
    """Add the processor seconds of a module's function to a table, whenever it is called."""
    function: Callable[..., Any] = getattr(module, name)

    def timing(*arguments: Any, **keywords: Any) -> Any:
        begin = time.process_time()
        try:
            return function(*arguments, **keywords)
        finally:
            seconds[name] = seconds.get(name, 0.0) + time.process_time() - begin

    setattr(module, name, timing)


def with_checks(on: bool) -> None:
    """Run the flight pipeline; the last line is JSON."""
    from importlib import import_module

    import flight_delays
    from mlsys.execution import checks

    seconds: dict[str, float] = {}
    for name, modules, nothing in CHECKS.values():
        for module in (import_module(f"mlsys.execution.{each}") for each in modules):
            if on:
                timed(module, name, seconds)
            else:
                setattr(module, name, nothing)
    for name in INSIDE.values():
        timed(checks, name, seconds)
    begin, used = time.perf_counter(), time.process_time()
    run = flight_delays.pipeline.run(track=False, cache=False)
    whole = {"wall": time.perf_counter() - begin, "cpu": time.process_time() - used}
    print(run, *run.findings, sep="\n")
    print(json.dumps({**whole, **seconds}))


def main(pairs: int) -> None:
    """Measure both in turn and write the page."""
    path = f"import sys; sys.path[:0] = [{str(ROOT / 'benchmarks')!r}, {str(ROOT / 'examples')!r}]"
    found = in_turn(
        {
            name: [sys.executable, "-c", f"{path}; import layer_two; layer_two.with_checks({name == 'with'})"]
            for name in ("with", "without")
        },
        pairs,
        threads=1,
    )
    last = {name: [json.loads(each.output.splitlines()[-1]) for each in runs] for name, runs in found.items()}
    mine, without = last["with"], last["without"]
    runs = [
        ["wall seconds of run()", spread([m["wall"] for m in mine]), spread([m["wall"] for m in without]),
         ratios([m["wall"] for m in mine], [m["wall"] for m in without])],
        ["processor seconds of run()", spread([m["cpu"] for m in mine]), spread([m["cpu"] for m in without]),
         ratios([m["cpu"] for m in mine], [m["cpu"] for m in without])],
    ]  # fmt: skip
    outer = {what: [m.get(name, 0.0) for m in mine] for what, (name, *_) in CHECKS.items()}
    shares = [100 * sum(parts) / m["cpu"] for *parts, m in zip(*outer.values(), mine, strict=True)]
    inner = {what: [m.get(name, 0.0) for m in mine] for what, name in INSIDE.items()}
    lines = [[what, spread(values, 3)] for what, values in outer.items()]
    lines += [[f"of these: {what}", spread(values, 3)] for what, values in inner.items()]
    text = f"""Every run looks for leakage on the data (:doc:`/findings/index`) before anything learns. The flight
pipeline of ``examples/flight_delays.py``, 336,776 rows, tracking and cache off, with these checks and with functions
that do nothing in their place; {pairs} pairs of processes in turn, one thread, medians with minimum and maximum. Single
runs differ by more than the checks cost, so the share is taken inside the runs: processor seconds of the checks over
those of the run.

Share of the run: **{spread(shares, 1)} %** (to reach: under {REACH:g} %).

{table(["", "with", "without", "with / without"], [["wall seconds of run()", *runs[0][1:]], runs[1]])}

{table(["check", "processor seconds"], lines)}
"""
    write_page("layer_two", "Checks on the data", "python benchmarks/layer_two.py", text)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS)
