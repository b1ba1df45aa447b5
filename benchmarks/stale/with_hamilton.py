"""How Hamilton is asked for ``z``: a node named so in a module, with its cache."""

from hamilton import ad_hoc_utils, driver


def compute(made, frame, module=None):
    """Return the value of the node."""
    module = module or ad_hoc_utils.create_temporary_module(made)
    built = driver.Builder().with_modules(module).with_cache(path="cache").build()
    return built.execute(["z"], inputs={"frame": frame})["z"]
