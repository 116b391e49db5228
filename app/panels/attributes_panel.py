"""One slider a direction: drag for previews, let go for the final picture."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout

from app.controls.attribute_slider import Attribute, AttributeSlider
from app.edit_pictures import EditPictures
from app.panels.measures_panel import unit_sign
from app.panels.parts import Section, quiet_button, wrapped
from app.session import Session
from app.workspace.document import Edit, Scan
from engine.service.messages import DirectionDescription

MARGIN = 0.12
"""The track goes on this far beyond the range that the model has seen."""


class AttributesPanel(Section):
    def __init__(self, session: Session, pictures: EditPictures) -> None:
        super().__init__("Attributes")
        self._all_to_zero = quiet_button("All to zero", self.all_to_zero, "reset")
        self._all_to_zero.setToolTip("Ctrl+0")
        self.add_aside(self._all_to_zero)
        self._session, self._pictures = session, pictures
        self._made_for: object = None
        self.sliders: dict[str, AttributeSlider] = {}
        self._rows = QVBoxLayout()
        self._rows.setSpacing(12)
        self.body.addLayout(self._rows)
        self._waiting = wrapped(tone="text2")
        self.body.addWidget(self._waiting)
        for changed in (session.document_changed, session.scan_changed, session.client.model_loaded, pictures.changed):
            changed.connect(self.refresh)
        self.refresh()

    def all_to_zero(self) -> None:
        self._session.set_edit(Edit(seed=self._pictures.edit.seed))

    def refresh(self) -> None:
        scan = self._session.current
        zeros = {d.name: self._session.zero_of(d.name, scan) if scan else None for d in self._session.directions}
        ready = scan is not None and scan.source in self._session.prepared
        self._make_for(scan, {name: zero if ready else None for name, zero in zeros.items()})
        self._waiting.setVisible(not self.sliders)
        self._waiting.setText(self._session.model_problem or "The model is being loaded.")
        edit = self._pictures.edit
        self._all_to_zero.setEnabled(not edit.is_zero)
        for name, slider in self.sliders.items():
            zero = zeros[name]
            if slider.scan_value is None or zero is None:
                slider.set_note("Ready as soon as the scan is prepared" if scan is not None else "")
                continue
            slider.set_number(zero + edit[name])
            shown = self._pictures.shown
            slider.set_preview(not self._pictures.up_to_date)
            slider.set_note(self._note(edit) if shown is not None else "")

    def _note(self, edit: Edit) -> str:
        shown = self._pictures.shown
        assert shown is not None
        reply = shown.reply
        difference = reply.mean_absolute_difference
        if edit.is_zero and shown.recipe.is_copy and reply.ssim is not None and difference is not None:
            return f"Copy shown; differs from the scan by {difference:.3f}, SSIM {reply.ssim:.3f}"
        return f"{reply.quality}, {reply.calls} steps"

    def _make_for(self, scan: Scan | None, zeros: dict[str, float | None]) -> None:
        """New sliders whenever the scan, its own values or the model change; their ends depend on all three."""
        made_for = (scan.key if scan else None, tuple(zeros.items()), self._session.directions)
        if made_for == self._made_for:
            return
        self._made_for = made_for
        for slider in self.sliders.values():
            self._rows.removeWidget(slider)
            slider.deleteLater()
        self.sliders = {}
        for direction in self._session.directions:
            slider = self.sliders[direction.name] = AttributeSlider(attribute_of(direction, zeros[direction.name]))
            slider.set_scan_value(zeros[direction.name])
            slider.value_dragged.connect(lambda value, name=direction.name: self._dragged(name, value))
            slider.value_committed.connect(lambda value, name=direction.name: self._committed(name, value))
            self._rows.addWidget(slider)

    def _moved(self, name: str, value: float) -> Edit:
        slider = self.sliders[name]
        zero = slider.scan_value
        assert zero is not None
        return self._pictures.edit.moved(name, 0.0 if slider.is_zero else round(value - zero, 6))

    def _dragged(self, name: str, value: float) -> None:
        self._pictures.hold(self._moved(name, value))

    def _committed(self, name: str, value: float) -> None:
        self._pictures.hold(self._moved(name, value))
        self._pictures.release()


def attribute_of(direction: DirectionDescription, zero: float | None) -> Attribute:
    """What the slider needs to know; its track reaches past the seen range and past the scan's own value."""
    low, high = direction.low, direction.high
    beyond = MARGIN * (high - low)
    ends = [low, high, *([zero] if zero is not None else [])]
    limits = (min(ends) - beyond, max(ends) + beyond)
    seen = f"{low:.0f}–{high:.0f}" if high - low > 10 else f"{low:.2f}–{high:.2f}"
    if direction.name == "age":
        words = f"Beyond the ages the model has seen ({seen}): treat as a sketch."
        return Attribute(direction.label, (low, high), (max(limits[0], 0.0), limits[1]), "y", "years", beyond=words)
    step = (high - low) / 100
    return Attribute(
        direction.label,
        (low, high),
        limits,
        unit_sign(direction.unit),
        direction.unit,
        decimals=1 if high - low > 10 else 2,
        small_step=step,
        large_step=10 * step,
        beyond=f"Beyond what the model has seen ({seen}): treat as a sketch.",
    )
