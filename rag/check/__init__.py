"""A person's draft against the library: every claim, its citation, the sentence that bears it."""
