"""What a sidecar tells, and a state rebuilt from it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from fake_scan import write_scan
from PySide6.QtGui import QGuiApplication, QImage
from pytestqt.qtbot import QtBot

from app.rebuild import read_origin
from app.view_picture import write_picture
from app.window import Window
from app.workspace.command_line import command_for
from app.workspace.document import Edit, Scan, Workspace
from engine.errors import DiskError, ScanError
from engine.scans import fingerprint, open_scan

PATIENCE = 60000
RECORD = {
    "Synthetic": True,
    "Kind": "synthetic",
    "Sliders": {"age": 7.5},
    "Held": ["atrophy"],
    "Seed": 3,
    "Steps": 6,
    "Model": {"Name": "compact", "Version": "0.1"},
    "ScanSHA256": "nobody",
}


def test_a_volume_leads_to_its_sidecar(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(RECORD))
    origin = read_origin(tmp_path / "a.nii.gz")
    assert origin.edit == Edit((("age", 7.5),), 3, ("atrophy",), False, 6)
    assert (origin.scan, origin.model, origin.second) == ("nobody", "compact 0.1", None)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"Synthetic": true}'])
def test_what_tells_nothing_is_refused_by_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(ScanError, match=r"a\.json does not tell how it was made"):
        read_origin(tmp_path / "a.json")


def test_an_acquired_scans_sidecar_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({**RECORD, "Synthetic": False}))
    with pytest.raises(ScanError, match=r"a\.json is of a scan"):
        read_origin(tmp_path / "a.json")


def test_a_sidecar_that_came_with_a_scan_is_refused_as_one(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"Modality": "MR", "EchoTime": 0.003}))
    with pytest.raises(ScanError, match=r"a\.json is of a scan"):
        read_origin(tmp_path / "a.json")


def test_a_timelines_sidecar_is_refused_as_one(tmp_path: Path) -> None:
    record = {key: RECORD[key] for key in ("Synthetic", "Kind", "Seed", "Steps", "Model")}
    (tmp_path / "a.json").write_text(json.dumps({**record, "YearStep": 2.0, "Frames": [{"Kind": "scan"}]}))
    with pytest.raises(ScanError, match=r"a\.json is of a timeline: .* choose the file of one point"):
        read_origin(tmp_path / "a.nii.gz")


def test_the_age_at_the_scan_comes_back_where_no_table_tells_it(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    scan = write_scan(tmp_path / "anyone.nii.gz")
    window.open([scan])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    sidecar = tmp_path / "made.json"
    told = {"AgeAtScan": 62.0, "AgeShown": 69.5, "ScanSHA256": fingerprint(open_scan(scan))}
    sidecar.write_text(json.dumps({**RECORD, **told}))
    window.open([sidecar])
    qtbot.waitUntil(lambda: not window.edit_pictures.edit.is_zero, timeout=PATIENCE)
    assert window.session.workspace.scans[0].age == 62.0
    assert window.attributes.sliders["age"].number == 69.5
    window.session.set_age(window.session.workspace.scans[0].key, 50.0)
    window.open([sidecar])
    qtbot.wait(300)
    assert window.session.workspace.scans[0].age == 50.0


def test_an_opened_sidecar_sets_what_it_tells_on_the_scan_with_its_checksum(
    qtbot: QtBot, window: Window, bids: Path, tmp_path: Path
) -> None:
    scan = next(bids.rglob("*ses-A*.nii.gz"))
    window.open([bids])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    sidecar = tmp_path / "made.json"
    sidecar.write_text(json.dumps(RECORD))
    said: list[str] = []
    window.session.said.connect(lambda sentence, tone: said.append(sentence))
    window.open([sidecar])
    qtbot.waitUntil(lambda: any("from a scan that is not here" in sentence for sentence in said), timeout=PATIENCE)
    assert window.session.workspace.edits == {}
    sidecar.write_text(json.dumps({**RECORD, "ScanSHA256": fingerprint(open_scan(scan))}))
    window.open([sidecar])
    current = window.session.workspace.scans[0].key
    qtbot.waitUntil(lambda: not window.session.workspace.edit(current).is_zero, timeout=PATIENCE)
    assert window.session.workspace.edit(current) == Edit((("age", 7.5),), 3, ("atrophy",))
    window.session.undo_stack.undo()
    assert window.session.workspace.edit(current) == Edit()


def test_the_picture_is_copied_and_saved_with_words_on_what_is_synthetic(
    qtbot: QtBot, window: Window, bids: Path, tmp_path: Path
) -> None:
    window.open([bids])
    qtbot.waitUntil(lambda: window.edit_pictures.up_to_date, timeout=PATIENCE)
    window._actions["copy picture"]()
    assert QGuiApplication.clipboard().image().size() == window._pages.size()
    window.takeaway.write_picture(tmp_path / "a.png", 2)
    saved = QImage(str(tmp_path / "a.png"))
    assert saved.size() == window._pages.size() * 2
    assert "generated, not acquired" in saved.text("Description")
    with pytest.raises(DiskError, match=r"b\.png could not be written"):
        write_picture(saved, tmp_path / "nowhere" / "b.png")
    assert [path.name for path in tmp_path.glob("*.png*")] == ["a.png"]


def test_the_command_line_makes_what_the_page_shows(tmp_path: Path) -> None:
    scans = tuple(Scan(f"scan-{n}", f"/some where/{n}.nii.gz", "sub-01", "", 60.0 + n) for n in (1, 2))
    edit = Edit((("age", 5.0),), 2, ("age", "sex"), False, 30)
    workspace = Workspace(scans, {"scan-1": edit}, current="scan-1", typed={"sub-01": (61.5, 70.0)})
    line = command_for(workspace, "Untitled")
    assert line == (
        "python main.py export '/some where/1.nii.gz' --seed 2 --steps 30 --hold sex --set age=+5 "
        "--what model -o 1_synth.nii.gz"
    )
    in_time = command_for(replace(workspace, page="time"), "Untitled")
    assert "--at 61.5,70 " in in_time and in_time.endswith("--what timeline4d -o 1_timeline.nii.gz")
    comparing = replace(workspace, page="compare")
    assert "screenshot '/some where/1.nii.gz' --set age=+5 --mode compare" in command_for(comparing, "Untitled")
    assert "screenshot /a.neurolapse --mode compare" in command_for(comparing, "a", Path("/a.neurolapse"))
