"""One command a model: data in, weights and their card out; not in the wheel."""
