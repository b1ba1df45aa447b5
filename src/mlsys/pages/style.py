"""The one style sheet: light and dark, narrow and wide; contrast of text is at least 4.5 to 1 in both."""

from __future__ import annotations

LIGHT = {
    "bg": "#ffffff", "soft": "#f4f6f8", "fg": "#1f2328", "dim": "#57606a", "line": "#d0d7de", "accent": "#0b5d8a",
    "bar": "#cfe3f1", "other": "#6b7280", "good": "#0a5c3f", "good-bg": "#e2f5ec", "watch": "#704700",
    "watch-bg": "#fff1cf", "bad": "#9b1237", "bad-bg": "#fde7ec",
}  # fmt: skip
DARK = {
    "bg": "#1b1f24", "soft": "#262b31", "fg": "#e6e8eb", "dim": "#aab2bd", "line": "#454c55", "accent": "#7cc4ef",
    "bar": "#2b4a5e", "other": "#9aa3ae", "good": "#83d9ae", "good-bg": "#12352a", "watch": "#f3cb79",
    "watch-bg": "#3b2e11", "bad": "#ffa3b4", "bad-bg": "#45161f",
}  # fmt: skip

_THEMES = {
    "light": ('[data-jp-theme-light="true"]', 'html[data-theme="light"]', "body.vscode-light"),
    "dark": ('[data-jp-theme-light="false"]', 'html[data-theme="dark"]', "body.vscode-dark"),
}
"""How notebooks and documentation declare their theme, which overrides the system's."""

