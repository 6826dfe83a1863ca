"""Judge bits and counts: arrays in, findings out."""
