"""What keeping results costs, and what it saves: the flight pipeline, and one frame of a million rows.

Run: ``python benchmarks/cache.py [pairs]``. Writes ``docs/benchmarks/cache.rst``.

A first run with an empty cache stands beside one without, in turn, each in a process and a folder of its own. In the
process with the cache the unchanged pipeline is then run again, and again with one step edited. Inputs are digested
anew in every run. Tracking is off; imports are not counted, but for the line that says so.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from measuring import ROOT, measure, ratios, spread, table, write_page

PAIRS = 3
ROWS = 1_000_000
EDITS = ("Impute", "Train", "Calibrate", "Evaluate", "DetectDrift")


def edited(pipeline, step: str):
    """The pipeline with one step in another configuration."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    from mlsys import Calibrate, DetectDrift, Evaluate, Impute, Train

    other = {
        "Impute": Impute(numeric="mean"),
        "Train": Train(HistGradientBoostingClassifier(max_leaf_nodes=15)),
        "Calibrate": Calibrate(method="isotonic"),
        "Evaluate": Evaluate(slices=["origin"]),
        "DetectDrift": DetectDrift(least_effect=0.2),
    }
    return pipeline.replace(**{step: other[step]})


def timed(pipeline, cache: bool):
    """Seconds of one run, and the run."""
    begin = time.perf_counter()
    run = pipeline.run(track=False, cache=cache, verbose=False)
    return time.perf_counter() - begin, run


def flights(cache: bool) -> None:
    """First run; with the cache also the second one, and one for each edited step."""
    import flight_delays
    from mlsys import folder

    first, run = timed(flight_delays.pipeline, cache)
    told = {"first": first, "digest": run.digest("train")}
    if cache:
        inputs = [flight_delays.flights_csv, flight_delays.planes_csv, flight_delays.weather_csv]
        kept = (folder.home() / "cache").rglob("*")
        told["input bytes"] = sum(path.stat().st_size for path in inputs)
        told["cache bytes"] = sum(path.stat().st_size for path in kept if path.is_file())
        told["second"], run = timed(flight_delays.pipeline, True)
        outcomes = set(run.cache_report()["outcome"])
        assert outcomes == {"hit"}, outcomes
        told["edits"] = {}
        for step in EDITS:
            seconds, run = timed(edited(flight_delays.pipeline, step), True)
            told["edits"][step] = {"rerun": seconds, "hits": int((run.cache_report()["outcome"] == "hit").sum())}
    else:
        told["steps"] = {}
        for step in EDITS:
            _, run = timed(edited(flight_delays.pipeline, step), False)
            names = run.steps["step"].tolist()
            told["steps"][step] = float(run.steps["seconds"].iloc[names.index(step) :].sum())
    print(json.dumps(told))


def again() -> None:
    """The unchanged run in a process of its own, on a cache that another process filled."""
    begin = time.perf_counter()
    import flight_delays

    imported = time.perf_counter() - begin
    seconds, run = timed(flight_delays.pipeline, True)
    outcomes = set(run.cache_report()["outcome"])
    assert outcomes == {"hit"}, outcomes
    print(json.dumps({"imports": imported, "run": seconds}))


def one_frame() -> None:
    """Digest of a frame, and a hit, against sorting, grouping and ranking it."""
    import numpy as np
    import pandas as pd

    from mlsys import Reshape
    from mlsys.cache import Cache, Made
    from mlsys.engines import LocalEngine
    from mlsys.tables import Table, identified, identify

    generator = np.random.default_rng(0)
    frame = pd.DataFrame({
        "a": generator.normal(size=ROWS), "b": generator.normal(size=ROWS), "c": generator.integers(0, 1_000, ROWS),
        "d": generator.integers(0, ROWS, ROWS), "e": generator.choice(["aa", "bbb", "cccc", "ddddd"], ROWS),
    })  # fmt: skip

    class Sorted(Reshape):
        """The work."""

        def reshape(self, frame):
            ordered = pd.DataFrame(frame).sort_values("a")
            return ordered.assign(mean=ordered.groupby("c")["b"].transform("mean"), rank=ordered["d"].rank())

    step = Sorted()
    table = identified(LocalEngine().hold(None, frame))

    def work() -> Made:
        return Made({"all": table.like(step.reshape(frame))})

    def found() -> Table:
        return Cache({"Sorted": step}, "one frame").run("Sorted", "", {"all": table}, {}, work, work).tables["all"]

    found()
    told: dict[str, list[float]] = {"work": [], "digest": [], "hit": []}
    for _ in range(9):
        begin = time.perf_counter()
        step.reshape(frame)
        told["work"].append(time.perf_counter() - begin)
        begin = time.perf_counter()
        identify(frame)
        told["digest"].append(time.perf_counter() - begin)
        begin = time.perf_counter()
        hit = found()
        told["hit"].append(time.perf_counter() - begin)
        assert not hit.is_loaded
    print(json.dumps(told))


