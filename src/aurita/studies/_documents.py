"""Words for the documents that declare studies: plain tables, places in them, pairs of names."""

Labels = tuple[str, str]
"""The name of a model and the label of a task."""
Place = tuple[str | int, ...]
"""Keys, and numbers of tables in a list of tables, from the top of a document."""
