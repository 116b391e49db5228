"""One slider a direction: drag for previews, let go for the final picture; and what an edit depends on besides."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QSpinBox, QVBoxLayout, QWidget

from app.controls.attribute_slider import Attribute, AttributeSlider
from app.controls.toggle import Toggle
from app.edit_pictures import EditPictures
from app.panels.measures_panel import decimals_of, unit_sign
from app.panels.parts import Section, label, quiet_button, row, wrapped
from app.session import Session
from app.theme import icons
from app.theme.tokens import signed, steps_words
from app.workspace.document import Edit, Scan
from app.worth_of_code import worth_of_code
from engine.service.messages import DirectionDescription

MARGIN = 0.12
"""The track goes on this far beyond the range that the model has seen."""
LONGEST_UNIT = 4
"""Letters that have room behind a value; a longer unit is told by the tool tip."""
MOST_CALLS = 200
LARGEST_SEED = 999_999


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
        self.hold_others = Toggle("Hold the others still")
        self.hold_others.setToolTip("What is read of the other directions stays as it is while one moves")
        self.hold_others.clicked.connect(self._hold_all)
        self.body.addWidget(self.hold_others)
        self.more = _More(session, pictures)
        self.body.addWidget(self.more)
        for changed in (session.document_changed, session.scan_changed, session.client.model_loaded, pictures.changed):
            changed.connect(self.refresh)
        self.refresh()

    def all_to_zero(self) -> None:
        self._session.set_edit(replace(self._pictures.edit, changes=()))

    def refresh(self) -> None:
        scan = self._session.current
        zeros = {d.name: self._zero(d, scan) if scan else None for d in self._session.directions}
        ready = scan is not None and scan.source in self._session.prepared
        self._make_for(scan, {name: zero if ready else None for name, zero in zeros.items()})
        self._waiting.setVisible(not self.sliders)
        self._waiting.setText(self._session.model_problem or "The model is being loaded.")
        edit = self._pictures.edit
        self._all_to_zero.setEnabled(bool(edit.changes))
        several = len(self.sliders) > 1
        self.hold_others.setVisible(several)
        self.hold_others.setEnabled(ready)
        self.hold_others.setChecked(several and all(name in edit.held for name in self.sliders))
        effects = self._side_effects()
        for name, slider in self.sliders.items():
            zero = zeros[name]
            slider.set_lockable(several)
            if slider.scan_value is None or zero is None:
                slider.set_note("Ready as soon as the scan is prepared" if scan is not None else "")
                continue
            slider.set_number(zero + edit[name])
            slider.set_preview(not self._pictures.up_to_date)
            slider.set_locked(name in edit.held)
            slider.set_effect(effects.get(name, 0.0))
            slider.set_note(self._note(name, edit, slider.effect))

    def _zero(self, direction: DirectionDescription, scan: Scan) -> float | None:
        """Where the slider stands untouched; rounded as it is written where a change is counted from it."""
        zero = self._session.zero_of(direction.name, scan)
        return round(zero, decimals_of(direction)) if zero is not None and _only_read(direction, scan) else zero

    def _side_effects(self) -> dict[str, float]:
        """How much what the readers say of directions that were not moved differs from the copy."""
        shown, copy, edit = self._pictures.shown, self._pictures.copy, self._pictures.edit
        if shown is None or copy is None or shown.recipe.scan != copy.recipe.scan:
            return {}
        read, before = shown.reply.readouts, copy.reply.readouts
        moved = {*dict(edit.changes), *dict(shown.recipe.changes)}
        return {name: read[name].value - before[name].value for name in read if name in before and name not in moved}

    def _note(self, name: str, edit: Edit, effect: float) -> str:
        shown = self._pictures.shown
        if shown is None:
            return ""
        reply = shown.reply
        difference = reply.mean_absolute_difference
        labels = {direction.name: direction.label for direction in self._session.directions}
        if edit.changes and not edit[name]:
            if name in edit.held:
                moving = [labels.get(other, other) for other, _ in edit.changes]
                return f"Kept at its value while {' and '.join(moving)} {'moves' if len(moving) == 1 else 'move'}"
            # Of what the picture was made with: the handles may have gone on since.
            moved = shown.recipe.changes
            if not effect or not moved:
                return ""
            words = [f"{labels.get(other, other)} {self._written(other, by)} moves" for other, by in moved]
            what = words[0] if len(words) == 1 else "The others move"
            return f"{what} this by {self._written(name, effect)}; hold it still?"
        if not edit.changes and name != next(iter(self.sliders)):
            return ""
        if not shown.recipe.changes and reply.ssim is not None and difference is not None:
            what = "Semantic code alone" if shown.recipe.semantic_only else "Copy shown"
            return f"{what}; differs from the scan by {difference:.3f}, SSIM {reply.ssim:.3f}"
        return f"{reply.quality}, {steps_words(reply.calls)}"

    def _written(self, name: str, change: float) -> str:
        return signed(change, self.sliders[name].attribute.decimals) if name in self.sliders else signed(change)

    def _make_for(self, scan: Scan | None, zeros: dict[str, float | None]) -> None:
        """New sliders whenever the scan, its own values or the model change; their ends depend on all three."""
        made_for = (scan and (scan.key, scan.age), tuple(zeros.items()), self._session.directions)
        if made_for == self._made_for:
            return
        self._made_for = made_for
        for slider in self.sliders.values():
            self._rows.removeWidget(slider)
            slider.deleteLater()
        self.sliders = {}
        for direction in self._session.directions:
            name = direction.name
            attribute = attribute_of(direction, zeros[name], scan is not None and _only_read(direction, scan))
            slider = self.sliders[name] = AttributeSlider(attribute)
            slider.set_scan_value(zeros[name])
            slider.value_dragged.connect(lambda value, name=name: self._dragged(name, value))
            slider.value_committed.connect(lambda value, name=name: self._committed(name, value))
            slider.lock_clicked.connect(lambda name=name: self._toggle_hold(name))
            slider.note_clicked.connect(lambda name=name: self._take_note(name))
            self._rows.addWidget(slider)
        chain = [self._all_to_zero, *self.sliders.values(), self.hold_others]
        for before, after in pairwise(chain):
            self.setTabOrder(before, after)

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

    def _toggle_hold(self, name: str) -> None:
        edit = self._pictures.edit
        self._session.set_edit(edit.holding({*edit.held} ^ {name}))

    def _take_note(self, name: str) -> None:
        """Of what the line below a slider says, only a side effect asks for something."""
        if self.sliders[name].effect and name not in self._pictures.edit.held:
            self._toggle_hold(name)

    def _hold_all(self, hold: bool) -> None:
        self._session.set_edit(self._pictures.edit.holding(self.sliders if hold else ()))


class _More(QWidget):
    """Seed and steps, seen at once and changed below; and whether the scan's own noise is kept."""

    def __init__(self, session: Session, pictures: EditPictures) -> None:
        super().__init__()
        self._session, self._pictures = session, pictures
        self.button = quiet_button("More", self._toggle, "closed-branch")
        self._told = label(tone="text2")
        self.seed = QSpinBox()
        self.seed.setRange(0, LARGEST_SEED)
        self.seed.setAccessibleName("Seed")
        self.steps = QSpinBox()
        self.steps.setRange(1, MOST_CALLS)
        self.steps.setAccessibleName("Steps of the final picture")
        for field in (self.seed, self.steps):
            field.setKeyboardTracking(False)
        self.semantic_only = Toggle("From the semantic code alone")
        self.semantic_only.setToolTip("Noise is drawn from the seed in place of the scan’s own")
        self.seed.valueChanged.connect(lambda seed: self._take(seed=seed))
        self.steps.valueChanged.connect(self._take_steps)
        self.semantic_only.clicked.connect(lambda on: self._take(semantic_only=on))
        self._fields = QWidget()
        grid = QGridLayout(self._fields)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(0, 1)
        for place, (words, field) in enumerate((("Steps of the final picture", self.steps), ("Seed", self.seed))):
            grid.addWidget(label(words, tone="text2"), place, 0)
            grid.addWidget(field, place, 1, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self.semantic_only, 2, 0, 1, 2)
        self._hint = wrapped(tone="text3", type="note")
        grid.addWidget(self._hint, 3, 0, 1, 2)
        self._fields.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row(self.button, None, self._told))
        layout.addWidget(self._fields)
        for changed in (session.document_changed, session.client.model_loaded, pictures.changed):
            changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        model, edit = self._session.model, self._pictures.edit
        self.setVisible(model is not None)
        if model is None:
            return
        steps = edit.calls or model.final_calls
        for field, value in ((self.seed, edit.seed), (self.steps, steps)):
            field.blockSignals(True)
            field.setValue(value)
            field.blockSignals(False)
        self.semantic_only.setChecked(edit.semantic_only)
        self._told.setText(
            f"seed {edit.seed}, {steps_words(steps)}" + (", semantic code" if edit.semantic_only else "")
        )
        self._fields.setEnabled(self._session.current is not None)
        hint = worth_of_code(model) if edit.semantic_only else "The seed counts only where noise is drawn."
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))

    def _toggle(self) -> None:
        shown = self._fields.isHidden()
        self._fields.setVisible(shown)
        self.button.setIcon(icons.icon("open-branch" if shown else "closed-branch"))

    def _take(self, **fields: object) -> None:
        self._session.set_edit(replace(self._pictures.edit, **fields))  # type: ignore[arg-type]

    def _take_steps(self, steps: int) -> None:
        model = self._session.model
        self._take(calls=None if model is not None and steps == model.final_calls else steps)


