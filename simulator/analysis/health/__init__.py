"""Schedule health: what is wrong with a plan before anybody simulates it."""
