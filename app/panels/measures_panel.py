"""What the model reads from scan, copy and synthetic, and how much of it is the edit's doing."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.edit_pictures import EditPictures
from app.panels.parts import KindMark, Section, label, row, wrapped
from app.region_volumes import RegionVolumes, decimals_for, region_words
from app.session import Session
from app.theme.kinds import Kind
from app.theme.style import mark
from app.theme.tokens import number, signed
from engine.service.messages import DirectionDescription

ABOUT = "≈"


class MeasuresPanel(Section):
    def __init__(self, session: Session, pictures: EditPictures, regions: RegionVolumes) -> None:
        super().__init__("Measures", label("template space", tone="text2"))
        self._session, self._pictures, self._regions = session, pictures, regions
        self._table = QWidget()
        self._grid = QGridLayout(self._table)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(3)
        self._grid.setVerticalSpacing(10)
        self._grid.setColumnStretch(0, 1)
        for place, (kind, word) in enumerate(
            ((Kind.SCAN, "scan"), (Kind.COPY, "copy"), (Kind.SYNTHETIC, "synthetic"), (None, "change")), 1
        ):
            head = label(word, tone="text2", type="note")
            cell = row(KindMark(kind, 11, "text2"), head, spacing=2) if kind else row(head)
            self._grid.addLayout(cell, 0, place, Qt.AlignmentFlag.AlignRight)
        self._cells: dict[tuple[str, int], QLabel] = {}
        self.body.addWidget(self._table)
        self._words = wrapped(tone="text3", type="note")
        self.body.addWidget(self._words)
        for changed in (session.document_changed, session.scan_changed, pictures.changed, regions.changed):
            changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        scan = self._session.current
        prepared = self._session.prepared.get(scan.source) if scan else None
        self._table.setVisible(prepared is not None)
        if scan is None:
            self._words.setText("Open a scan to read it.")
            return
        if prepared is None:
            waits = "Read as soon as the scan is prepared."
            self._words.setText("Needs a model." if self._session.model_problem else waits)
            return
        copy, shown = self._pictures.copy, self._pictures.shown
        synthetic = shown if shown is not None and not shown.recipe.is_copy else None
        rows: dict[str, tuple[str, int, list[float | None]]] = {}
        for direction in self._session.directions:
            readouts = [
                source.reply.readouts.get(direction.name) if source else None for source in (prepared, copy, synthetic)
            ]
            values = [readout.value if readout else None for readout in readouts]
            if direction.from_scan:
                continue  # What it reads of one scan is mostly who that is.
            words = f"{direction.label} read, {unit_sign(direction.unit)}".removesuffix(", ")
            rows[direction.name] = words, decimals_of(direction), values
        final = synthetic if synthetic is not None and synthetic.reply.quality == "final" else None
        volumes = [prepared.volume, copy.volume if copy else None, final.volume if final else None]
        lanes = ("", "", "edit")
        measured = [self._regions.of(volume, lane) for volume, lane in zip(volumes, lanes, strict=True)]
        for region in next((found for found in measured if found), ()):
            values = [found.get(region) if found else None for found in measured]
            rows[f"region {region}"] = f"{region_words(region)}, ml", decimals_for(region), values
        for place, (name, (words, decimals, values)) in enumerate(rows.items(), 1):
            self._write(name, place, words, decimals, values)
        self._words.setText(self._sentence())

    def _write(self, name: str, place: int, words: str, decimals: int, values: list[float | None]) -> None:
        scan, copy, synthetic = values
        texts = [words, *(number(value, decimals) if value is not None else "" for value in values), ""]
        if copy is not None and synthetic is not None:
            change = synthetic - copy
            own_error = abs(copy - scan) if scan is not None else 0.0
            texts[4] = (ABOUT if abs(change) < own_error else "") + signed(change, decimals)
        for at, text in enumerate(texts):
            if (name, at) not in self._cells:
                cell = self._cells[name, at] = label(tone="text2" if at in (0, 1, 2) else "")
                if at == 0:
                    cell.setWordWrap(True)
                if at == 3:
                    mark(cell, weight="semibold")
                self._grid.addWidget(cell, place, at, Qt.AlignmentFlag.AlignRight if at else Qt.AlignmentFlag.AlignLeft)
            self._cells[name, at].setText(text)

    def _sentence(self) -> str:
        copy = self._pictures.copy
        words = "Change is counted from the copy."
        if copy is None or copy.reply.mean_absolute_difference is None:
            return words
        words += f" {ABOUT} is smaller than the copy’s own error."
        words += f" Copy and scan differ by {copy.reply.mean_absolute_difference:.3f} on average"
        return words + (f", SSIM {copy.reply.ssim:.3f}." if copy.reply.ssim is not None else ".")


def decimals_of(direction: DirectionDescription) -> int:
    """Figures behind the point that matter over the range of the training people."""
    return 1 if direction.high - direction.low > 10 else 2


def unit_sign(unit: str) -> str:
    return {"years": "y"}.get(unit, unit)
