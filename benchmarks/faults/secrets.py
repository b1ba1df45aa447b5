"""Planted secrets: 25 kinds of them, in runs that succeed and runs that fail; everything written is searched."""

from __future__ import annotations

import base64
import gzip
import io
import json
import logging
import os
import tempfile
import traceback
import urllib.parse
import zipfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from pydantic import SecretStr
from sklearn.linear_model import LogisticRegression

from faults.children import in_child
from faults.fault import Outcome, fault
from mlsys import Pipeline, RandomSplit, Source
from mlsys.settings import override
from mlsys.steps import Field

LEAST = 10
"""Files that a run leaves at least: a search through fewer has found nothing because nothing was written."""


@dataclass(frozen=True)
class Planted:
    """A secret and where it lies.

    Parameters
    ----------
    value : str
        What must not be found.
    variables : dict of str to str
        Environment that holds it.
    fields : dict of str to object
        Fields of a step that hold it.
    said : str
        What an error says.
    """

    value: str
    variables: dict[str, str]
    fields: dict[str, Any]
    said: str


def _of_variable(name: str, form: str = "{}") -> Callable[[str], Planted]:
    return lambda value: Planted(value, {name: form.format(value)}, {}, f"refused {form.format(value)}")


def _of_field(name: str, form: str = "refused {}") -> Callable[[str], Planted]:
    return lambda value: Planted(value, {}, {name: value}, form.format(value))


def _of_text(form: str) -> Callable[[str], Planted]:
    return lambda value: Planted(value, {}, {}, form.format(value))


def _basic(value: str) -> Planted:
    sent = base64.b64encode(f"svc:{value}".encode()).decode()
    return Planted(value, {}, {"password": value}, f"GET failed, sent Authorization: Basic {sent}")


KINDS: dict[str, Callable[[str], Planted]] = {
    "SecretStr": _of_field("hidden"),
    "SecretStr in base64, beside a user": _basic,
    "SecretStr, quoted": lambda value: Planted(value, {}, {"hidden": value}, urllib.parse.quote(value, safe="")),
    "SecretStr, as hexadecimal": lambda value: Planted(value, {}, {"hidden": value}, value.encode().hex()),
    "field token": _of_field("token"),
    "field pat": _of_field("pat"),
    "field jwt": _of_field("jwt"),
    "field bearer": _of_field("bearer"),
    "field cookie": _of_field("cookie"),
    "field salt": _of_field("salt"),
    "field dsn": _of_field("dsn", "cannot connect: {}"),
    "field webhook": _of_field("webhook"),
    "field api_key": _of_field("api_key"),
    "key in a mapping": lambda value: Planted(value, {}, {"options": {"password": value}}, f"refused {value}"),
    "variable ..._PAT": _of_variable("GITHUB_PAT"),
    "variable ..._TOKEN": _of_variable("HUB_TOKEN"),
    "variable ..._SECRET_ACCESS_KEY": _of_variable("AWS_SECRET_ACCESS_KEY"),
    "variable with a connection string": _of_variable("CONN_STR", "Server=db;User Id=sa;Password={};"),
    "variable with an address": _of_variable("DATABASE", "postgresql://service:{}@localhost/shop"),
    "password in a connection string": _of_text("cannot connect: Server=db;User Id=sa;Pwd={};"),
    "password in an address": _of_text("no answer from https://me:{}@host/data.csv"),
    "query of an address": _of_text("no answer from https://host/data.csv?sig={}"),
    "header X-Api-Key": _of_text("sent X-Api-Key: {}"),
    "header Authorization: Bearer": _of_text("sent Authorization: Bearer {}"),
    "cookie": _of_text("sent Cookie: session={}; theme=dark"),
}
_said: list[str] = []
"""What the error of a step says; it is no field, so that only its own form tells."""
ERRORS: dict[str, type[BaseException]] = {"value": ValueError, "exit": SystemExit, "interrupt": KeyboardInterrupt}


