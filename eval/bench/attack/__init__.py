"""Attacks on a running page: what is tried, and whether it holds."""
