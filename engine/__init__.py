"""Neurolapse's engine: a library of functions over T1 brain volumes. Importing it costs no torch."""

__version__ = "0.1.0"
