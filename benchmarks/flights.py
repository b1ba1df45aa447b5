"""The flight pipeline through mlsys against the same work by hand: paired, threads pinned, tracking off.

Run: ``python benchmarks/flights.py [pairs]``. Writes ``docs/benchmarks/flights.rst``.

Both sides read the same files, join, label, split, encode, train, calibrate by cross-fitting, judge with intervals
beside baselines and by slice on September and on October to December, and look for drift. mlsys does the rest of what
it does on every run as well: it checks for leakage, watches what steps read and builds the model that would be served.
"""

from __future__ import annotations

import json
import resource
import sys
import time

from measuring import ROOT, in_turn, ratios, spread, table, write_page

PAIRS = 5


def with_mlsys() -> None:
    """Do the job; the last line is JSON as of flights_by_hand.py."""
    import flight_delays

    begin = time.perf_counter()
    run = flight_delays.pipeline.run(track=False, cache=False)
    final = run.final_test()
    seconds = time.perf_counter() - begin
    print(run, final, sep="\n\n")
    area = {name: auc(judged) for name, judged in (("validation_auc", run), ("test_auc", final))}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**area, "rows": run.rows, "seconds": round(seconds, 2), "peak_mib": round(peak)}))


def auc(run) -> float:
    """The headline of a run's model."""
    scores = run.metrics.query("model == 'model' and slice == 'all' and metric == 'roc_auc' and part != 'train'")
    return float(scores["value"].iloc[0])


def main(pairs: int) -> None:
    """Measure both in turn and write the page."""
    path = f"import sys; sys.path[:0] = [{str(ROOT / 'benchmarks')!r}, {str(ROOT / 'examples')!r}]"
    found = in_turn(
        {
            "mlsys": [sys.executable, "-c", f"{path}; import fits; fits.watched('flights', 'with_mlsys')"],
            "by hand": [sys.executable, "-c", f"{path}; import fits; fits.watched('flights_by_hand', 'main')"],
        },
        pairs,
    )
    last = {
        name: [json.loads(line) | json.loads(fits) for line, fits in (each.output.splitlines()[-2:] for each in runs)]
        for name, runs in found.items()
    }
    beside = {name: [each["seconds"] - each["fits"] for each in told] for name, told in last.items()}
    mine, hand = found["mlsys"], found["by hand"]
    rows = [
        ["wall seconds, whole process", spread([m.wall for m in mine]), spread([m.wall for m in hand]),
         ratios([m.wall for m in mine], [m.wall for m in hand]), "1.10"],
        ["wall seconds after imports", spread([m["seconds"] for m in last["mlsys"]]),
         spread([m["seconds"] for m in last["by hand"]]),
         ratios([m["seconds"] for m in last["mlsys"]], [m["seconds"] for m in last["by hand"]]), "1.10"],
        ["of these, outside the fits of the booster", spread(beside["mlsys"]), spread(beside["by hand"]),
         ratios(beside["mlsys"], beside["by hand"]), ""],
        ["trees, which early stopping decides", *(str(last[side][0]["trees"]) for side in ("mlsys", "by hand")),
         f"{last['mlsys'][0]['trees'] / last['by hand'][0]['trees']:.2f}", ""],
        ["processor seconds", spread([m.cpu for m in mine]), spread([m.cpu for m in hand]),
         ratios([m.cpu for m in mine], [m.cpu for m in hand]), ""],
        ["peak memory, MiB", spread([m.peak for m in mine], 0), spread([m.peak for m in hand], 0),
         ratios([m.peak for m in mine], [m.peak for m in hand]), "1.50"],
        *([f"{part} ROC AUC", *(f"{last[side][0][f'{part}_auc']:.4f}" for side in ("mlsys", "by hand")),
           f"{last['mlsys'][0][f'{part}_auc'] - last['by hand'][0][f'{part}_auc']:+.4f} (difference)", reach]
          for part, reach in (("validation", ""), ("test", "-0.0020"))),
    ]  # fmt: skip
    text = f"""336,776 flights, {pairs} pairs in turn after a warm-up, 2 threads on each side, tracking off, no cache:
median and range. The ratio is taken pair by pair.

{table(["what", "mlsys", "by hand", "ratio", "to reach"], rows)}

Codes of the target go by time in the library, and over folds by hand, so early stopping ends at other numbers of trees.
The library's early stopping watches the latest training rows, and the booster is then fitted a second time, on all of
them, with the number of trees that was found: half of its fits, which the work by hand leaves out. What is beside the
fits says what the library itself costs.
Outside the fits, most of the difference are the checks for leakage.

{__doc__.strip().splitlines()[-3]}
{__doc__.strip().splitlines()[-2]}
{__doc__.strip().splitlines()[-1]}
"""
    write_page(
        "flights", "The flight pipeline against plain pandas and scikit-learn", "python benchmarks/flights.py", text
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS)
