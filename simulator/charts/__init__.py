"""Charts of a run for decks: `gallery` lists them; each module answers one question."""
