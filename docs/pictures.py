"""Pictures of what mlsys shows, in light and dark, wide and on a phone.

Run: ``python docs/pictures.py FOLDER``; with names only those surfaces are drawn. Needs Chromium (``chromium``).
Each surface is a function here that returns a page of HTML; its pictures are ``<name>-<theme>-<width>.png``.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Evaluate, Pipeline, RandomSplit, Run, Train

WIDTHS = {"wide": (1100, 1400), "phone": (390, 1400)}
THEMES = {"light": "1", "dark": "0"}
"""What Chromium calls the schemes that a page may ask for."""
SURFACES: dict[str, Callable[[], str]] = {}


def surface(make: Callable[[], str]) -> Callable[[], str]:
    """Have a surface drawn under the name of its function."""
    SURFACES[make.__name__] = make
    return make


def shown(something: object) -> str:
    """Return what a notebook shows of an object, on a page of its own."""
    page: str = something._repr_html_()  # type: ignore[attr-defined]
    return (
        "<!doctype html><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        "<style>@media (prefers-color-scheme:dark){body{background:#111}}</style>" + page
    )


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
def leakage() -> str:
    """What the four layers say."""
    return shown(american().leakage)


@surface
def evaluation() -> str:
    """A result."""
    return shown(american().evaluation)


@surface
def comparison() -> str:
    """Two runs beside one another."""
    frame = cars().assign(american=lambda rows: rows["Origin"] == "USA").drop(columns="Origin")
    runs = {
        "all": american(),
        "cylinders": Pipeline(
            [RandomSplit(), Train(LogisticRegression(), features=["Cylinders"]), Evaluate()], target="american"
        ).run(frame, track=False, verbose=False),
    }
    return shown(mlsys.compare(runs))


def main() -> None:
    """Draw the surfaces that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", choices=[[], *SURFACES], help="surfaces; all when not given")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in options.names or SURFACES:
        for path in draw(name, SURFACES[name](), options.folder):
            print(path)


if __name__ == "__main__":
    main()