_RULES = """
.mlsys{background:var(--bg);color:var(--fg);border:1px solid var(--line);border-radius:8px;padding:12px 16px;
margin:4px 0;max-width:980px;box-sizing:border-box;
font:13px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
.mlsys *{box-sizing:border-box}
.mlsys h3,.mlsys h4{margin:10px 0 4px;font-weight:600;color:var(--fg);line-height:1.3}
.mlsys h3{font-size:15px;margin-top:0}.mlsys h4{font-size:13px}
.mlsys p{margin:4px 0}.mlsys a{color:var(--accent)}.mlsys .dim,.mlsys small{color:var(--dim);font-size:12px}
.mlsys .tone{display:inline-block;font-weight:600;border-radius:10px;padding:0 8px;margin-right:4px}
.mlsys td .tone{white-space:nowrap}.mlsys td svg{max-width:none}
.mlsys .good{color:var(--good);background:var(--good-bg)}.mlsys .watch{color:var(--watch);background:var(--watch-bg)}
.mlsys .bad{color:var(--bad);background:var(--bad-bg)}.mlsys .plain{color:var(--fg);background:var(--soft)}
.mlsys .banner{border-left:4px solid currentColor;border-radius:4px;padding:6px 10px;margin:6px 0}
.mlsys .scroll{overflow-x:auto;max-width:100%}
.mlsys table{border-collapse:collapse;margin:4px 0;color:var(--fg);background:transparent;font-size:13px;border:0}
.mlsys tr,.mlsys tbody tr:nth-child(odd),.mlsys tbody tr:hover{background:transparent;color:var(--fg)}
.mlsys th,.mlsys td{padding:2px 12px 2px 0;text-align:left;vertical-align:top;border:0;color:var(--fg);
white-space:normal}
.mlsys .grid th{white-space:nowrap;font-weight:600;color:var(--dim);border-bottom:1px solid var(--line)}
.mlsys .grid td{border-bottom:1px solid var(--soft)}.mlsys .grid tr>*:last-child{padding-right:0}
.mlsys .num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.mlsys .lines td:first-child{color:var(--dim);white-space:nowrap}
.mlsys ul{margin:4px 0;padding-left:18px}.mlsys li{margin:2px 0}
.mlsys pre{background:var(--soft);color:var(--fg);border-radius:6px;padding:8px 10px;margin:6px 0;overflow-x:auto;
font:12px/1.45 ui-monospace,"DejaVu Sans Mono",monospace;white-space:pre}
.mlsys details{margin:6px 0}.mlsys summary{cursor:pointer;color:var(--accent)}
.mlsys svg{max-width:100%;height:auto;display:block}.mlsys svg text{fill:var(--fg);
font:12px system-ui,"DejaVu Sans",sans-serif}
.mlsys .axis{display:grid;grid-template-columns:minmax(90px,max-content) minmax(140px,420px) max-content;
gap:1px 14px;margin:6px 0;align-items:center}
.mlsys .axis>div{display:contents}.mlsys .axis svg{width:100%;height:22px}
.mlsys .axis span:first-child{text-align:right;overflow-wrap:anywhere}
.mlsys .strong{font-weight:600}.mlsys .whole{white-space:nowrap}
.mlsys svg .dim{fill:var(--dim);font-size:11px}.mlsys svg .strong{font-weight:600}
.mlsys img{max-width:100%;background:#fff;border-radius:6px}.mlsys .greyed{opacity:.75;--dim:var(--fg)}
.mlsys .sides{display:flex;flex-wrap:wrap;gap:4px 32px}.mlsys .sides>*{min-width:0}
.mlsys .find{font:inherit;color:var(--fg);background:var(--soft);border:1px solid var(--line);border-radius:6px;
padding:4px 10px;margin:4px 0 6px;width:100%;max-width:340px}.mlsys .find::placeholder{color:var(--dim);opacity:1}
.mlsys tr[hidden]{display:none}@media (scripting:none){.mlsys .find{display:none}}
.mlsys .said{min-width:190px}
.mlsys .bars{min-width:132px;max-width:220px}.mlsys .bar{display:flex;justify-content:space-between;gap:8px;
border-radius:3px;padding:0 5px;margin:1px 0;font-size:12px;line-height:17px;
background:linear-gradient(var(--bar),var(--bar)) no-repeat var(--soft)}
.mlsys .bar span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;min-width:0}
.mlsys .bar b{font-weight:400;font-variant-numeric:tabular-nums;white-space:nowrap}
.mlsys small{display:inline-block;line-height:1.35}.mlsys div:has(>svg)+small{white-space:nowrap}
.mlsys .scroll .grid tr>:first-child{position:sticky;left:0;background:var(--bg)}
.mlsys .flow{max-width:640px}.mlsys .stretch{border:1px solid var(--line);border-radius:8px;padding:4px 10px 10px}
.mlsys .shaded{background:var(--soft)}.mlsys .stage{border:1px solid var(--line);border-radius:6px;
padding:6px 10px;background:var(--bg)}.mlsys .stage.marked{border:2px solid var(--accent)}
.mlsys .stage details{margin:2px 0 0;font-size:12px}.mlsys .stage pre{white-space:pre-wrap;overflow-wrap:anywhere}
.mlsys .arrow{text-align:center;color:var(--dim);line-height:20px}.mlsys .parts{text-align:center}
.mlsys .chip{display:inline-block;border:1px solid var(--line);border-radius:9px;padding:0 8px;margin:3px 4px 0 0;
font-size:12px;background:var(--soft);color:var(--fg)}
.mlsys .moments{display:flex;flex-wrap:wrap;max-width:640px;margin:8px 0}.mlsys .mark{flex:1 1 150px;
border-top:3px solid var(--other);padding:4px 10px 4px 0}.mlsys .mark small{display:block}
.mlsys .mark.known{border-color:var(--accent)}.mlsys .mark.known b{color:var(--accent)}
@media (max-width:600px){.mlsys{padding:10px}
.mlsys .axis{display:block}.mlsys .axis>div{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 14px}
.mlsys .axis span:first-child{text-align:left}.mlsys .axis svg{order:3}.mlsys .axis .dim{margin-right:auto}
.mlsys .lines td{display:block;padding-right:0}}
"""


def style() -> str:
    """Return the style sheet for all displays."""
    light, dark = (_theme(each) for each in (LIGHT, DARK))
    themes = "".join(
        f"{','.join(f'{where} .mlsys' for where in _THEMES[name])}{{{colours}}}"
        for name, colours in (("light", light), ("dark", dark))
    )
    preferred = f"@media (prefers-color-scheme:dark){{.mlsys{{{dark}}}}}"
    return f".mlsys{{{light}}}{preferred}{themes}{''.join(_RULES.strip().splitlines())}"


def _theme(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())
