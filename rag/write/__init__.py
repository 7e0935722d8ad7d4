"""Answers by a language model: what it is shown, its text as it comes, checked and repaired."""