def _child(call: str) -> list[str]:
    path = f"import sys; sys.path[:0] = [{str(ROOT / 'benchmarks')!r}, {str(ROOT / 'examples')!r}]"
    return [sys.executable, "-c", f"{path}; import cache; cache.{call}"]


def _told(call: str, **variables: str) -> dict:
    begin = time.perf_counter()
    told = json.loads(measure(_child(call), **variables).output.splitlines()[-1])
    print(f"  {call}: {time.perf_counter() - begin:.1f} s", file=sys.stderr)
    return told


def main(pairs: int) -> None:
    """Measure and write the page."""
    cached, plain, cold = [], [], []
    for _ in range(pairs):
        with tempfile.TemporaryDirectory() as place:
            filled = _told("flights(True)", MLSYS_FOLDER=str(Path(place) / "filled"))
            bare = _told("flights(False)", MLSYS_FOLDER=str(Path(place) / "bare"))
            other = _told("again()", MLSYS_FOLDER=str(Path(place) / "filled"))
            assert not os.path.exists(Path(place) / "bare"), "a run without a cache left a file"
        assert filled["digest"] == bare["digest"]
        cached.append(filled)
        plain.append(bare)
        cold.append(other)
    frame = _told("one_frame()")
    first, without = [each["first"] for each in cached], [each["first"] for each in plain]
    second = [each["second"] for each in cached]
    rows = [
        ["first run, cache on against off", spread(first), spread(without), ratios(first, without), "at most 1.10"],
        ["unchanged run, same process", spread(second, 3), spread(first), ratios(first, second), "at least 20"],
        ["unchanged run, process of its own", spread([each["run"] for each in cold], 3), spread(first),
         ratios(first, [each["run"] for each in cold]), "stated"],
        ["the same with its imports", spread([each["run"] + each["imports"] for each in cold]), spread(first),
         ratios(first, [each["run"] + each["imports"] for each in cold]), "stated"],
    ]  # fmt: skip
    for step in EDITS:
        rerun = [each["edits"][step]["rerun"] for each in cached]
        needed = [each["steps"][step] for each in plain]
        rows.append([f"{step} edited, rerun", spread(rerun), spread(needed), ratios(rerun, needed), "at most 1.1"])
    parts = [
        [name, *(spread([1000 * each for each in frame[of]], 1) for of in (name, "work")),
         ratios(frame["work"], frame[name]), reach]
        for name, reach in (("digest", "at least 20"), ("hit", "at least 50"))
    ]  # fmt: skip
    kept, read = cached[0]["cache bytes"] / 1e6, cached[0]["input bytes"] / 1e6
    text = f"""The flight pipeline, {pairs} turns, 2 threads: median and range; ratios are pair by pair.
The second column is what the first is compared with: the run without a cache, the first run, or the edited step and
all that follows it in a run without a cache.

{table(["what", "seconds", "beside", "ratio", "to reach"], rows)}

The cache then holds {kept:.1f} MB; the files that the pipeline reads have {read:.1f} MB (the flights are zipped), so
{kept / read:.2f} times as much (to reach: at most 2).

A frame of {ROWS:,} rows and 5 columns, beside sorting it, a mean by group and a rank, in milliseconds. A hit takes the
step's fingerprint and finds its result; rows are read, or made again where that is cheaper, when somebody asks.

{table(["what", "ms", "the work, ms", "work / this", "to reach"], parts)}

{chr(10).join(__doc__.strip().splitlines()[-3:])}
"""
    write_page("cache", "What the cache costs and saves", "python benchmarks/cache.py", text)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS)