@fault("planted secrets of 25 kinds, in what is written, printed, logged and raised", times=len(KINDS))
def planted(times: int) -> Iterator[Outcome]:
    """No form of a secret is found, whether runs end well or in an error that says it."""
    for number, (kind, plant) in list(enumerate(KINDS.items()))[:times]:
        outcome = Outcome(kind)
        secret = plant(f"s3cret-{number}-Value/x")
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            ended = in_child(lambda place=place, secret=secret: _lived(place, secret), within=300)
            said = f"ended: {ended.raised}, status {ended.status}"
            if outcome.check(ended.answer is not None, said):
                outcome.check(ended.answer == "done", str(ended.answer))
                written = [path for path in place.rglob("*") if path.is_file()]
                outcome.check(len(written) >= LEAST, f"only {len(written)} files were written")
                for path in written:
                    found = any(_holds(content, secret.value) for content in (str(path).encode(), *_contents(path)))
                    outcome.check(not found, f"{path.relative_to(place)} holds it", 1)
        yield outcome


def _lived(place: Path, secret: Planted) -> str:
    """Run well once, and into an error of each sort; all that is printed, logged and raised is kept beside the rest."""
    os.chdir(place)
    _said.append(secret.said)
    os.environ.update({**secret.variables, "MLFLOW_TRACKING_URI": f"sqlite:///{place}/mlflow.db"})
    heard, problem = io.StringIO(), ""
    logging.getLogger().addHandler(logging.StreamHandler(heard))
    with override(folder=str(place / ".mlsys")), redirect_stdout(heard), redirect_stderr(heard):
        run = _pipeline(secret, "").run(verbose=False)
        print(run, run.features, run.pipeline, run.pipeline.plan(), run._repr_html_())
        if run.mlflow_run_id is None:
            problem = "the run was not tracked"
        with suppress(Exception):
            run.save("model")
        for name in ERRORS:
            try:
                _pipeline(secret, name).run(verbose=False)
                problem = f"the error {name} was not raised"
            except BaseException:
                heard.write(traceback.format_exc())
    (place / "heard.txt").write_text(heard.getvalue(), encoding="utf-8")
    return problem or "done"


class Fetch(Source):
    """Fetches rows as somebody who is known by a secret."""

    fails: str = ""
    hidden: SecretStr = SecretStr("")
    password: SecretStr = SecretStr("")
    options: dict[str, str] = Field(default_factory=dict)
    token: str = ""
    pat: str = ""
    jwt: str = ""
    bearer: str = ""
    cookie: str = ""
    salt: str = ""
    dsn: str = ""
    webhook: str = ""
    api_key: str = ""

    def read(self) -> pd.DataFrame:
        if self.fails:
            raise ERRORS[self.fails](_said[-1])
        rng = np.random.default_rng(0)
        frame = pd.DataFrame({"a": rng.normal(size=300)})
        return frame.assign(late=frame["a"] + rng.normal(size=300) > 0)


def _pipeline(secret: Planted, fails: str) -> Any:
    from pydantic import SecretStr

    kept = {
        name: SecretStr(value) if name in {"hidden", "password"} else value for name, value in secret.fields.items()
    }

    steps = [Fetch(fails, **kept), RandomSplit(), LogisticRegression()]
    return Pipeline(steps, target="late", name="known")


def _holds(content: bytes, value: str) -> bool:
    raw = value.encode()
    texts = {value, urllib.parse.quote(value), urllib.parse.quote(value, safe=""), raw.hex(), raw.hex().upper()}
    texts |= {json.dumps(value)[1:-1], base64.b64encode(raw).decode().rstrip("=")}
    texts |= {base64.b64encode(f"svc:{value}".encode()).decode().rstrip("=")}
    return any(text.encode() in content for text in texts)


def _contents(path: Path) -> Iterator[bytes]:
    """Give a file as it is, and unpacked where it is packed."""
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
