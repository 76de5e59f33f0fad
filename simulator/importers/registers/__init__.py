"""Risk registers of other tools: tables of risks in, and the risks of a scenario out."""
