"""The first use of a SQLite database: MLflow's tables are created beside it and renamed when complete."""

from __future__ import annotations

import hashlib
import os
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

from mlsys.errors import TrackingError
from mlsys.tracking.locks import held_at_home
from mlsys.unfinished import beside

LOCKS = "locks"
_VERSION = "alembic_version"


def made_whole(uri: str) -> None:
    """Create the database of an address if there is none; a process that is killed meanwhile leaves none.

    Raises
    ------
    TrackingError
        If another process is creating it and does not finish.
    OSError
        If its folder cannot be written.
    """
    path = _file(uri)
    if path is None or not _is_missing(path):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # One process at a time for thrift: several would be safe, as the first to be done gives the name.
    name = hashlib.sha256(str(path).encode()).hexdigest()[:16]
    with held_at_home(LOCKS, name, f"{path.name} cannot be created"):
        if _is_missing(path):  # still: another process may have made it meanwhile
            _make(path)


def _file(uri: str) -> Path | None:
    """Return the file of a database; ``None`` for other stores and databases in memory."""
    if not uri.startswith("sqlite:"):
        return None
    from sqlalchemy.engine import make_url

    name = make_url(uri).database
    return None if not name or name.startswith((":memory:", "file:")) else Path(name).absolute()


def _is_missing(path: Path) -> bool:
    """Whether the file is missing, or empty as SQLite leaves it when killed at once."""
    try:
        return path.stat().st_size == 0 and path.is_file()
    except FileNotFoundError:
        return True


def _make(path: Path) -> None:
    with beside(path) as making:
        making.touch(mode=0o644)  # says at once that the folder cannot be written; MLflow tries for long
        _write_tables(making)
        _give_name(making, path)


def _write_tables(path: Path) -> None:
    from mlflow.store.db.utils import _initialize_tables, create_sqlalchemy_engine

    engine = create_sqlalchemy_engine(f"sqlite:///{path}")  # type: ignore[no-untyped-call]
    try:
        _initialize_tables(engine)  # type: ignore[no-untyped-call]
    finally:
        engine.dispose()


def _give_name(making: Path, path: Path) -> None:
    """Rename a file unless the name is taken by now: processes with another mlsys folder use another lock."""
    if path.exists() and _is_missing(path):  # empty
        making.replace(path)
        return
    try:
        os.link(making, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        if _is_missing(path):
            making.replace(path)


def half_made(uri: str) -> TrackingError | None:
    """Return problem and remedy for a database that MLflow could not open because its tables are missing or changed.

    MLflow leaves such a database when it is killed while it creates or upgrades the tables; so does another version.
    """
    path = _file(uri)
    if path is None:
        return None
    from mlflow.store.db.utils import _get_latest_schema_revision

    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=1.0)) as database:
            tables = {name for (name,) in database.execute("select name from sqlite_master where type = 'table'")}
            versions = database.execute("select version_num from alembic_version") if _VERSION in tables else ()
            if not tables or [(_get_latest_schema_revision(),)] == list(versions):  # type: ignore[no-untyped-call]
                return None
            runs = database.execute("select count(*) from runs").fetchone()[0] if "runs" in tables else 0
    except sqlite3.Error:  # busy, or no database at all, which MLflow says itself
        return None
    if not tables & {_VERSION, "experiments"}:  # another program's
        return None
    return _of_another_version(path, runs) if runs else _without_runs(path)


def _without_runs(path: Path) -> TrackingError:
    return TrackingError(
        f"the database {path} is incomplete: a process ended while MLflow created its tables; it holds no runs",
        f"remove it (rm {shlex.quote(str(path))}), unless another program is creating it now; then mlsys.sync()",
    )


def _of_another_version(path: Path, runs: int) -> TrackingError:
    upgrade = f"mlflow db upgrade {shlex.quote(f'sqlite:///{path}')}"
    return TrackingError(
        f"the database {path} holds {runs:,} run{'s' if runs > 1 else ''}, and its tables do not match this "
        "MLflow: another version created them, or a process was interrupted while it upgraded them",
        f"copy the file, then upgrade it ({upgrade}); if that fails, use the copy with the MLflow version that "
        "created it, or set MLFLOW_TRACKING_URI to another store; then mlsys.sync()",
    )
