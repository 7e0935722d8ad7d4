"""File formats, one a module: text in, records out; no network."""
