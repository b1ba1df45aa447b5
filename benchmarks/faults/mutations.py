"""Input files that went wrong: text, packed text and Parquet, changed in the ways in which files are changed."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import random
import zipfile
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

HEADER = ["id", "name", "price", "sold", "day", "note"]
Rows = list[list[str]]
Mutation = Callable[[random.Random], bytes]


def rows_of(rng: random.Random) -> Rows:
    """Return rows with whole numbers, texts, decimals, truth values, dates and fields in quotes, some of them empty."""
    return [
        [
            str(number),
            f"name {number % 7}",
            "" if rng.random() < 0.1 else repr(round(rng.gauss(0, 50), rng.choice([1, 6]))),
            rng.choice(["true", "false"]),
            f"2024-{1 + number % 12:02d}-{1 + number % 28:02d}",
            rng.choice(["", "plain", "a, b", 'so "to" say', "two\nlines", "süß"]),
        ]
        for number in range(60)
    ]


def written(header: list[str], rows: Rows, separator: str = ",", end: str = "\n") -> bytes:
    """Return a table as text."""
    sink = io.StringIO()
    writer = csv.writer(sink, delimiter=separator, lineterminator=end)
    writer.writerows([header, *rows])
    return sink.getvalue().encode()


def flipped(content: bytes, rng: random.Random, low: int = 0, high: int | None = None) -> bytes:
    """Flip one or a few bits."""
    changed = bytearray(content)
    for _ in range(rng.choice([1, 1, 3, 20])):
        changed[rng.randrange(low, high or len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut(content: bytes, rng: random.Random) -> bytes:
    """Cut the end off."""
    return content[: rng.randrange(1, len(content))]


def inserted(content: bytes, rng: random.Random, what: bytes) -> bytes:
    """Put bytes in somewhere."""
    at = rng.randrange(len(content) + 1)
    return content[:at] + what + content[at:]


def taken_out(content: bytes, rng: random.Random) -> bytes:
    """Take bytes out somewhere."""
    at = rng.randrange(len(content))
    return content[:at] + content[at + rng.choice([1, 2, 40]) :]


def zeroed(content: bytes, rng: random.Random) -> bytes:
    """Write zeros over a block, as a disk does that lost it."""
    at = rng.randrange(len(content))
    lost = min(len(content) - at, rng.choice([1, 64, 512]))
    return content[:at] + bytes(lost) + content[at + lost :]


def text_cut(rng: random.Random) -> bytes:
    return cut(written(HEADER, rows_of(rng)), rng)


def text_flipped(rng: random.Random) -> bytes:
    return flipped(written(HEADER, rows_of(rng)), rng)


def text_zeroed(rng: random.Random) -> bytes:
    return zeroed(written(HEADER, rows_of(rng)), rng)


def text_inserted(rng: random.Random) -> bytes:
    more = rng.choice([b"\0", b"\xff", b"\xc3", b",", b'"', b"\n", b"\r", b";", b"\t", b" ", b"\xef\xbb\xbf", b'""'])
    return inserted(written(HEADER, rows_of(rng)), rng, more)


def text_taken_out(rng: random.Random) -> bytes:
    return taken_out(written(HEADER, rows_of(rng)), rng)


def text_twice_mutated(rng: random.Random) -> bytes:
    content = text_inserted(rng)
    for _ in range(2):
        content = rng.choice([taken_out, flipped, zeroed])(content, rng)
    return content


def lines_moved(rng: random.Random) -> bytes:
    """Lines that are lost, doubled, run into one another, or the header among the rows."""
    lines = written(HEADER, rows_of(rng)).splitlines(keepends=True)
    at = rng.randrange(1, len(lines) - 1)
    change = rng.choice(["lost", "doubled", "joined", "header", "blank", "spaces", "comment", "total", "other"])
    if change == "lost":
        del lines[at]
    elif change == "joined":
        lines[at] = lines[at].rstrip(b"\n")
    else:
        more = {"doubled": lines[at], "header": lines[0], "blank": b"\n", "spaces": b"   \n", "comment": b"# none\n",
                "total": b"Total,,3.5\n", "other": b"1;2;3;4;5;6\n"}[change]  # fmt: skip
        lines.insert(rng.choice([0, at, len(lines)]), more)
    return b"".join(lines)


def ragged(rng: random.Random) -> bytes:
    """Rows with fields too many or too few: one, some or all of them, empty or not."""
    rows = rows_of(rng)
    which = rng.choice([[rng.randrange(60)], [0], [59], range(60), range(0, 60, 7)])
    change = rng.choice(["more", "empty", "two", "fewer", "name"])
    for each in which:
        row = rows[each]
        if change == "fewer":
            del row[rng.choice([0, -1])]
        elif change == "name":  # a separator inside a text that nobody quoted, before an empty last field
            row[:] = [row[0], "Smith", " John", *row[2:-1], ""]
        else:
            row += {"more": ["extra"], "empty": [""], "two": ["", "x"]}[change]
    return written(HEADER, rows)


def header_changed(rng: random.Random) -> bytes:
    header = list(HEADER)
    change = rng.choice(["twice", "empty", "spaces", "one", "none", "quoted", "empty last", "numbers", "pandas"])
    at = rng.randrange(len(header))
    if change == "twice":
        header[at] = header[at - 1]
    elif change in {"empty", "empty last"}:
        header[at if change == "empty" else -1] = ""
    elif change == "spaces":
        header[at] = f" {header[at]} "
    elif change == "one":
        header = ["id"] * len(header)
    elif change == "quoted":
        header[at] = "a, b\nc"
    elif change == "numbers":
        header = [str(place) for place in range(len(header))]
    elif change == "pandas":
        header[at], header[at - 1] = "id", "id.1"
    else:
        return written(rows_of(rng)[0], rows_of(rng)[1:])
    return written(header, rows_of(rng))


def encoded(rng: random.Random) -> bytes:
    """Another encoding than UTF-8, for the whole file or for a part of it."""
    content = written(HEADER, rows_of(rng)).decode()
    name = rng.choice(["utf-16", "utf-16-le", "utf-8-sig", "utf-32", "cp1252", "latin-1", "utf-7", "cp037", "mixed"])
    if name == "mixed":
        half = len(content) // 2
        return content[:half].encode() + content[half:].encode("latin-1")
    return content.encode(name)


NUMBERS = [
    "12e400", "0x1F", "1_000", "١٢", "9007199254740993", "99999999999999999999", "1,234", "-0", "1e-400", "+5", "007",
    "1e5", "inf", "-Infinity", "NaN", "1.0", "1.", ".5", "5 ", " 5", "--5", "5-", "TRUE", "yes", "1e", "0b1",
    "18446744073709551615", "-9223372036854775809", "1.7976931348623157e308", "4.9e-324", "1/2", "½", "1 000", "5%",
    "$5", "0.1", "123456789012345678", "12345678901234567890.5", "N/A", "None", "-", "?", "2024-13-45", "1e+05",
    "1E5", "nan",
]  # fmt: skip


def odd_values(rng: random.Random) -> bytes:
    """A value that is no number where numbers stand, or one that types hold badly."""
    rows, value = rows_of(rng), rng.choice(NUMBERS)
    column = rng.choice([0, 2, 3])
    for each in rng.choice([[rng.randrange(60)], [0], [59], range(0, 60, 9)]):
        rows[each][column] = value
    if rng.random() < 0.4:
        rows[rng.randrange(60)][column] = ""
    return written(HEADER, rows)


def large_ids(rng: random.Random) -> bytes:
    """Whole numbers beyond 2**53, alone, beside a null, a decimal or a text."""
    rows, first = rows_of(rng), rng.choice([2**53 + 1, 2**63 - 30, 2**63, 2**64 - 70, 2**64, 10**25])
    for number, row in enumerate(rows):
        row[0] = str(first + number)
    beside = rng.choice([None, "", "2.5", "x", "-1", "7"])
    if beside is not None:
        rows[rng.randrange(60)][0] = beside
    return written(HEADER, rows)


def quotes(rng: random.Random) -> bytes:
    """Quotes that are never closed, that span fields, or that stand inside a field."""
    content = written(HEADER, rows_of(rng))
    first = content.index(b"name 5")
    second = content.index(b"name 6", first + 200)
    change = rng.choice(["open", "span", "inside", "behind", "single", "backslash"])
    if change == "open":
        return content[:first] + b'"' + content[first:]
    if change == "span":
        return content[:first] + b'"' + content[first:second] + b'"' + content[second:]
    said = {"inside": b'na"me', "behind": b'"name" 5', "single": b"'name, 5'", "backslash": b'"na\\"me"'}[change]
    return content[:first] + said + content[first + 6 :]


def ends(rng: random.Random) -> bytes:
    """Other ends of lines, none at the end, blank lines, very long fields, other separators."""
    rows = rows_of(rng)
    change = rng.choice(["\r", "\r\n", "mixed", "none", "blank", "long", "wide", "semicolon", "tab"])
    if change == "long":
        rows[5][1] = "z" * 2_000_000
    elif change == "wide":
        return written([f"c{n}" for n in range(3_000)], [[str(n) for n in range(3_000)]] * 3)
    elif change in {"semicolon", "tab"}:
        return written(HEADER, rows, ";" if change == "semicolon" else "\t")
    elif change in {"\r", "\r\n"}:
        return written(HEADER, rows, end=change)
    content = written(HEADER, rows)
    if change == "mixed":
        return content.replace(b"\n", b"\r\n", 20)
    return content.rstrip(b"\n") if change == "none" else content.replace(b"\n", b"\n\n", 30)


TINY = [
    b"", b"\n", b"a,b\n", b"a,b", b"\xef\xbb\xbf", b"\0", b"  \n \n", b",\n", b'"', b'""\n', b"\n\na\n1\n", b"a\n1",
    b"a,b\n1,2", b'"a\n', b"a\n\n\n", b"\r", b"a\r1\r", b"\xff\xfe", b"1\n2\n3\n",
]  # fmt: skip


def tiny(rng: random.Random) -> bytes:
    return rng.choice(TINY)


TEXT: tuple[Mutation, ...] = (
    text_cut, text_flipped, text_zeroed, text_inserted, text_taken_out, text_twice_mutated, lines_moved, ragged,
    header_changed, encoded, odd_values, large_ids, quotes, ends, tiny,
)  # fmt: skip

PACKED = {"gz": lambda each: gzip.compress(each, mtime=0), "bz2": bz2.compress, "xz": lzma.compress,
          "zip": lambda each: zipped({"a.csv": each})}  # fmt: skip


def zipped(files: dict[str, bytes]) -> bytes:
    """Return files as one zip file."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return sink.getvalue()


