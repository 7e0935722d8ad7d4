"""From sources to a searchable library: papers, passages, vectors; it prints and draws nothing."""

import os

# From 1.29 on ONNX Runtime reports to its makers as soon as it is imported, unless this is set
# before. Nothing is sent from here that nobody asked for; who wants it to can set it to 0.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "0.1.0"
