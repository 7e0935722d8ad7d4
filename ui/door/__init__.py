"""The door: who is let in, from where, and what each may ask; knows nothing of papers."""
