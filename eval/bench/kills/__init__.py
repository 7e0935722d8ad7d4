"""Commands that are killed, or whose clock, disk or server fails: what is left of the library."""
