"""LeakBench: small pipelines that leak, their clean twins, and what is expected to be said of each."""
