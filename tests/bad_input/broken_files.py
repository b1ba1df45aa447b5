"""Files that are broken in many ways, made from a seed, and what Python's own reader says of them."""

from __future__ import annotations

import csv
import datetime
import io
import math
import random
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from mlsys import Column, Schema

NAMES = ["id", "count", "amount", "plan", "sold", "paid", "note"]
PLANS = ["free", "pro", "team"]
ZONE = "Europe/Berlin"
SCHEMA = Schema(
    {
        "id": Column(int, unique=True),
        "count": Column(int, null=True, least=0),
        "amount": Column(float, null=True, least=-1000, greatest=1e6),
        "plan": PLANS,
        "sold": Column("datetime", zone=ZONE),
        "paid": Column(bool, null=True),
        "note": Column(str, null=True),
    },
    bad_rows="quarantine",
    most=1.0,
)
NULLS = frozenset(
    ["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"]
    + ["NULL", "NaN", "None", "n/a", "nan", "null"]
)
"""Texts that pandas takes for null."""


@dataclass
class Broken:
    """Files as bytes, by name, and what is wrong with them."""

    files: dict[str, bytes]
    kinds: list[str]
    refused: bool = False
    """Whether no reader could make rows of it, so that an error is the only right answer."""
    unread: bool = False
    """Whether a reader may refuse the whole file, or set rows aside."""
    schema: Schema = field(default_factory=lambda: SCHEMA)

    def write(self) -> list[str]:
        """Write the files here, and return their names."""
        for name, content in self.files.items():
            Path(name).write_bytes(content)
        return list(self.files)


def rows_of(random_: random.Random, rows: int, start: int) -> list[list[str]]:
    """Return rows of text that fit the schema."""
    made = []
    for row in range(start, start + rows):
        moment = datetime.datetime(2023, 5, 1) + datetime.timedelta(minutes=random_.randrange(80_000))
        made.append([
            str(row),
            random_.choice(["", str(random_.randrange(50)), str(2**53 + row)]),
            random_.choice(["", "NA", f"{random_.uniform(-900, 9e5):.6g}", f"{random_.randrange(90)}"]),
            random_.choice(PLANS),
            moment.isoformat(sep=random_.choice("T ")),
            random_.choice(["", "True", "False"]),
            random_.choice(["", "plain", "with, comma", 'a "quoted" word', "zwölf", "two\nlines"]),
        ])  # fmt: skip
    return made


def text_of(rows: Sequence[Sequence[str]], header: Sequence[str] = NAMES) -> str:
    """Return rows as CSV."""
    made = io.StringIO()
    csv.writer(made, lineterminator="\n").writerows([header, *rows])
    return made.getvalue()


