"""The best mitigations for a budget: which sets there are, what each comes to, which is best."""
