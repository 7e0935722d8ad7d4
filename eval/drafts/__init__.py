"""How well ``askpapers check`` judges drafts, on sentences whose faults are known."""
