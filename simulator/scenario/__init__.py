"""What the user means: the scenario file as frozen, validated models."""
