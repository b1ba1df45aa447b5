"""Broken files of JSON lines end in the right data, in rows set aside with reasons, or in an error that names them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mlsys import Column, ReadJSON, Schema, quarantined
from mlsys.errors import DataError, MlsysError

QUICK, LONG = 40, 400
AT_ONCE = 20
ZONE = "Europe/Berlin"
SCHEMA = Schema(
    {
        "id": Column(int, unique=True),
        "count": Column(int, null=True, least=0),
        "amount": Column(float, null=True, least=-1000, greatest=1e6),
        "plan": ["free", "pro"],
        "sold": Column("datetime", zone=ZONE),
        "paid": Column(bool, null=True),
        "note": Column(str, null=True),
    },
    bad_rows="quarantine",
    most=1.0,
)
NAMES = list(SCHEMA.columns)
ODD: dict[str, tuple[str, tuple[str, ...]]] = {
    "mixed types": ("count", ('"many"', "1.5", "[1]", '{"n": 1}', "true")),
    "words among numbers": ("amount", ('"free"', '"1,5"', "[]")),
    "times out of range": ("sold", ('"0000-00-00"', '"2023-13-01"', '"1-1-1"', "null")),
    "hours that clocks skip or show twice": ("sold", ('"2023-03-26T02:30"', '"2023-10-29T02:30"')),
    "mixed zones": ("sold", ('"2023-05-01T10:00Z"', '"2023-05-01T10:00+05:30"')),
    "infinities": ("amount", ("1e999", "-1e999")),
    "beyond 64 bits": ("count", (str(2**64), str(-(2**70)), "9" * 40)),
    "beyond the range": ("count", ("-1",)),
    "unknown level": ("plan", ('"gold"', "null")),
    "odd truth": ("paid", ('"perhaps"', "2")),
}
"""What stands in some rows; none of it fits, but times with an offset, which may."""
LINES: dict[str, Callable[[str], str | bytes]] = {
    "cut short": lambda line: line[: len(line) // 2],
    "no object": lambda line: f"[{line}]",
    "null character": lambda line: line[:-1] + "\0}",
    "wrong encoding": lambda line: line.encode().replace(b"plain", "zwölf".encode("latin-1")),
    "a name twice": lambda line: line[:-1] + ', "id": 5}',
    "words": lambda line: "not json at all",
    "infinite by name": lambda line: line[:-1] + ', "more": Infinity}',
}
"""Lines that are no row; by themselves, or that a reader may refuse as such."""
KINDS = [*ODD, *LINES, "huge field", "lines without a field", "blank lines", "an empty file", "other type in a file"]


def rows_of(draw: random.Random, many: int, start: int) -> list[dict[str, str]]:
    """Return rows of JSON texts that fit."""
    return [
        {
            "id": str(start + row),
            "count": draw.choice(["null", str(draw.randrange(50)), str(2**53 + row)]),
            "amount": draw.choice(["null", f"{draw.uniform(-900, 9e5):.6g}", "7"]),
            "plan": draw.choice(['"free"', '"pro"']),
            "sold": json.dumps(f"2023-05-{draw.randrange(1, 28):02}T{draw.randrange(24):02}:30:00"),
            "paid": draw.choice(["null", "true", "false"]),
            "note": draw.choice(["null", '"plain"', '"a \\"quoted\\" word"', '"\\u00e9\\n"']),
        }
        for row in range(many)
    ]


def line_of(row: dict[str, str]) -> str:
    return "{" + ", ".join(f'"{name}": {value}' for name, value in row.items()) + "}"


def made(seed: int) -> tuple[str, dict[str, bytes], list[dict[str, str]], int]:
    """Return the kind, the files, the rows that fit, and how many rows there are, that are no lines too."""
    draw, kind = random.Random(seed), KINDS[seed % len(KINDS)]
    rows = rows_of(draw, draw.randrange(6, 25), 0)
    bad = draw.sample(range(len(rows)), max(1, len(rows) // 5))
    lines: list[str | bytes] = [line_of(row) for row in rows]
    fits = [row for place, row in enumerate(rows) if place not in bad]
    if kind in ODD:
        column, texts = ODD[kind]
        for place in bad:
            lines[place] = line_of({**rows[place], column: draw.choice(texts)})
    elif kind in LINES:
        for place in bad:
            lines[place] = LINES[kind](line_of({**rows[place], "note": '"plain"'}))
    elif kind == "lines without a field":
        for place in bad:
            lines[place] = line_of({name: value for name, value in rows[place].items() if name != "plan"})
    elif kind == "huge field":
        for place in bad:
            rows[place]["note"] = json.dumps("x" * 300_000)
            lines[place] = line_of(rows[place])
        fits = rows
    else:
        fits = rows
    glue = b"\n\n  \n" if kind == "blank lines" else b"\n"
    files = {"a.jsonl": glue.join(each if isinstance(each, bytes) else each.encode() for each in lines) + b"\n"}
    if kind == "an empty file":
        files["b.jsonl"] = b""
    if kind == "other type in a file":
        more = rows_of(draw, 5, 1_000)
        files["b.jsonl"] = "\n".join(line_of({**row, "count": '"few"'}) for row in more).encode()
        return kind, files, fits, len(rows) + len(more)
    return kind, files, fits, len(rows)


def value_of(name: str, text: str) -> Any:
    value = json.loads(text)
    return pd.Timestamp(value).tz_localize(ZONE) if name == "sold" else value


def check(seed: int) -> None:
    kind, files, fits, rows = made(seed)
    for name, content in files.items():
        Path(name).write_bytes(content)
    source = ReadJSON(list(files), schema=SCHEMA)
    try:
        frame = source.read()
    except MlsysError as error:
        named = [name for name in files if name in str(error)]
        assert kind in {*LINES, "an empty file", "mixed types", "words among numbers"}, f"{seed} {kind}: {error!r}"
        assert named, f"{seed} {kind}: no file named in {error}"
        return
    aside = quarantined(source)
    assert len(frame) + len(aside) == rows, f"{seed} {kind}: {len(frame)} + {len(aside)} of {rows}\n{aside}"
    assert aside["reason"].str.len().gt(0).all()
    assert aside["where"].str.contains("row |line ").all()
    by_id = frame.set_index("id")
    for row in fits:
        held = by_id.loc[int(row["id"])]
        for name in NAMES[1:]:
            value, wanted = held[name], value_of(name, row[name])
            null = wanted is None and bool(pd.isna(value))
            assert null or value == wanted, f"{seed} {kind}: {name} of row {row['id']} is {value!r}, not {wanted!r}"
    if kind not in {"mixed zones", "a name twice", "null character", "infinite by name"}:
        assert len(frame) == len(fits), f"{seed} {kind}: {len(frame)} rows fit, not {len(fits)}"


def check_refused(seed: int) -> None:
    """Without a schema, and with one that raises: data, or an error that names the file and says what to do."""
    _, files, *_ = made(seed)
    for schema in (None, SCHEMA.with_(bad_rows="raise")):
        try:
            assert len(ReadJSON(list(files), schema=schema).read())
        except DataError as error:
            assert any(name in str(error) for name in files), f"{seed}: no file named in {error}"
            assert error.remedy


@pytest.mark.parametrize("first", range(0, QUICK, AT_ONCE))
def test_broken_json_ends_in_data_or_in_an_error_that_names_it(first: int) -> None:
    for seed in range(first, first + AT_ONCE):
        check(seed)
        if seed % 4 == 0:
            check_refused(seed)


@pytest.mark.long
@pytest.mark.parametrize("first", range(QUICK, QUICK + LONG, AT_ONCE))
def test_more_broken_json_ends_in_data_or_in_an_error_that_names_it(first: int) -> None:
    for seed in range(first, first + AT_ONCE):
        check(seed)
        check_refused(seed)


def test_every_kind_is_among_the_quick_ones() -> None:
    assert {made(seed)[0] for seed in range(QUICK)} == set(KINDS)
