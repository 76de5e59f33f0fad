"""What runs mean: what costs the days and the money, and what would change it."""
