"""Draw the layers of the source as ``pyproject.toml`` has them, and three paths through them."""

from __future__ import annotations

import tomllib
from pathlib import Path

from matplotlib.figure import Figure

PATHS = {
    "a row": (["pipeline", "plan", "data", "engines", "execution", "steps", "execution"], "#2b6ca3"),
    "a result": (["evaluation", "execution", "run", "outcome", "tracking"], "#3a7d44"),
    "a request": (["serving", "execution", "steps", "serving"], "#b3405b"),
}
"""Packages that each passes, in order."""
SHOWN = (
    "pipeline run serving outcome audit execution plan tracking overview leakage cache data steps engines tables "
    "states usercode"
)


def layers_of(pyproject: Path) -> list[list[str]]:
    """Return the packages of each layer, the uppermost first."""
    contracts = tomllib.loads(pyproject.read_text())["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["id"] == "layers")
    named = [[name.strip() for name in layer.split("|")] for layer in layers]
    return [layer for layer in named if layer[0] in SHOWN.split()]


def draw(pyproject: Path, picture: Path) -> None:
    """Write the picture as SVG."""
    layers = layers_of(pyproject)
    figure = Figure(figsize=(9, 0.42 * len(layers) + 0.8), layout="constrained")
    axes = figure.subplots()
    height = {}
    for place, layer in enumerate(layers):
        y = len(layers) - place
        height.update(dict.fromkeys(layer, y))
        axes.barh(y, 5.9, left=0.0, height=0.78, color="#eef2f6", edgecolor="#b8c4d0")
        axes.text(0.12, y, "   ".join(layer), va="center", fontsize=8.5, color="#1d2733")
    for column, (name, (packages, color)) in enumerate(PATHS.items()):
        xs = [6.5 + 1.25 * column + 0.16 * step for step in range(len(packages))]
        ys = [height[package] for package in packages]
        axes.plot(xs, ys, "-o", color=color, markersize=4, linewidth=1.6)
        axes.annotate("", (xs[-1], ys[-1]), (xs[-2], ys[-2]), arrowprops={"arrowstyle": "->", "color": color})
        axes.text(sum(xs) / len(xs), len(layers) + 0.75, name, ha="center", fontsize=9, color=color)
    axes.set(xlim=(0, 10.6), ylim=(0.4, len(layers) + 1.2))
    axes.axis("off")
    figure.savefig(picture, metadata={"Date": None})
