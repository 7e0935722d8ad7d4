"""Words, numbers, units, names and synonyms in plain text: knows no question and no reader."""
