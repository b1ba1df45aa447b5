"""What counts as a secret, and that it is hidden in texts, errors and logs, and refused in states and recipes."""

from __future__ import annotations

import base64
import gc
import json
import logging
import os
import time
from pathlib import Path

import pandas as pd
import pytest
from pydantic import SecretBytes, SecretStr
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline, ReadCSV, Source, secrets
from mlsys.errors import ConfigurationError, DataError, Finding, StateError
from mlsys.run.recipe import write_recipe
from mlsys.secrets import cleaned, counted, field_is_secret, hidden, holds_secret, looks_secret, without_secrets
from mlsys.states import digest, save_state
from mlsys.steps import Field
from mlsys.tracking import Journal

FRAME = pd.DataFrame({"x": [i % 17 for i in range(400)]})
FRAME["y"] = (FRAME["x"] + FRAME.index % 7 > 10).astype(int)


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


def test_a_recipe_holds_no_secret(tmp_path: Path) -> None:
    for number, (steps, reason) in enumerate(
        [
            ([Fetch(SecretStr("s3cret-of-a-recipe"))], "known"),
            ([ReadCSV("rows.csv")], "see http://wh0ever:n0t-known@host/ticket"),
        ]
    ):
        pipeline = Pipeline([*steps, LogisticRegression()], target="y", features=["x"], waive={"DR101": reason})
        run = pipeline.run(FRAME, track=False)
        write_recipe(run.outcome, run._live, tmp_path / str(number))
        record = json.loads((tmp_path / str(number) / "run.json").read_text(encoding="utf-8"))
        assert "holds a secret" in record["withheld"] or "holds an address with a user" in record["withheld"]
        held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        assert b"s3cret-of-a-recipe" not in held and b"n0t-known" not in held


class Told(Source):
    """Made-up rows from a service whose secrets are plain texts."""

    mode: str = ""
    token: str = "pl4in-t0ken"
    api_key: str = "letters"
    headers: dict[str, str] = Field(default_factory=dict)
    dsn: str = ""

    def read(self) -> pd.DataFrame:
        shown = {
            "token": self.token,
            "key": self.api_key,
            "header": self.headers.get("Cookie", ""),
            "dsn": self.dsn,
            "part": "the password is of-the-dsn-1",
            "basic": "Authorization: Basic " + base64.b64encode(f"svc:{self.token}".encode()).decode(),
            "bare": base64.b64encode(f"a-user:{self.token}".encode()).decode(),
        }
        if self.mode == "exit":
            raise SystemExit(f"login failed for {self.token}")
        if self.mode == "interrupt":
            raise KeyboardInterrupt(f"while {self.token} was tried")
        raise RuntimeError(shown[self.mode])


@pytest.mark.parametrize("mode", ["token", "key", "header", "dsn", "part", "basic", "bare", "exit", "interrupt"])
def test_texts_in_fields_and_under_keys_are_told_by_their_names(mode: str) -> None:
    step = Told(
        mode, "pl4in-t0ken", "secretish", {"Cookie": "session=of-mine"}, "Server=db;Uid=sa;Password=of-the-dsn-1;"
    )
    with pytest.raises(BaseException) as caught:
        Pipeline([step]).run(track=False)
    assert type(caught.value) is {"exit": SystemExit, "interrupt": KeyboardInterrupt}.get(mode, RuntimeError)
    texts = [str(caught.value), repr(caught.value), str(getattr(caught.value, "code", "")), repr(step)]
    planted = ["pl4in-t0ken", "secretish", "session=of-mine", "of-the-dsn-1", base64.b64encode(b"pl4in-t0ken").decode()]
    assert not [each for text in texts for each in planted if each in text], texts
    assert "***" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("password", "abc", True), ("githubPat", "ghp_V1", True), ("jwt", "x", True), ("salt", "s4lty-one", True),
        ("slack_webhook_url", "hooks/T0", True), ("secret_key", "k", True), ("bearer", b"bytes", True),
        ("token_column", "s3ssion-id", False), ("token", "lemma_text", False), ("key", "user-id-7", False),
        ("path", "a1-b2/c3", False), ("pattern", "*.csv-1", False), ("token", 5, False), ("author", "j. d0e", False),
    ],
)  # fmt: skip
def test_names_of_fields(name: str, value: object, secret: bool) -> None:
    assert field_is_secret(name, value) is secret


@pytest.mark.parametrize("name", ["GITHUB_PAT", "JWT", "SENTRY_DSN", "SLACK_WEBHOOK", "COOKIE", "SALT", "MY_BEARER"])
def test_variables_of_more_names(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "v4lue-of-it")
    assert hidden("got v4lue-of-it") == "got ***"


def test_a_variable_with_a_connection_string(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE", "Server=db;User Id=sa;Password=ConnVal77;")
    assert hidden("ConnVal77 was wrong") == "*** was wrong" and holds_secret("is ConnVal77")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Server=db;Pwd={a;b};X=1", "Server=db;Pwd=***;X=1"),
        ("host=db password='a b' user=me", "host=db password=*** user=me"),
        ("AccountName=me;AccountKey=abc==;E=1", "AccountName=me;AccountKey=***;E=1"),
        ("{'password': 'abc', \"api_key\": \"x1\"}", "{'password': '***', \"api_key\": \"***\"}"),
        ("Authorization: Bearer abc1234", "Authorization: Bearer ***"),
        ("{'Authorization': 'Basic YTpi'}", "{'Authorization': 'Basic ***'}"),
        ("sent Cookie: a=b; c=d", "sent Cookie: ***"),
        ("password=SecretStr('**********')", "password=SecretStr('**********')"),
        ("its password= holds a secret", "its password= holds a secret"),
        ("a Basic understanding", "a Basic understanding"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "***"),
    ],
)
def test_connection_strings_headers_and_settings(text: str, expected: str) -> None:
    assert hidden(text) == expected and hidden(hidden(text)) == expected


def test_a_long_text_takes_no_time() -> None:
    begun = time.monotonic()
    for text in ("a" * 300_000, "word " * 60_000, '"' + "a.b" * 100_000, "x-" * 100_000):
        assert hidden(text) == text
    assert time.monotonic() - begun < 8


def test_a_search_goes_on_when_another_thread_declares_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_declared", {b"declared-before": None, b"declared-as-well": None})
    known = secrets._known()
    assert next(known) == b"declared-before"
    secrets.declare(SecretStr("declared-meanwhile"))
    assert b"declared-as-well" in set(known)


def test_a_search_goes_on_when_garbage_collection_lets_another_thread_declare(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(secrets, "_declared", {b"declared-before": None})

    def declare(phase: str, info: object) -> None:
        secrets._declared[f"declared-meanwhile-{len(secrets._declared)}".encode()] = None

    thresholds = gc.get_threshold()
    gc.callbacks.append(declare)
    try:
        for _ in range(50):
            gc.set_threshold(1)
            known = list(secrets._known())
            gc.set_threshold(*thresholds)
            assert b"declared-before" in known
    finally:
        gc.set_threshold(*thresholds)
        gc.callbacks.remove(declare)
