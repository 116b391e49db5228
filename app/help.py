"""What each panel is for, in a few sentences: behind the “?” beside its title."""

from __future__ import annotations

HELP = {
    "Scans": (
        "People and their visits; the chosen one is on the stage. A filled mark is a scan, a hollow one synthetic. "
        "The right mouse button looks at the preparation, sets the age, reads the file again or closes it. Files "
        "are never changed."
    ),
    "Layers": (
        "What lies over each other in the pictures. The eye hides a layer, the slider makes it fainter; drag it, "
        "or press Alt and an arrow, to change the order. + lays a second volume or a label map over the scan."
    ),
    "Window": (
        "Which brightness is black and which is white, for scan, copy and synthetic alike. Drag the handles or "
        "type; Ctrl J takes the usual one. The broken link gives a layer a window of its own."
    ),
    "Note": (
        "What you write about this scan. It is kept in the workspace, never in the scan, and can be saved as a table."
    ),
    "History": "Every step in words; a click goes back to it, or on again.",
    "Attributes": (
        "One slider for each direction the model knows, in its unit. Where the track is hatched no training "
        "subject lies. Arrows are small steps, with Shift ten; a double click on the name is the scan’s own value."
    ),
    "Measures": (
        "What the model reads from scan, copy and synthetic. ≈ stands where a change is smaller than the error of "
        "the copy. Volumes are of the template’s space, not of the person’s head."
    ),
    "Kept": "States to come back to. Ctrl K keeps the present one; F2 renames it, Del takes it away.",
    "Variations": "The same sliders with other seeds, and where the results differ.",
    "Change map": (
        "What the edit made brighter or darker, by default against the model’s own copy: the edit alone. Below the "
        "threshold nothing is drawn."
    ),
    "At the crosshair": "The values of every cell where the crosshair stands.",
    "Cells": "What each cell holds, and whether it shares view and window with the others.",
    "Timeline": "Which visits are ordered how, and where the points between and beyond them lie.",
    "Points": "The points of the timeline. A hollow mark is made by the model; beyond the visits it is extrapolated.",
    "Curve": "What is read at each point, over the years. A click on a point goes there.",
    "Held-out check": "Hides a middle visit, makes it from the others, and lays both side by side.",
}
"""By the panel's title; a panel that is not here has no “?”."""