def _values(column: str, *texts: str) -> Callable[[random.Random, list[list[str]]], None]:
    """Return what puts odd texts into a column of some rows."""

    def put(random_: random.Random, rows: list[list[str]]) -> None:
        for row in random_.sample(rows, max(1, len(rows) // 5)):
            row[NAMES.index(column)] = random_.choice(texts)

    return put


def _ragged(random_: random.Random, rows: list[list[str]]) -> None:
    for row in random_.sample(rows, max(1, len(rows) // 6)):
        if random_.random() < 0.5:
            del row[random_.randrange(1, len(row)) :]
        else:
            row.extend(["more"] * random_.randrange(1, 4))


def _repeated(random_: random.Random, rows: list[list[str]]) -> None:
    rows[-1][0] = rows[0][0]


IN_ROWS: dict[str, Callable[[random.Random, list[list[str]]], None]] = {
    "mixed types": _values("count", "many", "3 or 4", "1.5", "0x10", "1_000"),
    "words among numbers": _values("amount", "free", "1,5", "--", "1.2.3", "€ 5"),
    "timestamps out of range": _values("sold", "0000-00-00", "2023-13-01", "1-1-1", "292300-01-01", "2023-02-30T10:00"),
    "mixed zones": _values("sold", "2023-06-01T10:00Z", "2023-06-01T10:00+05:30"),
    "hours that clocks skip or show twice": _values("sold", "2023-03-26T02:30", "2023-10-29T02:30"),
    "infinities": _values("amount", "inf", "-Infinity", "1e999"),
    "beyond 64 bits": _values("count", str(2**64), str(-(2**70)), "9" * 40, str(2**63)),
    "beyond the range": _values("count", "-1", "-9"),
    "unknown level": _values("plan", "gold", "PRO", ""),
    "odd truth": _values("paid", "perhaps", "2", "T"),
    "huge field": _values("note", "x" * 300_000),
    "ragged": _ragged,
    "repeated id": _repeated,
}


def _truncated(random_: random.Random, content: bytes) -> bytes:
    return content[: random_.randrange(content.index(b"\n") + 2, len(content))]


def _with_null(random_: random.Random, content: bytes) -> bytes:
    at = random_.randrange(content.index(b"\n") + 1, len(content))
    return content[:at] + b"\0" + content[at:]


IN_BYTES: dict[str, Callable[[random.Random, bytes], bytes]] = {
    "truncated": _truncated,
    "wrong encoding": lambda random_, content: (content + "9999,1,1,pro,2023-06-01,True,zwölf\n".encode()).decode()
    .encode("latin-1"),
    "null character": _with_null,
    "duplicate header": lambda random_, content: content.replace(b"count", b"amount", 1),
    "no such column": lambda random_, content: content.replace(b"plan", b"plans", 1),
    "blank lines": lambda random_, content: content.replace(b"\n", b"\n\n", 1) + b"\n  \n",
    "other line ends": lambda random_, content: content.replace(b"\n", b"\r\n"),
}  # fmt: skip
REFUSED = frozenset({"wrong encoding", "null character", "duplicate header", "no such column"})
OF_FILES = ("an empty file", "a file without rows", "other type in a file")
KINDS = (*IN_ROWS, *IN_BYTES, *OF_FILES)


def broken(seed: int) -> Broken:
    """Return files of a kind that the seed tells; of every third seed with a second thing wrong in the rows."""
    random_ = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    rows = rows_of(random_, random_.randrange(8, 40), 0)
    kinds = [kind]
    if seed % 3 == 0:
        kinds.append(random_.choice(list(IN_ROWS)))
    for each in sorted({*kinds} & {*IN_ROWS}, key=lambda each: each == "ragged"):  # which moves columns, at last
        IN_ROWS[each](random_, rows)
    content = text_of(rows).encode()
    if kind in IN_BYTES:
        content = IN_BYTES[kind](random_, content)
    files = {"a.csv": content}
    if kind in OF_FILES or random_.random() < 0.3:
        more = rows_of(random_, 10, 1000)
        if kind == "other type in a file":
            for row in more:
                row[1], row[2] = random_.choice(["few", "many"]), "n.a."
        files["b.csv"] = text_of(more).encode()
    if kind == "an empty file":
        files["c.csv"] = b""
    if kind == "a file without rows":
        files["c.csv"] = text_of([]).encode()
    return Broken(files, kinds, refused=kind in REFUSED or kind == "an empty file", unread=kind == "truncated")


@dataclass
class Read:
    """What Python's own reader makes of files: rows that fit, and how many there are in all."""

    fit: list[list[object]]
    rows: int


def read_by_python(files: dict[str, bytes]) -> Read:
    """Read records by the csv module and each value by the plain words of the schema."""
    csv.field_size_limit(sys.maxsize)
    fit: list[list[object]] = []
    rows, seen = 0, set()
    for content in files.values():
        records = list(csv.reader(io.StringIO(content.decode(), newline="")))
        for record in [each for each in records if each and not (len(each) == 1 and not each[0].strip())][1:]:
            rows += 1
            if len(record) != len(NAMES):
                continue
            number = _whole(record[0])
            repeated = number in seen
            seen.add(number)
            values = [_value(name, text) for name, text in zip(NAMES, record, strict=True)]
            if not repeated and not any(value is BAD for value in values):
                fit.append(values)
    return Read(fit, rows)


BAD = object()


def _whole(text: str) -> object:
    if not re.fullmatch(r"\s*[+-]?[0-9]+\s*", text):
        return BAD
    return int(text) if -(2**63) <= int(text) < 2**63 else BAD


def _value(name: str, text: str) -> object:
    if text in NULLS:
        return None if name in {"count", "amount", "paid", "note"} else BAD
    if name == "id":
        return _whole(text)
    if name == "count":
        number = _whole(text)
        return BAD if number is BAD or int(str(number)) < 0 else number
    if name == "amount":
        try:
            amount = float(text.replace("_", "x"))
        except ValueError:
            return BAD
        return amount if math.isfinite(amount) and -1000 <= amount <= 1e6 else BAD
    if name == "plan":
        return text if text in PLANS else BAD
    if name == "paid":
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(text.lower(), BAD)
    return text if name == "note" else _moment(text)


def _moment(text: str) -> object:
    """Return a moment in the zone; times with an offset stand beside others without, and are bad."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return BAD
    if moment.tzinfo is not None:
        return moment.astimezone(ZoneInfo(ZONE))
    local = moment.replace(tzinfo=ZoneInfo(ZONE))
    known = local.astimezone(datetime.UTC).astimezone(ZoneInfo(ZONE)).replace(tzinfo=None) == moment
    twice = local.utcoffset() != local.replace(fold=1).utcoffset()
    return local if known and not twice else BAD
