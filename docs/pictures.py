"""Pictures of what mlsys shows, in light and dark, wide and on a phone.

Run: ``python docs/pictures.py FOLDER``; with names only those surfaces are drawn. ``python docs/pictures.py --static``
makes the pictures of the landing page and of the page on friendliness anew. Needs Chromium (``chromium``).
Each surface is a function here that returns a page of HTML; its pictures are ``<name>-<theme>-<width>.png``.
"""

from __future__ import annotations

import argparse
import linecache
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from PIL import Image, ImageChops
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import (
    Evaluate,
    Impute,
    LogUniform,
    Monitor,
    OneHot,
    Pipeline,
    RandomSplit,
    Run,
    Standardize,
    TimeSplit,
    Train,
)
from mlsys.drift.monitor import Check
from mlsys.errors import LeakageError
from mlsys.notebooks.raised import told
from mlsys.outcome.comparing import Comparison
from mlsys.pages import Page, Picture, document
from mlsys.run.registering import Registration

matplotlib.use("agg")

WIDTHS = {"wide": (1100, 1400), "phone": (390, 1400)}
STATIC = Path(__file__).parent / "_static"
THEMES = {"light": "1", "dark": "0"}
"""What Chromium calls the schemes that a page may ask for."""
LATE = 1979
"""Cars of later years are held against those up to this one."""
SURFACES: dict[str, Callable[[], str]] = {}


def surface(make: Callable[[], str]) -> Callable[[], str]:
    """Have a surface drawn under the name of its function."""
    SURFACES[make.__name__] = make
    return make