def packed(content: bytes, ending: str, rng: random.Random) -> bytes:
    """Return text that was packed, and then went wrong."""
    whole = PACKED[ending](content)
    change = rng.choice(["cut", "cut", "flipped", "flipped", "flipped", "zeroed", "inserted", "taken", "more", "odd"])
    if change == "more":
        return whole + rng.choice([b"\0" * 20, b"more", whole, PACKED[rng.choice([*PACKED])](content)])
    if change == "odd":
        return rng.choice([content, b"", whole[::-1], PACKED[ending](whole), zipped({}), PACKED[ending](b""),
                           zipped({"a.csv": content, "b.csv": content})])  # fmt: skip
    if change == "inserted":
        return inserted(whole, rng, rng.randbytes(3))
    return {"cut": cut, "flipped": flipped, "zeroed": zeroed, "taken": taken_out}[change](whole, rng)


def parquet(rng: random.Random, checksums: bool) -> bytes:
    """Return a table as Parquet, with one of the ways to write it."""
    frame = pd.DataFrame(rows_of(rng), columns=HEADER)
    price = pd.to_numeric(frame["price"])
    nested = [None if number % 9 == 4 else [number, None] for number in range(60)]
    table = pa.table(
        {
            "id": pa.array(np.arange(60) + rng.choice([0, 2**53])),
            "name": pa.array(frame["name"]).dictionary_encode() if rng.random() < 0.5 else pa.array(frame["name"]),
            "price": pa.array(price, from_pandas=True),
            "sold": pa.array([each == "true" for each in frame["sold"]]),
            "day": pa.array(pd.to_datetime(frame["day"]), pa.timestamp(rng.choice(["ns", "us", "ms"]))),
            "count": pa.array([None if number % 11 == 5 else number for number in range(60)], pa.int32()),
            "kept": pa.array(nested, pa.list_(pa.int64())),
            "note": pa.array(frame["note"]),
        }
    )
    sink = io.BytesIO()
    pq.write_table(
        table, sink, row_group_size=25, compression=rng.choice(["none", "snappy", "zstd", "gzip"]),
        data_page_version=rng.choice(["1.0", "2.0"]), use_dictionary=rng.random() < 0.5,
        write_page_checksum=checksums, data_page_size=rng.choice([200, 1 << 20]),
    )  # fmt: skip
    return sink.getvalue()


