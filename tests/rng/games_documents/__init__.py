"""Known answers of the bundled games, from formulas that share nothing with their documents."""