def shown(something: object) -> str:
    """Return what a notebook shows of an object, on a page of its own."""
    page: str = something.html() if isinstance(something, Page) else something._repr_html_()  # type: ignore[attr-defined]
    return (
        "<!doctype html><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        "<style>@media (prefers-color-scheme:dark){body{background:#111}}</style>" + page
    )


def drawn(*axes: Axes) -> str:
    """Return pictures of matplotlib on a page of their own."""
    pictures = []
    for ax in axes:
        with BytesIO() as kept:
            ax.figure.savefig(kept, format="png", dpi=110)
            pictures.append(Picture(kept.getvalue(), "a picture"))
    return document("pictures", [("", Page(pictures))])


def draw(name: str, page: str, folder: Path) -> list[Path]:
    """Draw a page in both themes and both widths."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("no Chromium is installed; on Debian: apt install chromium")
    made = []
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "page.html").write_text(page, encoding="utf-8")
        for theme, scheme in THEMES.items():
            for width, (across, down) in WIDTHS.items():
                made.append(folder / f"{name}-{theme}-{width}.png")
                subprocess.run(
                    [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                     f"--user-data-dir={place}/user", f"--blink-settings=preferredColorScheme={scheme}",
                     f"--window-size={across},{down}", f"--screenshot={made[-1]}", f"file://{place}/page.html"],
                    check=True, capture_output=True, timeout=60,
                )  # fmt: skip
    return made


def cars() -> pd.DataFrame:
    """Return the table of the README's six lines."""
    from vega_datasets import data

    return data.cars()


def american() -> Run:
    """Run the README's pipeline."""
    frame = cars().assign(american=lambda rows: rows["Origin"] == "USA").drop(columns="Origin")
    return Pipeline([RandomSplit(), Train(LogisticRegression()), Evaluate()], target="american", name="cars").run(
        frame, track=False, verbose=False
    )


def flights() -> Run:
    """Run a pipeline with roles, decision time, a late column and seasons on made-up flights."""
    rng = np.random.default_rng(0)
    n = 6_000
    departs = pd.Timestamp("2013-01-01") + pd.to_timedelta(np.sort(rng.uniform(0, 300, n)), "D")
    frame = pd.DataFrame({
        "flight": [f"F{place:05d}" for place in range(n)],
        "departs": departs,
        "carrier": rng.choice(["UA", "B6", "EV", "DL", "AA"], n, p=[0.3, 0.25, 0.2, 0.15, 0.1]),
        "seats": rng.choice([50, 140, 180, 200], n),
        "distance": rng.lognormal(6.5, 0.7, n).round(),
        "temp": 50 - 25 * np.cos(2 * np.pi * departs.day_of_year.to_numpy() / 365) + rng.normal(0, 8, n),
        "visib": np.where(rng.random(n) < 0.1, np.nan, np.minimum(10, rng.gamma(20, 0.6, n))),
        "night": rng.random(n) < 0.2,
    })  # fmt: skip
    frame["arrived"] = frame["departs"] + pd.Timedelta("3h")
    frame["dep_delay"] = rng.normal(5, 20, n) + 10 * (frame["visib"] < 9)
    frame["late"] = frame["dep_delay"] + rng.normal(0, 8, n) > 15
    pipeline = Pipeline(
        [TimeSplit(validation=0.2, test=0.2), Impute(), OneHot(["carrier"]), Standardize(),
         Train(LogisticRegression()), Evaluate()],
        target="late", time="departs", decide_at="1h before departs", id="flight", exclude=["night"],
        known_at={"dep_delay": "arrived", "arrived": "arrived"}, name="flights",
    )  # fmt: skip
    return pipeline.run(frame, track=False, verbose=False)


@surface
def card() -> str:
    """The card of a first run."""
    return shown(american())


@surface
def leaking_card() -> str:
    """The card of a run with a column that tells the target."""
    frame = cars().assign(american=lambda rows: rows["Origin"] == "USA")
    run = Pipeline([RandomSplit(), Train(LogisticRegression()), Evaluate()], target="american", name="cars").run(
        frame, track=False, verbose=False
    )
    return shown(run)


@surface
def plan() -> str:
    """The plan of a pipeline."""
    return shown(american().pipeline.plan())


@surface
def flow() -> str:
    """The plan of a pipeline with a source, a decision time and a label."""
    pipeline = flights().pipeline
    return shown(pipeline.plan())


@surface
def columns() -> str:
    """The columns of a run, with roles, a late column, an encoded one and drift."""
    return shown(flights().columns)


@surface
def look() -> str:
    """The columns of a table without a pipeline."""
    frame = cars().assign(american=lambda rows: rows["Origin"] == "USA")
    return shown(mlsys.look(frame, target="american"))


@surface
def leakage() -> str:
    """What the four layers say."""
    return shown(american().leakage)


@surface
def evaluation() -> str:
    """A result."""
    return shown(american().evaluation)


def two_runs() -> Comparison:
    """Compare the README's run with one on a single column."""
    frame = cars().assign(american=lambda rows: rows["Origin"] == "USA").drop(columns="Origin")
    one_column = Train(LogisticRegression(), features=["Cylinders"])
    fewer = Pipeline([RandomSplit(), one_column, Evaluate()], target="american").run(frame, track=False, verbose=False)
    return mlsys.compare({"all": american(), "cylinders": fewer})


@surface
def comparison() -> str:
    """Two runs beside one another."""
    return shown(two_runs())


@surface
def comparison_plot() -> str:
    """The paired difference against zero."""
    return drawn(two_runs().plot())


@surface
def gate() -> str:
    """A gate that said no."""
    terms = pd.DataFrame(
        [("no leakage", "not observed", "pass"), ("roc_auc lower end >= 0.999", "0.955", "no")],
        columns=["term", "value", "verdict"],
    )
    return shown(Registration("cars", None, None, terms))


def moved() -> tuple[Monitor, Check]:
    """Watch cars, and check those of later years."""
    frame = cars().drop(columns="Name")
    late = frame["Year"].dt.year > LATE
    monitor = Monitor.fit(frame[~late].drop(columns="Year"))
    return monitor, monitor.check(frame[late].drop(columns="Year"))


@surface
def monitor() -> str:
    """What a monitor watches."""
    return shown(moved()[0])


@surface
def drift() -> str:
    """A check of later rows."""
    return shown(moved()[1])


@surface
def drift_plot() -> str:
    """How far columns moved, and the bar of each."""
    return drawn(moved()[1].plot())


@surface
def evaluation_plots() -> str:
    """Pictures of an evaluation, by kind."""
    evaluation = american().evaluation
    kinds = ("scores", "reliability", "roc", "precision_recall", "confusion")
    return drawn(*(evaluation.plot(kind=kind) for kind in kinds))


@surface
def ablation() -> str:
    """What each feature is worth."""
    frame = cars().assign(american=lambda rows: rows["Origin"] == "USA").drop(columns=["Origin", "Name"])
    pipeline = Pipeline([RandomSplit(), Train(LogisticRegression()), Evaluate()], target="american", name="cars")
    return shown(pipeline.ablate(data=frame, cache=False, verbose=False))


@surface
def tuning() -> str:
    """What a search over a pipeline found."""
    frame = cars().assign(american=lambda rows: rows["Origin"] == "USA").drop(columns=["Origin", "Name"])
    pipeline = Pipeline([RandomSplit(), Train(LogisticRegression())], target="american", name="cars")
    space = {"Train.estimator__C": LogUniform(1e-4, 10)}
    return shown(pipeline.tune(space, frame, trials=12, track=False, cache=False, verbose=False))


@surface
def price() -> str:
    """What a leak would pretend."""
    frame = cars().assign(american=lambda rows: rows["Origin"] == "USA").drop(columns=["Origin", "Name"])
    pipeline = Pipeline([RandomSplit(), Train(LogisticRegression()), Evaluate()], target="american", name="cars")
    return shown(pipeline.price_of_leakage(data=frame, verbose=False))


@surface
def findings() -> str:
    """Findings and reports of a run with a column that tells the target."""
    frame = cars().assign(american=lambda rows: rows["Origin"] == "USA")
    run = Pipeline([RandomSplit(), Train(LogisticRegression())], target="american").run(
        frame, track=False, verbose=False
    )
    return shown(run.findings) + run.reports._repr_html_()


@surface
def preview() -> str:
    """A few rows after each step."""
    return shown(american().pipeline.preview(cars().assign(american=lambda rows: rows["Origin"] == "USA")))


@surface
def variants() -> str:
    """Pipelines that differ in a step."""
    return shown(american().pipeline.variants(plain={}, weak={"Train": Train(LogisticRegression(C=0.01))}))


@surface
def error() -> str:
    """An order of steps that is refused, as a notebook shows it."""
    cell = (
        "from mlsys import Pipeline, RandomSplit, Standardize\n\n"
        'pipeline = Pipeline([Standardize(), RandomSplit()], target="american")\n'
    )
    linecache.cache["Cell In[3]"] = (len(cell), None, cell.splitlines(keepends=True), "Cell In[3]")
    try:
        exec(compile(cell, "Cell In[3]", "exec"), {})
    except LeakageError as refused:
        assert refused.__traceback__ is not None
        page = told(refused.with_traceback(refused.__traceback__.tb_next))  # from the cell on
    assert page is not None
    return shown(page)


def landing() -> str:
    """The card of the lines on the landing page."""
    frame = load_breast_cancer(as_frame=True).frame
    return shown(Pipeline([HistGradientBoostingClassifier()], target="target").run(frame, track=False, verbose=False))


IN_THE_DOCS: dict[str, tuple[Callable[[], str], tuple[str, ...]]] = {
    "card": (landing, ("light", "dark")),
    "columns": (columns, ("dark",)),
    "flow": (flow, ("light",)),
    "drift": (drift, ("light",)),
    "error": (error, ("dark",)),
}
"""Pictures that pages of the documentation show, and in which themes."""


def static() -> list[Path]:
    """Make the pictures of the documentation: cut to what is shown, in few colours, a few kilobytes each."""
    made = []
    with tempfile.TemporaryDirectory() as place:
        for name, (make, themes) in IN_THE_DOCS.items():
            for path in draw(name, make(), Path(place)):
                _, theme, width = path.stem.split("-")
                if width == "wide" and theme in themes:
                    made.append(STATIC / f"{name}_{theme}.png")
                    cut(path).quantize(64).save(made[-1], optimize=True)
    return made


def cut(path: Path) -> Image.Image:
    """Return a picture without the empty ground around what it shows."""
    with Image.open(path) as image:
        whole = image.convert("RGB")
    ground = Image.new("RGB", whole.size, whole.getpixel((whole.width - 1, whole.height - 1)))
    return whole.crop(ImageChops.difference(whole, ground).getbbox())


def main() -> None:
    """Draw the surfaces that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("names", nargs="*", choices=[[], *SURFACES], help="surfaces; all when not given")
    parser.add_argument("--static", action="store_true", help="the pictures in the documentation alone")
    options = parser.parse_args()
    if options.static:
        print(*static(), sep="\n")
        return
    if options.folder is None:
        parser.error("name a folder, or --static")
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in options.names or SURFACES:
        for path in draw(name, SURFACES[name](), options.folder):
            print(path)


if __name__ == "__main__":
    main()
