"""The search for the slices on which a model is worst, and their confirmation on other rows."""
