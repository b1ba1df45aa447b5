"""Secrets and rows stay where they are: everything that is written, printed and shown is searched for them."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import stat
import struct
import subprocess
import threading
import urllib.parse
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from mlsys import DetectDrift, Evaluate, History, Impute, Join, OneHot, Past, Pipeline, Train

from .forks import Forks

SCRIPT = Path(__file__).parent / "secrets_job.py"
PLANTED = {
    "field": "fi3ld pa/ss+w\u00f6rd",
    "bytes": "by7es-of-a-sink",
    "user": "us3r-of-the-url",
    "password": "p4ss:of@the-url",
    "query": "qu3ry/token==",
    "variable": "v4riable-of-the-environment",
    "database": "d4tabase-password",
    "tracking": "tr4cking-password",
    "served": "s3rved-password",
    "pat": "p4t-of-the-environment",
    "connection": "c0nnection-password",
    "token": "t0ken-in-a-field",
}


IN_ROWS = {"name": "Zebulon Quackenbush", "mail": "z.quackenbush@rows.invalid", "number": 918273.645}


def forms(secret: str) -> set[bytes]:
    """Every way in which a secret may be written down."""
    raw = secret.encode()
    texts = {secret, urllib.parse.quote(secret), urllib.parse.quote(secret, safe=""), urllib.parse.quote_plus(secret)}
    texts |= {json.dumps(secret)[1:-1], repr(raw)[2:-1], raw.hex(), raw.hex().upper()}
    texts |= {base64.b64encode(raw).decode().rstrip("="), base64.urlsafe_b64encode(raw).decode().rstrip("=")}
    return {text.encode() for text in texts}


def found_in(content: bytes) -> set[str]:
    """Names of the planted secrets that stand in some bytes."""
    return {name for name, secret in PLANTED.items() if any(form in content for form in forms(secret))}


def contents(path: Path) -> Iterator[bytes]:
    """A file as it is, and unpacked where it is packed."""
    raw = path.read_bytes()
    yield raw
    if raw[:4] == b"PAR1":
        table = pq.read_table(path)
        yield f"{table.schema.metadata} {table.to_pydict()}".encode()
    if raw[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            yield from (packed.read(name) for name in packed.namelist())
    if raw[:2] == b"\x1f\x8b":
        yield gzip.decompress(raw)


def written(folder: Path) -> dict[str, set[str]]:
    """Files that hold a secret in content or name, with the names of the secrets."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 20, files
    held = {str(path): set().union(*map(found_in, [str(path).encode(), *contents(path)])) for path in files}
    return {path: names for path, names in held.items() if names}


class Rows(BaseHTTPRequestHandler):
    """Gives rows to whoever knows user, password and token."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        user = base64.b64encode(f"{PLANTED['user']}:{PLANTED['password']}".encode()).decode()
        token = urllib.parse.parse_qs(query).get("token")
        known = token == [PLANTED["query"]] and self.headers.get("Authorization") == f"Basic {user}"
        content = TABLES.get(path, b"")
        self.send_response(401 if not known else 200 if content else 404)
        self.send_header("Content-Length", str(len(content) if known else 0))
        self.end_headers()
        self.wfile.write(content if known else b"")

    def log_message(self, *given: object) -> None:
        pass


ROWS = 400
FRAME = pd.DataFrame({"x": [i % 17 for i in range(ROWS)], "shop": [f"shop-{i % 5}" for i in range(ROWS)]})
FRAME["y"] = ((FRAME["x"] + FRAME.index % 7) > 10).astype(int)
TABLES = {
    "/rows.csv": FRAME.to_csv(index=False).encode(),
    "/shops.csv": b"shop,size\nshop-0,1\nshop-1,2\nshop-2,3\nshop-3,1\nshop-4,2\n",
}


@pytest.fixture(scope="module")
def rows_server() -> Iterator[str]:
    """Address of the tables, with user, password and token."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Rows)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    user, password, token = (urllib.parse.quote(PLANTED[each], safe="") for each in ("user", "password", "query"))
    yield f"http://{user}:{password}@127.0.0.1:{server.server_address[1]}/PATH?token={token}"
    server.shutdown()
    thread.join()
    server.server_close()


