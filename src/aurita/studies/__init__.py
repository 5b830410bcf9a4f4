"""Studies: models on tasks over many seeds, records and statistics."""
