"""The list of all benchmarks, and the index of their pages: what was measured when, on what, with which command."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from measuring import PAGES, peers, table

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Benchmark:
    """A script and the page that it writes.

    Parameters
    ----------
    script : str
        Its path below ``benchmarks``, without ``.py``.
    page : str or None
        The page below ``docs/benchmarks``; by default named as the script. None: figures are printed only.
    arguments : tuple of str
        Words that follow the script.
    data : dict of str to str
        Options that take a file or folder, and where it lies below the folder of data.
    others : tuple of str
        An option that takes a Python, and the packages that this Python must have.
    threads : int, optional
        ``OMP_NUM_THREADS``, where the figures depend on it.
    """

    script: str
    page: str | None = ""
    arguments: tuple[str, ...] = ()
    data: dict[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    threads: int | None = None

    @property
    def name(self) -> str:
        """The name of the script without its folder."""
        return self.script.rpartition("/")[2]

    @property
    def written(self) -> Path | None:
        """The page that it writes."""
        return None if self.page is None else PAGES / f"{self.page or self.name}.rst"

    def missing(self, data: Path | None) -> list[str]:
        """Return the files that are needed and absent."""
        return [place for place in self.data.values() if data is None or not (data / place).exists()]

    def commands(self, data: Path | None) -> Iterator[list[str]]:
        """Yield the command once; an environment with other packages stands while it is used."""
        given = [word for option, place in self.data.items() for word in (option, f"{data}/{place}")]
        command = [sys.executable, str(HERE / f"{self.script}.py"), *self.arguments, *given]
        if not self.others:
            yield command
            return
        option, *packages = self.others
        with peers(packages) as python:
            yield [*command, option, python]


SOURCES = {
    "evaluation/adult.data": "Adult, UCI data set 2",
    "evaluation": "Adult (UCI data set 2) and German credit (144, as ``german_credit.csv``)",
    "labeling": "the folders named on the page, with their sources",
    "drift": "Bike Sharing (UCI data set 275), ``elec2.csv`` and ``noaa_weather.csv`` (scikit-multiflow), "
    "``employment_MA_*.pq`` (NannyML)",
    "drift/elec2.csv": "Elec2 (scikit-multiflow)",
    "drift/bike_sharing_dataset.zip": "Bike Sharing, UCI data set 275",
}
"""What lies in the folder of data, and where it comes from."""

BENCHMARKS = (
    Benchmark("active_learning"),
    Benchmark("assumptions"),
    Benchmark("audit", threads=2),
    Benchmark("cache"),
    Benchmark("checked_csv", threads=1),
    Benchmark("cluster"),
    Benchmark("counts", others=("--peers", "fairlearn", "scikit-learn", "pandas")),
    Benchmark("coverage_of_intervals"),
    Benchmark("coverage_of_scores"),
    Benchmark("drift/dependent_rows", data={"--data": "drift"}, threads=1),
    Benchmark("drift/drift_peers"),
    Benchmark("drift/false_alarms_of_drift", threads=1),
    Benchmark("drift/injected", data={"--data": "drift"}, threads=1),
    Benchmark("estimators"),
    Benchmark("false_alarms", threads=1),
    Benchmark("faults", threads=1),
    Benchmark("features", threads=1),
    Benchmark(
        "find_slices",
        data={"--adult": "evaluation/adult.data"},
        others=("--others", "sliceline", "divexplorer", "scikit-learn", "pandas"),
    ),
    Benchmark("first_table", threads=1),
    Benchmark("flights"),
    Benchmark("flights_history"),
    Benchmark("flights_leakage_by_hand", page=None, threads=2),
    Benchmark("focal", page=None),
    Benchmark(
        "forecast",
        data={"--bikes": "drift/bike_sharing_dataset.zip"},
        others=("--others", "mlforecast", "skforecast", "statsmodels", "vega_datasets"),
    ),
    Benchmark("history"),
    Benchmark("honest_pipelines", threads=1),
    Benchmark("imbalance", data={"--data": "evaluation"}),
    Benchmark("innocent", threads=1),
    Benchmark("label_errors"),
    Benchmark("label_models", data={"--data": "labeling"}),
    Benchmark("large"),
    Benchmark("large_folder"),
    Benchmark("layer_two"),
    Benchmark("leakbench", threads=1),
    Benchmark("lines"),
    Benchmark("missing"),
    Benchmark("overhead"),
    Benchmark("performance_without_labels", data={"--data": "drift"}),
    Benchmark("price_of_leakage"),
    Benchmark("reading", threads=2),
    Benchmark("retraining", data={"--data": "drift/elec2.csv"}),
    Benchmark("sampling"),
    Benchmark("selection"),
    Benchmark("serving"),
    Benchmark("splits"),
    Benchmark("stale"),
    Benchmark("streams"),
    Benchmark("streams_of_losses"),
    Benchmark("test_in_production"),
    Benchmark("tuning"),
    Benchmark("wide"),
)
PARTS = {
    "all": "runs the others",
    "listed": "this list",
    "fits": "shared by flights.py",
    "measuring": "shared by the others",
    "flights_by_hand": "run by flights.py",
    "retraining_rules": "shared by retraining.py",
    "test_all": "run by make test-all",
}
"""Scripts beside them that are no benchmark, and why."""

HEAD = re.compile(
    r"(?:Measured|Counted) on (?P<date>\d{4}-\d\d-\d\d)(?: \((?P<machine>[^)]+)\)| on (?P<cores>\d+ cores))?"
    r" with\s+``(?P<command>[^`]+)``"
)
OPEN = re.compile(r"Not measured yet: ``(?P<command>[^`]+)``")


@dataclass(frozen=True)
class Page:
    """What the head of a page says."""

    title: str
    date: str
    machine: str
    command: str


def read_page(path: Path) -> Page:
    """Return what the page of a benchmark says of its measurement; a page that does not say it is an error."""
    text = path.read_text(encoding="utf-8")
    title, found, later = text.splitlines()[0], HEAD.search(text), OPEN.search(text)
    if later is not None:
        return Page(title, "not yet", "", later["command"])
    if found is None:
        raise ValueError(f"{path.name} does not say when it was measured, and with which command")
    machine = found["machine"] or found["cores"] or "any: nothing is timed"
    return Page(title, found["date"], machine, found["command"])


def index() -> str:
    """Return the table of all pages, as reStructuredText, from what the pages say of themselves."""
    rows = []
    for path in sorted(PAGES.glob("*.rst")):
        page = read_page(path)
        rows.append([f":doc:`{page.title} <benchmarks/{path.stem}>`", page.date, page.machine, f"``{page.command}``"])
    return table(["benchmark", "measured on", "machine", "command"], rows) + "\n"


def data_table() -> str:
    """Return the table of what benchmarks need beyond packages, as reStructuredText."""
    needed = {place for each in BENCHMARKS for place in each.data.values()}
    rows = []
    for place in sorted(needed):
        users = ", ".join(each.name for each in BENCHMARKS if place in each.data.values())
        rows.append([f"``{place}``", SOURCES[place], users])
    return table(["below FOLDER", "what it holds", "needed by"], rows) + "\n"
