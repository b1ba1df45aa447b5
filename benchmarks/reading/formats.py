"""One table in row-major and column-major formats: a column, a row, a change; ``formats.py FOLDER``."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parent.parent))
from measuring import table
from mlsys import ReadCSV, ReadJSON, ReadParquet, ReadSQL, Source


def seconds(work: Callable[[], Any]) -> float:
    """Return the least of three times by the processors' clock."""
    taken = []
    for _ in range(3):
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return min(taken)


def in_words(taken: float) -> str:
    """Return a time in a unit that fits."""
    return f"{taken:.2f} s" if taken >= 0.1 else f"{taken * 1000:.1f} ms"  # noqa: PLR2004


def mean_of(source: Source) -> float:
    """Return the mean of one column."""
    mean: float = source.read()["x0"].mean()
    return mean


def changed_database(file: Path) -> None:
    """Change one row in a transaction."""
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE rows SET x0 = 0 WHERE id = 77777")


def changed_file(file: Path, row: int) -> None:
    """Change one line of a text file, which is copied."""
    made = file.with_suffix(".made")
    with open(file, "rb") as lines, open(made, "wb") as out:
        for place, line in enumerate(lines):
            out.write(line.replace(b"7", b"8") if place == row else line)
    made.unlink()


def changed_parquet(file: Path) -> None:
    """Change one value of a Parquet file, which is written again."""
    rows = pq.read_table(file)
    values = rows.column("x0").to_pandas()
    values[77_777] = 0.0
    made = file.with_suffix(".made")
    pq.write_table(rows.set_column(rows.column_names.index("x0"), "x0", pa.array(values)), made, compression="zstd")
    made.unlink()


def main(folder: Path) -> None:
    """Print the table."""
    copy = folder / "changed.db"
    shutil.copyfile(folder / "rows.db", copy)
    database = f"sqlite:///{folder}/rows.db"
    row, one = [("id", "==", 77_777)], "SELECT * FROM rows WHERE id = :id"
    jobs: dict[str, tuple[str, Callable[[], Any], Callable[[], Any], Callable[[], Any]]] = {
        "CSV, by rows": ("rows.csv",
            partial(mean_of, ReadCSV(str(folder / "rows.csv"), columns=["x0"])),
            ReadCSV(str(folder / "rows.csv"), where=row).read,
            lambda: changed_file(folder / "rows.csv", 77_778)),
        "JSON lines, by rows": ("rows.jsonl",
            partial(mean_of, ReadJSON(str(folder / "rows.jsonl"), columns=["x0"])),
            ReadJSON(str(folder / "rows.jsonl"), where=row).read,
            lambda: changed_file(folder / "rows.jsonl", 77_777)),
        "SQLite, by rows": ("rows.db",
            ReadSQL(database, "SELECT avg(x0) AS x0 FROM rows").read,
            ReadSQL(database, one, {"id": 77_777}).read,
            lambda: changed_database(copy)),
        "Parquet, by columns": ("rows.parquet",
            partial(mean_of, ReadParquet(str(folder / "rows.parquet"), columns=["x0"])),
            ReadParquet(str(folder / "rows.parquet"), where=row).read,
            lambda: changed_parquet(folder / "rows.parquet")),
    }  # fmt: skip
    rows = []
    for name, (file, *works) in jobs.items():
        size = (folder / file).stat().st_size / 2**20
        rows.append([name, f"{size:,.0f} MiB", *(in_words(seconds(work)) for work in works)])
    print(table(["format", "size", "the mean of one column", "one row by its id", "a change of one row"], rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
