"""Benchmarks, ablations and tests to destruction: each a command, none in the wheel."""
