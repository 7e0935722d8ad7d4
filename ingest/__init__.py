"""From sources to a searchable library: papers, passages, vectors; it prints and draws nothing."""
