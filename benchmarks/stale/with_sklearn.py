"""How scikit-learn is asked for ``z``: a pipeline with ``memory=``."""

from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer


def compute(made, frame, module=None):
    """Return the column that a function or a transformer makes; the last step of a pipeline is never cached."""
    step = made() if isinstance(made, type) else FunctionTransformer(made)
    result = make_pipeline(step, "passthrough", memory="cache").fit_transform(frame)
    return result["z"] if isinstance(made, type) else result
