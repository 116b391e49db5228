"""The argument SCAN, and how the chosen model wants it prepared."""

from __future__ import annotations

import argparse

from engine.model.manifest import find_bundle, read_manifest
from engine.preparation import COMPACT_RECIPE, Prepared, Recipe
from engine.scans import Scan, open_scan


def add_scan_argument(parser: argparse.ArgumentParser, folders: bool = False) -> None:
    """SCAN and which part of it; ``folders``: it may be a folder of people."""
    more = ", or a BIDS folder (then OUT is a folder of derivatives)" if folders else ""
    parser.add_argument("scan", metavar="SCAN", help=f"a NIfTI or MGZ file, or a DICOM folder{more}")
    parser.add_argument("--series", type=int, metavar="N", help="which series of a DICOM folder")
    parser.add_argument("--volume", type=int, metavar="N", help="which volume of a 4D file, counted from 0")


def scan_of(arguments: argparse.Namespace) -> Scan:
    return open_scan(arguments.scan, arguments.series, arguments.volume)


def sources_of(arguments: argparse.Namespace) -> list[str]:
    """The files that nothing may be written over."""
    return [arguments.scan, *([arguments.mask] if arguments.mask else [])]


def doubts_about(scan: Scan, prepared: Prepared) -> list[str]:
    """What reading the scan noted and its preparation's checks warn of."""
    return [*scan.notes, *(check.sentence for check in prepared.checks if check.warning)]


def recipe_of(arguments: argparse.Namespace) -> Recipe:
    """The recipe of ``--bundle``; without one the compact model's, so that preparing needs no weights."""
    return read_manifest(find_bundle(arguments.bundle)).preparation if arguments.bundle else COMPACT_RECIPE
