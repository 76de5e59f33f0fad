"""The compiled engine: kernels over a few hundred iterations at a time, for the cache's sake."""
