"""The gallery: one flat folder, with thumbnails that are drawn for the size at which they are looked at.

Nobody can read the letters of a shrunk figure. Here the figure itself becomes small, and its letters stay as they are.
"""

from __future__ import annotations

import re
import shutil
import textwrap
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, DateLocator
from matplotlib.figure import Figure
from matplotlib.ticker import AutoLocator, MaxNLocator
from sphinx.application import Sphinx
from sphinx_gallery import gen_gallery
from sphinx_gallery.scrapers import matplotlib_scraper

SIZE = (4.2, 2.9)
"""Inches of a thumbnail with one picture."""
WIDER = 1.9
"""How much more room several pictures beside one another have."""
DOTS = 420
"""Across: a little more than the 400 of the gallery."""
LETTERS = 34
"""Of a label on one line, where there is room for one picture."""


def order(path: str) -> tuple[bool, str]:
    """Order examples by number; the one without, the longest, comes last."""
    return not Path(path).stem.startswith("plot_"), path


def shrink(figure: Figure) -> float:
    """Make a figure small: fewer ticks, labels on more lines; return how much wider than a single picture it is."""
    wider = WIDER if len(figure.axes) > 1 else 1.0
    figure.set_size_inches(SIZE[0] * wider, SIZE[1] * wider)
    for ax in figure.axes:
        room = int(LETTERS * wider / max(1, ax.get_subplotspec().get_gridspec().ncols if ax.get_subplotspec() else 1))
        ax.set_xlabel(textwrap.fill(ax.get_xlabel(), max(room, 12), break_long_words=False))
        ax.set_ylabel(textwrap.fill(ax.get_ylabel(), 24))
        if isinstance(ax.xaxis.get_major_locator(), DateLocator):
            dates = AutoDateLocator(maxticks=4)
            ax.xaxis.set_major_locator(dates)
            ax.xaxis.set_major_formatter(ConciseDateFormatter(dates))
        elif isinstance(ax.xaxis.get_major_locator(), AutoLocator):
            ax.xaxis.set_major_locator(MaxNLocator(3))
    return wider


def keep_small(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any], **options: Any) -> str:
    """Save the figures of a cell for the page, and the last of them once more as a thumbnail."""
    figures = [plt.figure(number) for number in plt.get_fignums()]
    text: str = matplotlib_scraper(block, block_vars, gallery_conf, bbox_inches="tight", **options)
    if figures:
        source = Path(block_vars["src_file"])
        wanted = re.search(r"# sphinx_gallery_thumbnail_number = (\d+)", source.read_text(encoding="utf-8"))
        paths = block_vars["image_path_iterator"].paths
        small = Path(paths[-1]).parent / "small" / f"{source.stem}.png"
        if len(paths) <= int(wanted[1] if wanted else 1):
            small.parent.mkdir(exist_ok=True)
            wider = shrink(figures[-1])
            figures[-1].savefig(small, dpi=DOTS / SIZE[0] / wider)
    return text


def _get_sg_image_scraper() -> Any:
    """Tell the gallery the scraper of this module, which is named in its configuration."""
    return keep_small


def put(app: Sphinx) -> None:
    """Put what was kept in the place of the shrunk figures."""
    images = Path(app.srcdir) / "auto_examples" / "images"
    for small in images.glob("small/*.png"):
        shutil.copyfile(small, images / "thumb" / f"sphx_glr_{small.stem}_thumb.png")


def setup(app: Sphinx) -> None:
    """Put the thumbnails after the gallery was made; what runs leave beside the examples is no part of it."""
    gen_gallery.get_subsections = lambda *_, **__: []
    app.connect("builder-inited", put, priority=900)
