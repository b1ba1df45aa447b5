"""Thumbnails of the gallery: the figure of an example drawn anew for the size at which it is looked at.

Nobody can read the letters of a shrunk figure. Here the figure itself becomes small, and its letters stay as they are.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from sphinx.application import Sphinx
from sphinx_gallery.scrapers import matplotlib_scraper

SIZE = (4.2, 2.9)
"""Inches; at 100 dots an inch a little more than the 400 by 280 dots of a thumbnail, which is shown at half of that."""


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
            figures[-1].set_size_inches(*SIZE)
            figures[-1].savefig(small, dpi=100)
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
    """Come after the gallery, which listens to the same event."""
    app.connect("builder-inited", put, priority=900)
