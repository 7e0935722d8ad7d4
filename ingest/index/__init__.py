"""The indexes derived from the truth: built, caught up, searched; losing one loses nothing."""
