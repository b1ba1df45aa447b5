"""Other libraries, each asked by one driver in an environment of its own."""
