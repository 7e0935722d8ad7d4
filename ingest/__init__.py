"""From sources to a searchable library: papers, passages, vectors; it prints and draws nothing."""

__version__ = "0.1.0"
