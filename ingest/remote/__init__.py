"""A library on a Chroma server or on Chroma Cloud: passages as documents of one collection."""
