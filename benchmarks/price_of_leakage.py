"""What leaks would seem to gain on the flights: the same pipeline under a random split, and with a late column.

Run: ``python benchmarks/price_of_leakage.py``. Writes ``docs/benchmarks/price_of_leakage.rst``.
"""

from __future__ import annotations

import json
import sys

from measuring import ROOT, measure, table, write_page


def with_mlsys() -> None:
    """Run three pipelines; the last line is JSON."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    import flight_delays
    from mlsys import Pipeline, RandomSplit

    plain: Pipeline = flight_delays.pipeline.replace(Calibrate=None, DetectDrift=None)
    source = plain["ReadCSV"]
    declared = {column: moment for column, moment in source.known_at.items() if column != "dep_delay"}
    unstopped = plain.replace(Train=HistGradientBoostingClassifier(early_stopping=False))
    everything = unstopped.rebuilt([planned.step for planned in unstopped.steps], exclude=["time_hour"])
    pipelines = {
        "honest": plain,
        "random split": plain.replace(TimeSplit=RandomSplit()),
        "all columns": everything,
        "all columns, random split": everything.replace(TimeSplit=RandomSplit()),
        "dep_delay": plain.replace(ReadCSV=source.with_(known_at=declared)),
    }
    found = {}
    for name, pipeline in pipelines.items():
        final = pipeline.run(track=False).final_test()
        row = final.metrics.query("part == 'test' and model == 'model' and slice == 'all' and metric == 'roc_auc'")
        area, lower, upper = row[["value", "lower", "upper"]].iloc[0]
        found[name] = [area, lower, upper, dict(final.card.lines)["leakage"]]
    print(json.dumps(found))


def main() -> None:
    """Measure both sides and write the page."""
    path = f"import sys; sys.path[:0] = [{str(ROOT / 'benchmarks')!r}, {str(ROOT / 'examples')!r}]"
    mine = measure([sys.executable, "-c", f"{path}; import price_of_leakage; price_of_leakage.with_mlsys()"])
    hand = measure([sys.executable, str(ROOT / "benchmarks" / "flights_leakage_by_hand.py")])
    found, by_hand = (json.loads(each.output.splitlines()[-1]) for each in (mine, hand))
    names = {
        "honest": ("split by time, declared", ""),
        "random split": ("the same under a random split", ""),
        "all columns": ("split by time, all columns, no early stopping", "time"),
        "all columns, random split": ("the same under a random split", "random_split"),
        "dep_delay": ("split by time, ``dep_delay`` not declared", "departure_delay"),
    }
    rows = [
        [shown, f"{area:.3f} [{lower:.3f}, {upper:.3f}]", verdict, f"{by_hand[other]:.3f}" if other else ""]
        for (shown, other), (area, lower, upper, verdict) in ((names[name], values) for name, values in found.items())
    ]
    text = f"""All 336,776 flights, the pipeline of ``examples/flight_delays.py`` without calibration, judged by its
test rows. By hand: all columns, without early stopping (``benchmarks/flights_leakage_by_hand.py``).

{table(["what", "test ROC AUC", "leakage verdict", "by hand"], rows)}

A random split lets the model see other flights of the day it is judged on; with the day of the month, and without
early stopping on the latest training rows, it can learn which they are. The verdict cannot know that this is not
wanted, since the pipeline asks for it; the gain is what the model would fail to deliver. The delay at departure is
known only after the flight has left: kept out where it is declared, and named where the declaration is left out.
"""
    write_page("price_of_leakage", "The price of leakage on the flights", "python benchmarks/price_of_leakage.py", text)


if __name__ == "__main__":
    main()