def _only_read(direction: DirectionDescription, scan: Scan) -> bool:
    """Whether the scan's own value is the model's guess at what no one told."""
    return direction.name == "age" and scan.age is None


def attribute_of(direction: DirectionDescription, zero: float | None, relative: bool = False) -> Attribute:
    """What the slider needs to know; its track reaches past the seen range and past the scan's own value."""
    low, high = direction.low, direction.high
    beyond = MARGIN * (high - low)
    ends = [low, high, *([zero] if zero is not None else [])]
    limits = (min(ends) - beyond, max(ends) + beyond)
    seen = f"{low:.0f}–{high:.0f}" if high - low > 10 else f"{low:.2f}–{high:.2f}"
    if direction.name == "age":
        words = f"Beyond the ages the model has seen ({seen}): treat as a sketch."
        return Attribute(
            direction.label,
            (low, high),
            (max(limits[0], 0.0), limits[1]),
            "y",
            "years",
            beyond=words,
            tip="The age at this scan is not known: years are counted from what the model reads." if relative else "",
            relative=relative,
        )
    step = (high - low) / 100
    unit = unit_sign(direction.unit)
    return Attribute(
        direction.label,
        (low, high),
        limits,
        unit if len(unit) <= LONGEST_UNIT else "",
        direction.unit,
        decimals=decimals_of(direction),
        small_step=step,
        large_step=10 * step,
        beyond=f"Beyond what the model has seen ({seen}): treat as a sketch.",
        tip=f"{direction.label}, in {direction.unit}" if direction.unit else "",
    )