def footer_of(content: bytes) -> int:
    """Return where the footer of a Parquet file begins."""
    return len(content) - 8 - int.from_bytes(content[-8:-4], "little")


PARQUET = ("cut", "zeroed", "inserted", "taken", "pages", "footer", "footer", "groups", "swapped", "text")


def parquet_mutated(content: bytes, rng: random.Random) -> bytes:
    """Return Parquet that went wrong anywhere."""
    change = rng.choice(
        ["cut", "zeroed", "inserted", "taken", "pages", "footer", "footer", "groups", "swapped", "text"]
    )
    footer = footer_of(content)
    if change == "pages":
        return flipped(content, rng, 4, footer)
    if change == "text":  # still of the same length, but no UTF-8
        return content.replace(rng.choice([b"name 1", b"name 3", b"plain"]), b"n\xffme\xc3", rng.choice([1, 2, 9]))
    if change == "footer":
        return flipped(content, rng, footer)
    if change == "groups":  # one half of the pages where the other should be
        half = footer // 2
        return content[:4] + content[half:footer] + content[4:half] + content[footer:]
    if change == "swapped":
        other = parquet(rng, False)
        return content[:footer] + other[footer_of(other) :]
    if change == "inserted":
        return inserted(content, rng, rng.randbytes(3))
    return {"cut": cut, "zeroed": zeroed, "taken": taken_out}[change](content, rng)
