"""Units as they are written beside a figure, what each measures, and its size."""

from __future__ import annotations

# unit as written -> (what it measures, factor to the base unit). Attached, after a space or hyphen.
UNITS: dict[str, tuple[str, float]] = {
    "%": ("percent", 1), "percent": ("percent", 1), "per cent": ("percent", 1),
    "percentage point": ("percent", 1), "percentage points": ("percent", 1),
    "points": ("points", 1), "point": ("points", 1),
    "x": ("times", 1), "X": ("times", 1), "×": ("times", 1), "fold": ("times", 1),
    "times": ("times", 1), "\\times": ("times", 1), "$\\times$": ("times", 1),
    "order of magnitude": ("orders", 1), "orders of magnitude": ("orders", 1),
    "bytes": ("bytes", 1), "KB": ("bytes", 1e3), "kB": ("bytes", 1e3), "MB": ("bytes", 1e6),
    "gb": ("bytes", 1e9), "mb": ("bytes", 1e6),  # as people type it
    "GB": ("bytes", 1e9), "TB": ("bytes", 1e12), "PB": ("bytes", 1e15), "KiB": ("bytes", 1e3),
    "MiB": ("bytes", 1e6), "GiB": ("bytes", 1e9), "TiB": ("bytes", 1e12), "G": ("bytes", 1e9),
    "kilobytes": ("bytes", 1e3), "megabytes": ("bytes", 1e6), "gigabytes": ("bytes", 1e9),
    "terabytes": ("bytes", 1e12), "petabytes": ("bytes", 1e15),
    "bit": ("bits", 1), "bits": ("bits", 1),
    "ns": ("seconds", 1e-9), "nanoseconds": ("seconds", 1e-9), "us": ("seconds", 1e-6),
    "µs": ("seconds", 1e-6), "μs": ("seconds", 1e-6), "microseconds": ("seconds", 1e-6),
    "ms": ("seconds", 1e-3), "milliseconds": ("seconds", 1e-3), "s": ("seconds", 1),
    "sec": ("seconds", 1), "secs": ("seconds", 1), "seconds": ("seconds", 1),
    "second": ("seconds", 1), "min": ("seconds", 60), "mins": ("seconds", 60),
    "minute": ("seconds", 60), "minutes": ("seconds", 60), "h": ("seconds", 3600),
    "hr": ("seconds", 3600), "hrs": ("seconds", 3600), "hour": ("seconds", 3600),
    "hours": ("seconds", 3600), "day": ("seconds", 86400), "days": ("seconds", 86400),
    "week": ("seconds", 604800), "weeks": ("seconds", 604800), "month": ("months", 1),
    "months": ("months", 1), "year": ("months", 12), "years": ("months", 12),
    "Hz": ("hertz", 1), "kHz": ("hertz", 1e3), "MHz": ("hertz", 1e6), "GHz": ("hertz", 1e9),
    "mW": ("watts", 1e-3), "W": ("watts", 1), "kW": ("watts", 1e3), "MW": ("watts", 1e6),
    "watts": ("watts", 1), "mJ": ("joules", 1e-3), "J": ("joules", 1), "kJ": ("joules", 1e3),
    "Wh": ("joules", 3600), "kWh": ("joules", 3.6e6), "MWh": ("joules", 3.6e9),
    "bps": ("bits/s", 1), "Kbps": ("bits/s", 1e3), "Mbps": ("bits/s", 1e6),
    "Gbps": ("bits/s", 1e9), "Gb/s": ("bits/s", 1e9), "GB/s": ("bytes/s", 1e9),
    "TB/s": ("bytes/s", 1e12), "MB/s": ("bytes/s", 1e6), "FPS": ("frames/s", 1),
    "fps": ("frames/s", 1), "frames per second": ("frames/s", 1),
    "tokens/s": ("tokens/s", 1), "tokens per second": ("tokens/s", 1),
    "tokens/sec": ("tokens/s", 1), "tokens/second": ("tokens/s", 1),
    "GFLOPs": ("flops", 1e9), "TFLOPs": ("flops", 1e12), "PFLOPs": ("flops", 1e15),
    "GFLOPS": ("flops", 1e9), "TFLOPS": ("flops", 1e12), "PFLOPS": ("flops", 1e15),
    "MFLOPs": ("flops", 1e6), "dB": ("decibels", 1), "°C": ("celsius", 1), "nm": ("metres", 1e-9),
    "µm": ("metres", 1e-6), "μm": ("metres", 1e-6), "mm": ("metres", 1e-3), "cm": ("metres", 1e-2),
    "m": ("metres", 1), "km": ("metres", 1e3), "µg": ("grams", 1e-6), "mg": ("grams", 1e-3),
    "g": ("grams", 1), "kg": ("grams", 1e3), "ml": ("litres", 1e-3), "mL": ("litres", 1e-3),
    "dollars": ("money", 1), "USD": ("money", 1), "euros": ("money", 1), "cents": ("money", 0.01),
}  # fmt: skip

# Figures in one word, with what they measure.
WHOLE_WORDS: dict[str, tuple[float, str]] = {
    "half": (0.5, "fraction"), "halves": (0.5, "fraction"), "halved": (0.5, "fraction"),
    "halving": (0.5, "fraction"), "halve": (0.5, "fraction"), "twice": (2.0, "times"),
    "doubles": (2.0, "times"), "doubled": (2.0, "times"), "doubling": (2.0, "times"),
    "double": (2.0, "times"), "triple": (3.0, "times"), "triples": (3.0, "times"),
    "tripled": (3.0, "times"), "tripling": (3.0, "times"), "thrice": (3.0, "times"),
    "quadruple": (4.0, "times"), "quadruples": (4.0, "times"), "quadrupled": (4.0, "times"),
}  # fmt: skip
