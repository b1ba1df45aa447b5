"""Make the cheat sheet, HTML and PDF, from ``code.py``: ``python docs/cheat_sheet/make.py`` (the PDF needs Chromium).

Both are kept in ``docs/_static``, so that the documentation builds without a browser; a test holds them against it.
"""

from __future__ import annotations

import hashlib
import html
import keyword
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from mlsys import Step

HERE = Path(__file__).parent
STATIC = HERE.parent / "_static"
ASIDE = """
What a step is decides what it may see. Steps that learn get training rows; test rows stay sealed until
<code>final_test()</code>. Runs inform, gates refuse.
"""
STYLE = """
@page { size: A4 landscape; margin: 7mm; }
* { box-sizing: border-box; }
body { font: 8.6px/1.36 system-ui, "DejaVu Sans", sans-serif; color: #1d2b33; background: #fff;
  margin: 0 auto; max-width: 1080px; }
header { display: flex; align-items: baseline; gap: 14px; margin: 0 0 6px; border-bottom: 2.5px solid #0b6e99; }
h1 { font-size: 21px; margin: 0; color: #0b6e99; white-space: nowrap; }
header p { margin: 0; font-size: 9.5px; }
main { columns: 3; column-gap: 9px; }
section { break-inside: avoid; margin: 0 0 7px; border: 1px solid #cfdbe1; border-radius: 4px; overflow: hidden; }
h2 { font-size: 10px; margin: 0; padding: 2px 6px; background: #e6f1f6; color: #0b4f6e; }
pre { margin: 0; padding: 4px 6px; font: 7.9px/1.7 "DejaVu Sans Mono", monospace; white-space: pre; overflow: hidden; }
.c { color: #5f7480; } .k { color: #9c2f6b; } .s { color: #2f6b2a; }
@media screen {
  body { padding: 12px; font-size: 11px; max-width: 1500px; } main { columns: 3 380px; }
  header p, h2 { font-size: 13px; } pre { font-size: 10.4px; overflow-x: auto; }
}
"""
TOKEN = re.compile(r"(?P<c>#.*)|(?P<s>\"[^\"]*\")|(?P<k>\b(?:" + "|".join(keyword.kwlist) + r")\b)")


def boxes() -> dict[str, str]:
    """Return the boxes of the sheet, in order: title and code; commands of the shell are the last."""
    text = (HERE / "code.py").read_text(encoding="utf-8")
    before, *parts = re.split(r"^# == (.+)\n", text, flags=re.MULTILINE)
    found = {title: code.strip("\n") for title, code in zip(parts[::2], parts[1::2], strict=True)}
    shell = re.search(r'^SHELL = """\n(.*?)"""', before, re.MULTILINE | re.DOTALL)
    assert shell is not None
    return {**found, "In a terminal": shell[1].strip("\n"), "What a step may see": kinds()}


def kinds() -> str:
    """Return what each kind of step sees and whether it serves, a line each."""
    shown = [
        each for each in Step.__subclasses__() if each.kind == each.__name__ and each.__module__.startswith("mlsys.")
    ]
    return "\n".join(
        f"{each.kind:<13} {each.facts.sees:<12} {'serves' if each.facts.serves else ''}".rstrip() for each in shown
    )


def page() -> str:
    """Return the sheet as one page of HTML; its title ends with the digest of what it says."""
    made = "\n".join(f"<section><h2>{html.escape(title)}</h2><pre>{_set(code)}</pre></section>"
                     for title, code in boxes().items())  # fmt: skip
    body = f"<header><h1>mlsys</h1><p>{ASIDE.strip()}</p></header>\n<main>\n{made}\n</main>"
    digest = hashlib.sha256((STYLE + body).encode()).hexdigest()[:12]
    head = f'<meta charset="utf-8"><title>mlsys cheat sheet {digest}</title><style>{STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{body}</body></html>\n'


def _set(code: str) -> str:
    """Return code with comments, texts and keywords marked."""

    def marked(found: re.Match[str]) -> str:
        return f'<span class="{found.lastgroup}">{html.escape(found[0])}</span>'

    pieces, place = [], 0
    for found in TOKEN.finditer(code):
        pieces += [html.escape(code[place : found.start()]), marked(found)]
        place = found.end()
    return "".join([*pieces, html.escape(code[place:])])


def main() -> None:
    """Write both files."""
    sheet = STATIC / "cheat_sheet.html"
    sheet.write_text(page(), encoding="utf-8")
    browser = shutil.which("chromium")
    if browser is None:
        raise SystemExit("the PDF was not made: there is no chromium here")
    with tempfile.TemporaryDirectory() as folder:
        asked = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={folder}"]
        pdf = f"--print-to-pdf={STATIC / 'cheat_sheet.pdf'}"
        subprocess.run([browser, *asked, pdf, sheet.as_uri()], check=True, capture_output=True)


if __name__ == "__main__":
    main()
