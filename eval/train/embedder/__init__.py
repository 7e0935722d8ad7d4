"""The static embedder is trained: pairs in batches, a teacher where there is one, weights out."""
