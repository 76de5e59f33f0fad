"""The kinds of distribution that a scenario may name, one frozen class each."""
