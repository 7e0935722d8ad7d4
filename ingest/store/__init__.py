"""The truth of a library on disk: papers, passages, vectors, and who may write; knows no index."""
