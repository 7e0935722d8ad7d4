"""Answers that models write, beside the quoted ones."""
