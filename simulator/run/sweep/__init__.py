"""Many variants of a scenario, each a row of one table: what is varied, where, and by whom."""
