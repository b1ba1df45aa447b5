"""Whether code is the user's own or belongs to Python, to an installed package or to this library."""

from __future__ import annotations

import functools
import re
import sys
import sysconfig


def is_installed(module: str | None) -> bool:
    """Whether a module belongs to Python, to an installed package or to this library.

    Notes
    -----
    The location of the module's file decides; a module without a file belongs to its package. Without either, a module
    in which Python code ran, such as a notebook's, is the user's, and one made by compiled code is installed. An
    editable installation counts as the user's code, because it is edited.

    Examples
    --------
    >>> is_installed("json"), is_installed("__main__")
    (True, False)
    """
    top = (module or "").partition(".")[0]
    if not module or top in {"__main__", "__mp_main__"}:  # whatever file it was started from, others have another one
        return False
    if top in sys.stdlib_module_names or top == "mlsys":
        return True
    name = module
    while name:
        loaded = sys.modules.get(name)
        place = getattr(loaded, "__file__", None) or next(iter(getattr(loaded, "__path__", None) or ()), None)
        if place:
            return lies_among_packages(str(place))
        name = name.rpartition(".")[0]
    made = sys.modules.get(module)
    return made is not None and "__builtins__" not in vars(made)


@functools.lru_cache(maxsize=4096)
def lies_among_packages(file: str) -> bool:
    """Say whether a file lies where packages are installed: for all, for one user, or with the interpreter.

    Examples
    --------
    >>> lies_among_packages("/home/me/.local/lib/python3.12/site-packages/six.py"), lies_among_packages("/home/me/a.py")
    (True, False)
    """
    parts = re.split(r"[\\/]", file)
    if "site-packages" in parts or "dist-packages" in parts:
        return True
    places = {sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib", "platstdlib")}
    return any(file.startswith(f"{place}{end}") for place in places if place for end in "/\\")
