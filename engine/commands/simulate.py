"""``simulate CONFIG -o BIDS_DIR``: follow-ups of a cohort's people, with the true volume of every region."""

from __future__ import annotations

import argparse
from itertools import groupby
from pathlib import Path

from engine.commands import Progress, Report, say_wrong
from engine.commands.ranks import rank_of, wait_for_others
from engine.errors import PreparationError, ScanError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", type=Path, help="a file of configs/")
    parser.add_argument("--data", help="cohort folder, instead of the one the configuration names")
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="BIDS_DIR")


def run(arguments: argparse.Namespace, progress: Progress) -> Report:
    from engine.cohort.groups import groups_in
    from engine.cohort.simulation import UnmetChangeError, check_regions, courses, followed_up, load_simulation
    from engine.cohort.sources import load_anatomy, read_labels_table, read_sources
    from engine.export.simulated_folder import begin, scan_path, write_tables, write_visit

    simulation = load_simulation(arguments.config, arguments.data)
    cohort, folder, seed = Path(simulation.data), arguments.output, arguments.seed
    labels_table = read_labels_table(cohort)
    groups = groups_in(labels_table)
    check_regions(simulation, groups)
    sources = read_sources(cohort, simulation.split, simulation.ages)
    rank = rank_of()
    mine = courses(simulation, sources[rank.index :: rank.count], seed)
    begin(folder, simulation, labels_table, seed)
    made: list[str] = []
    skipped, failures = 0, []
    of = len(mine) * len(simulation.months)
    try:
        for source, its_courses in groupby(mine, key=lambda course: course.source):
            try:
                anatomy = None
                for course in its_courses:
                    missing = [month for month in simulation.months if not scan_path(folder, course, month).exists()]
                    skipped += len(simulation.months) - len(missing)
                    if not missing:
                        continue
                    progress(len(made) + skipped, of, f"following up {course.name}")
                    anatomy = anatomy or load_anatomy(source, groups, seed)
                    for month, visit in followed_up(anatomy, course, simulation, missing, seed):
                        write_visit(folder, course, month, visit, anatomy, simulation.variety, seed)
                        made.append(scan_path(folder, course, month).relative_to(folder).as_posix())
                        progress(len(made) + skipped, of, f"following up {course.name}")
            except (ScanError, PreparationError, UnmetChangeError) as error:
                say_wrong(str(error))
                failures.append(str(error))
    finally:
        write_tables(folder)
    wait_for_others()
    data = {"path": str(folder), "people": len(sources), "made": made, "skipped": skipped, "failures": failures}
    text = f"{len(made)} visits made, {skipped} there before, {len(failures)} people failed; they lie in {folder}."
    return Report(data, text, complete=not failures)
