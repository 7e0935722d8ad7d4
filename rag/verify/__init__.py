"""Whether a sentence is borne out by its sources: figures, names, negation, direction; writes
nothing.
"""