Job = tuple[Path, subprocess.CompletedProcess[str]]


LONG = ["withheld", "failures"]  # the quick job, too, ends in an error that says its secrets


@pytest.fixture(scope="module", params=["runs", *(pytest.param(name, marks=pytest.mark.long) for name in LONG)])
def job(
    request: pytest.FixtureRequest, rows_server: str, forks: Forks, tmp_path_factory: pytest.TempPathFactory
) -> Job:
    """A process with every sort of secret, that ends in an error nobody handles; its folder and what it printed."""
    folder = tmp_path_factory.mktemp(request.param)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_TRACKING")}
    environment |= {
        "DEMO_API_KEY": PLANTED["variable"],
        "DEMO_DATABASE": f"postgresql://service:{PLANTED['database']}@localhost/shop",
        "DEMO_PAT": PLANTED["pat"],
        "DEMO_WAREHOUSE": f"Server=db;User Id=sa;Password={PLANTED['connection']};",
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
        "MLSYS_FOLDER": str(folder / ".mlsys"),
    }
    environment["TOLD"] = json.dumps({**PLANTED, "address": rows_server})
    return folder, forks.run([SCRIPT, request.param], cwd=folder, env=environment)


def test_the_search_finds_secrets_in_every_form(tmp_path: Path) -> None:
    for number, (name, secret) in enumerate(PLANTED.items()):
        for form in forms(secret):
            (tmp_path / f"{number}-{form.hex()[:40]}").write_bytes(b"before " + form + b" after")
            assert found_in(b"before " + form + b" after") == {name}
    pd.DataFrame({"a": [PLANTED["field"]]}).to_parquet(tmp_path / "packed.parquet")
    with zipfile.ZipFile(tmp_path / "packed.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("inside", PLANTED["bytes"] * 9)
    found = written(tmp_path)
    assert len(found) == len(list(tmp_path.iterdir()))


def test_the_job_did_what_it_was_meant_to(job: Job) -> None:
    folder, done = job
    assert done.returncode == 1 and "the job reached its end" in done.stdout, done.stdout + done.stderr
    assert "pipeline.preview() shows a few rows after each step\n" in done.stderr, done.stderr
    assert "ValueError: postgresql://***@localhost/shop: ***" in done.stderr
    assert list((folder / ".mlsys" / "runs").glob("*/record.json"))
    if folder.name.startswith("runs"):
        assert (folder / "mlflow.db").stat().st_size > 100_000 and list((folder / "model").rglob("state.json"))
        assert list((folder / ".mlsys" / "cache" / "states").rglob("state.json"))
        assert "Join(table='http://***@127.0.0.1:" in done.stdout and "password=SecretStr('**********')" in done.stdout
    elif folder.name.startswith("withheld"):
        assert done.stdout.count("a model that needs this is withheld: ") >= 2 and not (folder / "withheld").exists()
        assert "the state holds a secret" in done.stdout
    else:
        assert done.stdout.count("Traceback (most recent call last)") > 20
        assert (
            "cannot read 'http://***@127.0.0.1:" in done.stdout and "/nothing.csv?***': HTTP Error 404" in done.stdout
        )
        assert list((folder / ".mlsys" / "runs").glob("*/artifacts/report.html"))  # it waits for its store


def test_nothing_printed_holds_a_secret(job: Job) -> None:
    _, done = job
    for name, text in (("stdout", done.stdout), ("stderr", done.stderr)):
        lines = [line for line in text.splitlines() if found_in(line.encode())]
        assert not lines, (name, lines)


def test_nothing_written_holds_a_secret(job: Job) -> None:
    folder, _ = job
    assert written(folder) == {}


def rows_in(folder: Path) -> set[str]:
    """Which of the planted values of rows stand in the files of a folder, as text or as a number of eight bytes."""
    held = [content for path in [folder, *folder.rglob("*")] if path.is_file() for content in contents(path)]
    wanted = {name: [str(value).encode()] for name, value in IN_ROWS.items()}
    wanted["number"].append(struct.pack("<d", IN_ROWS["number"]))
    return {name for name, values in wanted.items() if any(value in content for content in held for value in values)}


def people(rows: int = 600) -> pd.DataFrame:
    """Rows with planted values in every part, whichever way they are divided."""
    place = [f"place-{i % 3}" for i in range(rows)]
    frame = pd.DataFrame({"amount": [float(i % 97) for i in range(rows)], "place": place})
    frame["person"], frame["mail"] = [f"person-{i}" for i in range(rows)], [f"p{i}@rows.invalid" for i in range(rows)]
    frame["bought"] = (frame["amount"] + frame.index % 5 > 50).astype(int)
    frame.loc[frame.index % 10 == 3, ["person", "mail", "amount"]] = list(IN_ROWS.values())
    frame["person"] += [f" {i}" for i in range(rows)]
    return frame


def test_rows_leave_only_with_log_rows(store: Path) -> None:
    steps = [Impute(), OneHot(["place"]), LogisticRegression(), Evaluate(slices=["place"]), DetectDrift()]
    pipeline = Pipeline(steps, target="bought", id="person", exclude=["mail"], name="people")
    kept, artifacts = pipeline.run(people(300)), Path("mlruns")
    assert kept.mlflow_run_id is not None and list(artifacts.rglob("state.json"))
    assert rows_in(artifacts) == rows_in(store / "mlflow.db") == set()
    tables = [content for path in artifacts.rglob("evaluate.parquet") for content in contents(path)]
    assert tables and b"place-1" in tables[-1]  # the level of a slice, with counts: no row
    assert not list(artifacts.rglob("predictions*")) and list(
        Path(".mlsys/runs").rglob("predictions-validation.parquet")
    )
    assert stat.S_IMODE(Path(".mlsys").stat().st_mode) == 0o700
    sent = pipeline.run(people(300), log_rows=True)
    assert sent.mlflow_run_id is not None
    (table,) = map(pd.read_parquet, artifacts.rglob("predictions-validation.parquet"))
    assert len(table) == len(sent.predictions["validation"]) and {"bought", "prediction"} <= set(table.columns)
    assert rows_in(artifacts) == set()  # scores and labels beside row ids, no other column


class Before(History):
    """How often the same person came before."""

    def apply(self, frame: pd.DataFrame, past: Past, /) -> pd.DataFrame:
        return frame.assign(before=past.count())


def test_a_model_that_carries_rows_says_so() -> None:
    frame = people().assign(day=pd.date_range("2024-01-01", periods=600, freq="h"), who=lambda f: f.index % 40)
    table = pd.DataFrame({"place": ["place-0", "place-1", "place-2"], "size": [1.0, 2.0, 3.0]})
    pipeline = Pipeline(
        [Join(table, on="place"), Before("who", tail=7), Train(KNeighborsClassifier())],
        target="bought", time="day", exclude=["place", "person", "mail", "who"],
    )  # fmt: skip
    plan = repr(pipeline.plan())
    assert "Join: a served model carries the rows of its table" in plan
    assert "Before: a served model carries up to 7 earlier rows of each who" in plan
    assert "Train: a served model carries training rows, which KNeighborsClassifier keeps" in plan
    card = " ".join(repr(pipeline.run(frame, track=False)).split())
    assert (
        "model carries the rows of its table (Join); up to 7 earlier rows of each who (Before); training rows" in card
    )
    plain = Pipeline([LogisticRegression()], target="bought", features=["amount"])
    assert "carries" not in repr(plain.plan()) and "carries" not in repr(plain.run(frame, track=False))
