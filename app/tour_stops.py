"""What the guided tour shows, on the demonstration subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.tour import Stop

if TYPE_CHECKING:
    from app.window import Window


def stops(window: Window) -> tuple[Stop, ...]:
    def page(name: str) -> None:
        window.title_bar.tabs[name].click()  # type: ignore[index]

    def slider() -> QWidget | None:
        return window.attributes.sliders.get("age")

    return (
        Stop(
            "One person, one scan",
            "Left is the scan, right the same brain as the model draws it. A filled mark is acquired, a hollow one "
            "synthetic: that is never told by colour alone. The person is made up.",
            lambda: window.explore.scan_column,
            lambda: page("explore"),
        ),
        Stop(
            "Look around",
            "Click or drag in a picture: every view follows. The wheel goes through the slices, with Ctrl it "
            "zooms. Double-click and one picture fills its column. Try it now.",
            lambda: window.explore.scan_column,
        ),
        Stop(
            "Change the age",
            "Drag the handle: previews follow, the final picture comes when you let go. The hatched ends are ages the "
            "model has never seen. The arrow keys move it too.",
            slider,
        ),
        Stop(
            "See what changed",
            "The change map colours what the edit made brighter or darker than the model’s own copy. Hold Space at any "
            "time to see the scan in the same place.",
            lambda: window.tool_bar.difference,
        ),
        Stop(
            "Read it",
            "What the model reads from scan, copy and synthetic, side by side. ≈ stands where the change is smaller "
            "than the copy’s own error.",
            lambda: window.measures,
        ),
        Stop(
            "Keep it, undo it",
            "Ctrl K keeps a state with its picture, a click returns to it. Everything can be undone with Ctrl Z.",
            lambda: window.kept,
        ),
        Stop(
            "Follow through time",
            "Two visits of one person and the points between them. The ends are the scans; what lies between is made. "
            "P plays it.",
            lambda: window.timeline,
            lambda: page("time"),
        ),
        Stop(
            "Take it with you",
            "Volumes for any viewer, with the synthetic mark inside, pictures, films and tables. Your own files are "
            "never written to.",
            lambda: window.title_bar.export,
            lambda: page("explore"),
        ),
        Stop(
            "Your turn",
            "F1 shows the mouse and the keys, as in FSLeyes, ITK-SNAP or Slicer if you like. Drop a T1 anywhere in "
            "this window to begin.",
            lambda: None,
        ),
    )
