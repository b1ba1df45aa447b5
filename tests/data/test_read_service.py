"""ReadService reads every page once from a real server, waits where it is busy, and sends secrets to nobody else."""

from __future__ import annotations

import http.server
import json
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from pydantic import SecretStr

from mlsys import Column, Derive, Flatten, Pipeline, ReadService, Schema
from mlsys.data import _http
from mlsys.errors import ConfigurationError, DataError
from mlsys.settings import override

PAGES = [[{"id": 10 * page + row, "at": {"lat": row / 2}} for row in range(3)] for page in range(3)]
IDS = [each["id"] for page in PAGES for each in page]
TOKEN = "t0ken-0f-m1ne"


class Service(http.server.BaseHTTPRequestHandler):
    """Nine records on three pages, in each way that services page."""

    asked: ClassVar[list[tuple[str, dict[str, list[str]], str | None]]] = []
    busy: ClassVar[list[int]] = []

    def log_message(self, *_: Any) -> None:
        """Be silent."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        self.asked.append((parts.path, query, self.headers.get("Authorization")))
        if self.busy:
            return self._answer(self.busy.pop(), {"Retry-After": "0"}, b"later")
        page = int(query.get("page", query.get("after", ["0"]))[0])
        if "offset" in query:
            page = int(query["offset"][0]) // 3
        rows = PAGES[page] if page < len(PAGES) else []
        more = page + 1 < len(PAGES)
        if parts.path == "/list":
            link = f'</list?page={page - 1}>; rel="prev", </list?page={page + 1}>; rel="next"'
            return self._answer(200, {"Link": link} if more else {}, json.dumps(rows).encode())
        if parts.path == "/data":
            after = {"next": f"/data?page={page + 1}", "after": page + 1} if more else {"next": None}
            return self._answer(200, {}, json.dumps({"data": {"items": rows}, "paging": after}).encode())
        if parts.path in ("/away", "/next-away"):
            other = f"http://localhost:{self.server.server_port}/list"  # type: ignore[attr-defined]
            if parts.path == "/away":
                return self._answer(302, {"Location": other}, b"")
            return self._answer(200, {"Link": f'<{other}>; rel="next"'}, json.dumps(rows).encode())
        if parts.path == "/round":
            return self._answer(200, {"Link": '</round>; rel="next"'}, json.dumps(rows).encode())
        answers = {"/page": b"<html>", "/half": b'[{"id": 1}, {"id"', "/texts": b'["a"]', "/none": b"[]"}
        if parts.path in answers:
            return self._answer(200, {}, answers[parts.path])
        return self._answer(404, {}, b"nothing here")

    def _answer(self, code: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(code)
        for name, each in headers.items():
            self.send_header(name, each)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    thread.join()
    serving.server_close()


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    Service.asked.clear()
    Service.busy.clear()


@pytest.mark.parametrize(
    ("path", "options", "requests"),
    [
        ("/list", {}, 3),
        ("/list", {"page": "page", "first_page": 0}, 4),
        ("/list", {"offset": "offset"}, 4),
        ("/data", {"records": "data.items", "next_page": "paging.next"}, 3),
        ("/data", {"records": "data.items", "next_page": "paging.after", "cursor": "after"}, 3),
    ],
)
def test_each_way_of_paging_reads_every_record_once(
    server: str, path: str, options: dict[str, Any], requests: int
) -> None:
    frame = ReadService(f"{server}{path}", **options).read()
    assert frame["id"].tolist() == IDS
    assert len(Service.asked) == requests
    assert Flatten().reshape(frame)["at.lat"].tolist() == [0.0, 0.5, 1.0] * 3


def test_parameters_and_the_token_go_with_each_request(server: str) -> None:
    step = ReadService(f"{server}/list", parameters={"since": "2024-01-01", "ids": [1, 2]}, token=SecretStr(TOKEN))
    step.read()
    assert [token for _, _, token in Service.asked] == [f"Bearer {TOKEN}"] * 3
    assert all(query["since"] == ["2024-01-01"] and query["ids"] == ["1", "2"] for _, query, _ in Service.asked)
    assert TOKEN not in repr(step)


def test_a_busy_service_is_asked_again(server: str, caplog: pytest.LogCaptureFixture) -> None:
    Service.busy.extend([503, 429])
    with caplog.at_level(logging.INFO, logger="mlsys"):
        assert ReadService(f"{server}/list").read()["id"].tolist() == IDS
    assert len(Service.asked) == 5
    assert "page 1, 3 records, 3 tries, fetched at" in caplog.text
    Service.busy.extend([500] * 2)
    with pytest.raises(DataError, match=r"answered 500 .*\(2 tries\)"):
        ReadService(f"{server}/list", retries=1).read()


def test_each_row_says_when_its_page_was_fetched(server: str) -> None:
    before = pd.Timestamp.now("UTC")
    frame = ReadService(f"{server}/list", fetched="fetched_at").read()
    assert frame["fetched_at"].between(before.floor("us"), pd.Timestamp.now("UTC")).all()
    assert frame["fetched_at"].is_monotonic_increasing and frame["fetched_at"].nunique() == 3
    with pytest.raises(DataError, match="fetched= names 'id', a field"):
        ReadService(f"{server}/list", fetched="id").read()


@pytest.mark.parametrize("pieces", [False, True], ids=["in memory", "in pieces"])
@pytest.mark.parametrize("schema", [None, Schema({"id": Column(int, greatest=15)}, bad_rows="drop", most=0.9)])
def test_a_run_keeps_when_each_page_was_fetched(server: str, pieces: bool, schema: Schema | None) -> None:
    before = pd.Timestamp.now("UTC").floor("ms")
    Service.busy.append(503)
    source = ReadService(f"{server}/list", schema=schema)
    with override(rows_in_memory=4 if pieces else 100, rows_per_partition=2):
        run = Pipeline([source, Derive({"double": pd.col("id") * 2})]).run(track=False)
    (facts, _) = run.outcome.steps
    assert facts.came[0].startswith(f"9 records on 3 pages of {server}/list, fetched 20")
    assert [each.rpartition(", fetched ")[0] for each in facts.came[1:]] == [
        f"page {number}: 3 records, {tries}" for number, tries in ((1, "2 tries"), (2, "1 try"), (3, "1 try"))
    ]
    moments = [pd.Timestamp(each.rpartition(" ")[2]) for each in facts.came[1:]]
    assert moments == sorted(moments) and before <= moments[0] and moments[-1] <= pd.Timestamp.now("UTC")
    lineage = run.lineage("double").table
    assert lineage[lineage["from"] == ""]["how"].tolist() == [facts.came[0]]
    assert len(run.outcome.findings) == (0 if schema is None else 1)


@pytest.mark.parametrize(
    ("path", "options", "said"),
    [
        ("/nowhere", {}, "answered 404 Not Found: nothing here"),
        ("/page", {}, "answered no JSON: '<html>'"),
        ("/half", {}, "answered no JSON"),
        ("/texts", {}, "answered no list of records"),
        ("/data", {"records": "items"}, r"at 'items' \(the answer has 'data', 'paging'\)"),
        ("/none", {}, "gave no records"),
        ("/round", {}, "names a page that was fetched before"),
        ("/list", {"most_pages": 2}, "more than 2 pages"),
        ("/list", {"times": ["nope"]}, "times= names the column 'nope'"),
    ],
)
def test_an_answer_that_cannot_be_used_is_named(server: str, path: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        ReadService(f"{server}{path}", **options).read()


@pytest.mark.parametrize("path", ["/away", "/next-away"])
def test_secrets_go_to_no_other_host(server: str, path: str) -> None:
    with pytest.raises(DataError, match="another host, http://localhost"):
        ReadService(f"{server}{path}", token=SecretStr(TOKEN)).read()
    assert [each for each, _, _ in Service.asked] == [path]


def test_an_absent_service_is_named_after_the_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(_http.time, "sleep", waits.append)
    with pytest.raises(DataError, match=r"cannot reach http://127.0.0.1:9/ \(4 tries\): .*refused"):
        ReadService("http://127.0.0.1:9/", retries=3).read()
    assert waits == [0.5, 1.0, 2.0]
    assert _http._wait(0, "3") == 3.0 and _http._wait(9, "") == _http._wait(0, "99999") == 60.0


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: ReadService("https://me:hush-hush@h/"), "a user or a password"),
        (lambda: ReadService("https://h/?api_key=hush-hush"), "holds api_key"),
        (lambda: ReadService("https://h/", headers={"X-Api-Key": "hush-hush"}), "'X-Api-Key' in headers= as plain"),
        (lambda: ReadService("https://h/", parameters={"token": "hush-hush"}), "'token' in parameters= as plain"),
        (lambda: ReadService("https://h/", token="hush-hush"), "token= as plain text"),
        (lambda: ReadService("ftp://h/"), "url='ftp://h/'"),
        (lambda: ReadService("https://h/", page="page", offset="offset"), "page and offset"),
        (lambda: ReadService("https://h/", cursor="after"), "cursor without next_page"),
    ],
)
def test_secrets_as_plain_text_are_refused_without_showing_them(make: Callable[[], Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        make()
    assert "hush-hush" not in str(caught.value)
