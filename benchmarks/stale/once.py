"""One process: ask a library for ``z`` as the user's code makes it, and say what came."""

import json
import linecache
import sys

import pandas as pd
from library import compute

FRAME = pd.DataFrame({"x": [float(value) for value in range(1, 101)]})


def tell(values):
    """Print the quotient of z and x."""
    print("TOLD " + json.dumps({"factor": float(values.iloc[0] / FRAME["x"].iloc[0])}), flush=True)


def cell(number, source):
    """Run a notebook's cell as IPython does: compiled under a name of its own, its source kept for inspection."""
    name = f"<ipython-input-{number}>"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    exec(compile(source, name, "exec"), globals())


if len(sys.argv) > 1:
    with open(sys.argv[1], encoding="utf-8") as file:
        head, helper, function, edited = json.load(file)
    for number, source in enumerate([head, helper, function]):
        cell(number, source)
    tell(compute(z, FRAME))  # noqa: F821  defined in a cell
    print("AGAIN", flush=True)
    tell(compute(z, FRAME))  # noqa: F821
    print("EDITED", flush=True)
    cell(3, edited)
    tell(compute(z, FRAME))  # noqa: F821
else:
    import user

    tell(compute(getattr(user, "Made", None) or user.z, FRAME, user))
