"""The map of a library: its geometry, its groups, its page."""
