"""Parts of the benchmark of feature steps: a table, and its jobs by each side."""
