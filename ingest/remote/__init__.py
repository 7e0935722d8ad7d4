"""A library on a server: the wire, the lease, the log; answers are made elsewhere."""
