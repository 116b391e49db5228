"""The errors a user meets.

NeurolapseError             one sentence: the file's name first, what is wrong, what to do
├── ScanError               a file that cannot be read as the scan it should be
├── PreparationError        a scan that could not be brought onto the model's grid
├── ModelError              a bundle or weights file that is missing, altered or does not fit
├── DiskError               nothing could be written
└── UsageError              a wrong argument (exit code 2 on the command line)

Cancelled is no error: somebody asked for the work to stop.
"""

from __future__ import annotations


class NeurolapseError(Exception):
    """An expected failure; ``str(error)`` is the sentence shown to the user."""


class ScanError(NeurolapseError):
    """A file that cannot be read as a scan."""


class PreparationError(NeurolapseError):
    """A scan that could not be brought onto the model's grid."""


class ModelError(NeurolapseError):
    """A bundle that is missing, altered, or does not fit what it is asked for."""


class DiskError(NeurolapseError):
    """A file that could not be written."""


class UsageError(NeurolapseError):
    """An argument that makes no sense."""


class Cancelled(Exception):
    """Work stopped because somebody asked for it."""
