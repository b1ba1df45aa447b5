"""Secrets and rows stay where they are: everything that is written, printed and shown is searched for them."""

from __future__ import annotations

import base64
import gzip
import io
import json
import logging
import os
import stat
import struct
import subprocess
import sys
import threading
import urllib.parse
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from pydantic import SecretBytes, SecretStr
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from mlsys import DetectDrift, Evaluate, History, Impute, Join, OneHot, Past, Pipeline, ReadCSV, Source, Train
from mlsys.errors import ConfigurationError, DataError, Finding, StateError
from mlsys.secrets import cleaned, counted, hidden, holds_secret, looks_secret, without_secrets
from mlsys.states import digest, save_state
from mlsys.tracking import Journal

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


@pytest.fixture(scope="module", params=["runs", "withheld", "failures"])
def job(request: pytest.FixtureRequest, rows_server: str, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A process with every sort of secret, that ends in an error nobody handles; its folder and what it printed."""
    folder = tmp_path_factory.mktemp(request.param)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_TRACKING")}
    environment |= {
        "DEMO_API_KEY": PLANTED["variable"],
        "DEMO_DATABASE": f"postgresql://service:{PLANTED['database']}@localhost/shop",
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
        "MLSYS_FOLDER": str(folder / ".mlsys"),
    }
    environment["TOLD"] = json.dumps({**PLANTED, "address": rows_server})
    done = subprocess.run(
        [sys.executable, str(SCRIPT), request.param],
        capture_output=True, text=True, cwd=folder, env=environment, timeout=120, check=False,
    )  # fmt: skip
    return folder, done


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
    assert done.stderr.rstrip().endswith("pipeline.preview() shows a few rows after each step"), done.stderr
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


class Fetch(Source):
    """Made-up rows from a service that asks for a password."""

    password: SecretStr
    key: SecretBytes | None = None

    def read(self) -> pd.DataFrame:
        return FRAME


class Refuse(Source):
    """Does not like its password, and says so."""

    password: SecretStr

    def __post_init__(self) -> None:
        raise ValueError(f"does not like {self.password.get_secret_value()}")

    def read(self) -> pd.DataFrame:
        return FRAME


def test_a_secret_is_hidden_in_repr_and_counts_in_no_digest() -> None:
    one, other = Fetch(SecretStr("the-first-secret")), Fetch(SecretStr("the-second-secret"))
    assert repr(one) == repr(other) == "Fetch(password=SecretStr('**********'))"
    assert one == other and digest(one.password) == digest(other.password)
    assert digest(SecretStr("")) != digest(one.password)
    assert one.digest == Fetch("the-third-secret").digest  # type: ignore[arg-type]  # texts are taken as well


def test_what_is_given_for_a_secret_in_the_wrong_type_is_not_shown() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Refuse(SecretStr("refus3d-secret"))
    assert "does not like ***" in str(caught.value)
    with pytest.raises(ConfigurationError) as caught:
        Fetch(11223344)  # type: ignore[arg-type]
    assert "password" in str(caught.value) and "11223344" not in str(caught.value)


def test_addresses_count_without_password_and_token() -> None:
    first = ReadCSV("https://me:one-password@host/rows.csv?token=t1&year=2024")
    again = ReadCSV("https://me:an0ther-one@host/rows.csv?token=t2&year=2024")
    assert first == again and first != ReadCSV("https://me:one-password@host/rows.csv?token=t1&year=2025")
    assert repr(first).startswith("ReadCSV(path='https://***@host/rows.csv?***'")
    assert counted({"a": ("ftp://u:p@h/x",)}) == {"a": ("ftp://u@h/x",)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://host/page.html#part", "see https://host/page.html#part"),
        ("https://me@host/x", "https://***@host/x"),
        ("https://host/#access_token=abc", "https://host/#***"),
        ("'https://u:p%40s@h:80/x?a=1&b=2' and no more", "'https://***@h:80/x?***' and no more"),
        ("postgresql+psycopg2://u:a/b@c@host:5432/db", "postgresql+psycopg2://***@host:5432/db"),
        ("http://127.0.0.1:5000/a@b", "http://127.0.0.1:5000/a@b"),
        ("Max retries exceeded with url: /x.csv?token=abc", "Max retries exceeded with url: /x.csv?***"),
        ("is it right? a=1", "is it right? a=1"),
        ("mail me@host.org", "mail me@host.org"),
        ("models:/flights@champion", "models:/flights@champion"),
    ],
)
def test_texts_without_users_and_queries(text: str, expected: str) -> None:
    assert hidden(text) == expected and hidden(hidden(text)) == expected


def test_variables_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOME_SERVICE_TOKEN", "t0p-token")
    monkeypatch.setenv("DB_PASSWORD", "postgres")
    monkeypatch.setenv("SHORT_KEY", "1")
    monkeypatch.setenv("SOME_CREDENTIALS", str(tmp_path))
    monkeypatch.setenv("ORDINARY_VARIABLE", "ordinary-value")
    assert hidden("with t0p-token and ordinary-value, 1") == "with *** and ordinary-value, 1"
    assert hidden(f"postgres in postgresql, {tmp_path}") == f"*** in postgresql, {tmp_path}"
    assert not holds_secret("postgres") and holds_secret(["t0p-token"]) and holds_secret(b"at0p-tokenb")
    assert [name for name in ("KEYS", "KEYBOARD", "MY_API_KEY", "sasToken", "TOKENIZERS_PARALLELISM", "X-Amz-Signature")
            if looks_secret(name)] == ["KEYS", "MY_API_KEY", "sasToken", "X-Amz-Signature"]  # fmt: skip


def test_ids_and_addresses_that_are_needed_stay_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOME_KEY", "mlflow")  # a word that is part of many an address
    journal = Journal(tmp_path)
    journal.aim("sqlite:////data/mlflow.db")
    journal.add({"loss": 1.0}, {"said": "mlflow at http://me:mine@host/?token=t"})
    assert journal.address == "sqlite:////data/mlflow.db"
    assert journal.additions()[0].tags == {"said": "*** at http://***@host/?***"}


def test_a_key_of_many_lines_is_found_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["-----BEGIN KEY-----", "MIIEvQIBADANBgkqhkiG9w0B", "AQEFAASCBKcwggSjAgEAAoIB", "-----END KEY-----"]
    monkeypatch.setenv("SIGNING_KEY", "\n".join(lines))
    for text in ("\n".join(lines), "    ".join(lines), repr("\n".join(lines)), f"line 2 is {lines[1]!r}"):
        assert lines[1] not in hidden(text) and lines[2] not in hidden(text)


def test_errors_findings_and_logs_hide(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGGED_TOKEN", "l0gged-token")
    assert str(DataError("no l0gged-token", "take l0gged-token away")) == "no ***\n  Remedy: take *** away"
    assert Finding("EV101", "l0gged-token").message == "***"
    with caplog.at_level(logging.WARNING, "mlsys"):
        try:
            raise ValueError(os.environ["LOGGED_TOKEN"])
        except ValueError:
            logging.getLogger("mlsys").warning("with %s", "l0gged-token", exc_info=True)
    assert "with ***" in caplog.text and "ValueError: ***" in caplog.text and "l0gged" not in caplog.text


def test_an_error_keeps_its_type_and_its_causes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAISED_TOKEN", "r4ised-token")
    try:
        try:
            open("r4ised-token", encoding="utf-8")
        except OSError as cause:
            cause.add_note("with r4ised-token")
            raise ExceptionGroup("r4ised-token", [KeyError("r4ised-token", 3)]) from cause
    except ExceptionGroup as error:
        assert cleaned(error) is None  # the text of a group cannot be changed
        assert str(error.__cause__) == "[Errno 2] No such file or directory: '***'"
        assert error.__cause__.__notes__ == ["with ***"] and error.exceptions[0].args == ("***", 3)


def test_a_state_that_holds_a_secret_is_not_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STATE_TOKEN", "st4te-token")
    for state in ({"a": ["st4te-token"]}, pd.DataFrame({"a": ["st4te-token"] * 3}), SecretStr("st4te-token")):
        with pytest.raises(StateError):
            save_state(state, tmp_path / "state")
    assert not list(tmp_path.iterdir())


def test_addresses_that_can_be_used() -> None:
    assert without_secrets("sqlite:////data/c#/mlflow.db?timeout=3") == "sqlite:////data/c#/mlflow.db"
    assert without_secrets("plain/path?") == "plain/path?"
    assert without_secrets("postgresql://u:p@host/db?sslpassword=x") == "postgresql://host/db"


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
    kept, artifacts = pipeline.run(people()), Path("mlruns")
    assert kept.mlflow_run_id is not None and list(artifacts.rglob("state.json"))
    assert rows_in(artifacts) == rows_in(store / "mlflow.db") == set()
    tables = [content for path in artifacts.rglob("evaluate.parquet") for content in contents(path)]
    assert tables and b"place-1" in tables[-1]  # the level of a slice, with counts: no row
    assert not list(artifacts.rglob("predictions*")) and list(
        Path(".mlsys/runs").rglob("predictions-validation.parquet")
    )
    assert stat.S_IMODE(Path(".mlsys").stat().st_mode) == 0o700
    sent = pipeline.run(people(), log_rows=True)
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
