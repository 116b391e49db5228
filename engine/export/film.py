"""A timeline as a moving picture: three slices of each frame, with what it is drawn on it and kept in the file."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, ImageSequence

from engine.errors import DiskError, UsageError
from engine.export.atomic import beside, check_place, flush
from engine.export.provenance import Provenance
from engine.export.timeline import Frame
from engine.scans.space import to_ras
from engine.volume import FloatArray, spacing

ENDINGS = {"gif": ".gif", "mp4": ".mp4"}
FRAMES_A_SECOND = (1, 30)

_FONTS = Path(__file__).resolve().parents[2] / "resources" / "fonts"
_PIXELS_PER_MM = 2
_EDGE, _HEAD, _FOOT = 16, 72, 56
_WHITE, _GREY = 235, 170
# Of the voxels inside the brain of the first frame: what is drawn black, and what white.
_WINDOW = (0.5, 99.5)


def check_film(path: Path, sources: Collection[str | Path] = ()) -> None:
    """Raises what ``write_film`` would for this ``path``, before any work is done for it."""
    if path.suffix.lower() not in ENDINGS.values():
        raise UsageError(f"{path.name} is no name of a film: let it end with .gif or .mp4.")
    check_place(path, sources)
    if path.suffix.lower() == ".mp4" and _encoder() is None:
        raise DiskError(
            f"{path.name} was not written: no encoder for H.264 was found: install the package imageio-ffmpeg, "
            "or let the name end with .gif."
        )


def write_film(
    path: str | Path,
    frames: Sequence[Frame],
    provenance: Provenance,
    fps: int = 2,
    sources: Collection[str | Path] = (),
) -> Path:
    """``frames`` as GIF or MP4 (H.264), by the ending of ``path``, each shown for 1/``fps`` of a second; the path.

    The title ("SYNTHETIC …") and the sidecar's JSON stand in the file's comment. Whole or not at all.
    Raises DiskError and UsageError.
    """
    path = Path(path)
    check_film(path, sources)
    pictures = pictures_of(frames)
    title = provenance.mark
    record = json.dumps(provenance.to_json(), ensure_ascii=False)
    with beside(path) as (temporary,):
        if path.suffix.lower() == ".gif":
            _write_gif(temporary, pictures, fps, f"{title}\n{record}")
            with Image.open(temporary) as film:
                written = sum(1 for _ in ImageSequence.Iterator(film))
        else:
            _write_mp4(path, temporary, pictures, fps, title, record)
            written = _count(temporary)
        if written != len(pictures):
            raise DiskError(f"{path.name} was not written: the disk gave other data back; choose another disk.")
        flush(temporary)
    return path


def caption(frame: Frame) -> tuple[str, str]:
    """The time of a frame, and what it is: "scan", or words that say "synthetic" whatever else they say."""
    time = frame.name if frame.age is None else f"{frame.age:.1f} years"
    if not frame.provenance.generated:
        return time, f"scan, {frame.session}" if frame.session else "scan"
    if frame.extrapolated:
        return time, "synthetic, extrapolated"
    return time, "synthetic" if frame.provenance.kind == "synthetic" else "copy, synthetic"


def pictures_of(frames: Sequence[Frame]) -> list[Image.Image]:
    """``frames`` (all on one grid) as grey pictures of one even size: axial, coronal and sagittal through the middle
    of the first one's brain, radiological, all with one grey scale."""
    turned, affine = to_ras(frames[0].volume.data, frames[0].volume.affine)
    first = np.asarray(turned, np.float32)
    inside = np.argwhere(first > 0)
    middle = np.rint(inside.mean(axis=0)) if len(inside) else (np.array(first.shape) - 1) // 2
    low, high = np.percentile(first[first > 0], _WINDOW) if len(inside) else (0.0, 1.0)
    edges = spacing(affine)
    drawn = []
    for number, frame in enumerate(frames):
        data = np.asarray(to_ras(frame.volume.data, frame.volume.affine)[0], np.float32)
        grey = np.asarray(np.clip((data - low) / max(high - low, 1e-6), 0, 1) * 255 + 0.5, np.uint8)
        slices = [
            (_slice(grey, 2, middle, edges), "RLAP"),
            (_slice(grey, 1, middle, edges), "RLSI"),
            (_slice(grey, 0, middle, edges), "APSI"),
        ]
        drawn.append(_page(slices, frames, number, edges))
    return drawn


def _slice(grey: NDArray[np.uint8], through: int, middle: FloatArray, edges: tuple[float, float, float]) -> Image.Image:
    """One plane of a RAS+ array: up is up or front, left is the person's right, or the front."""
    across, up = (axis for axis in range(3) if axis != through)
    plane = np.take(grey, int(middle[through]), axis=through).T[::-1, ::-1]
    size = [round(grey.shape[axis] * edges[axis] * _PIXELS_PER_MM) for axis in (across, up)]
    return Image.fromarray(np.ascontiguousarray(plane)).resize((size[0], size[1]), Image.Resampling.BICUBIC)


def _page(
    slices: Sequence[tuple[Image.Image, str]], frames: Sequence[Frame], number: int, edges: tuple[float, float, float]
) -> Image.Image:
    width = sum(picture.width for picture, _ in slices) + _EDGE * (len(slices) + 1)
    tallest = max(picture.height for picture, _ in slices)
    # H.264 halves its colour planes: no odd sizes.
    size = (width + width % 2, _HEAD + tallest + _FOOT + (_HEAD + tallest + _FOOT) % 2)
    page = Image.new("L", size)
    pen = ImageDraw.Draw(page)
    left = _EDGE
    for picture, letters in slices:
        top = _HEAD + (tallest - picture.height) // 2
        page.paste(picture, (left, top))
        _letters(pen, letters, (left, top, left + picture.width, top + picture.height))
        left += picture.width + _EDGE
    time, kind = caption(frames[number])
    pen.text((_EDGE, 12), time, _WHITE, _font("SemiBold", 26))
    _kind_mark(pen, (_EDGE + 7, 55), frames[number], 6, _WHITE)
    pen.text((_EDGE + 20, 46), kind, _WHITE, _font("Medium", 16))
    notes = f"radiological · model {min(edges):.1f} mm · research use only"
    pen.text((size[0] - _EDGE, 50), notes, _GREY, _font("Regular", 13), anchor="ra")
    _axis(pen, frames, number, (_EDGE + 8, size[0] - _EDGE - 8, size[1] - _FOOT // 2))
    return page


def _letters(pen: ImageDraw.ImageDraw, letters: str, box: tuple[int, int, int, int]) -> None:
    """Left, right, upper and lower edge."""
    left, top, right, bottom = box
    middle = ((left + right) // 2, (top + bottom) // 2)
    places = [(left + 10, middle[1]), (right - 10, middle[1]), (middle[0], top + 10), (middle[0], bottom - 10)]
    for letter, place in zip(letters, places, strict=True):
        pen.text(place, letter, _WHITE, _font("Medium", 14), anchor="mm", stroke_width=2, stroke_fill=0)


def _axis(pen: ImageDraw.ImageDraw, frames: Sequence[Frame], number: int, place: tuple[int, int, int]) -> None:
    """All frames on a line, by age where all have one; the one shown is larger."""
    left, right, y = place
    ages = [frame.age for frame in frames]
    known = [age for age in ages if age is not None]
    at = known if len(known) == len(frames) and known[-1] > known[0] else list(range(len(frames)))
    span = max(at[-1] - at[0], 1e-6)
    pen.line((left, y, right, y), 90)
    for index, frame in enumerate(frames):
        x = left + round((right - left) * (at[index] - at[0]) / span)
        _kind_mark(pen, (x, y), frame, 8 if index == number else 5, _WHITE if index == number else _GREY)


def _kind_mark(pen: ImageDraw.ImageDraw, centre: tuple[int, int], frame: Frame, radius: int, grey: int) -> None:
    """A full circle for a scan, half of it for a copy; an open one for what is synthetic, broken if extrapolated."""
    x, y = centre
    box = (x - radius, y - radius, x + radius, y + radius)
    if not frame.provenance.generated:
        pen.ellipse(box, grey)
        return
    pen.ellipse(box, 0)
    gap = 30 if frame.extrapolated else 0
    for start in range(0, 360, 60):
        pen.arc(box, start, start + 60 - gap, grey, 2)
    if frame.provenance.kind == "copy":
        pen.pieslice(box, 90, 270, grey)


@cache
def _font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_FONTS / f"Inter-{weight}.otf"), size)


def _write_gif(path: Path, pictures: Sequence[Image.Image], fps: int, comment: str) -> None:
    first, *others = pictures
    # GIF counts in hundredths of a second.
    duration = 10 * round(100 / fps)
    first.save(
        path,
        save_all=True,
        append_images=others,
        duration=duration,
        loop=0,
        optimize=False,
        comment=comment.encode(),
    )


@cache
def _encoder() -> str | None:
    """A program ffmpeg that encodes H.264; a program, not a library: its licence (GPL) ends at its process."""
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        program = str(get_ffmpeg_exe())
        known = subprocess.run([program, "-hide_banner", "-encoders"], capture_output=True, text=True, check=True)
    except (ImportError, RuntimeError, OSError, subprocess.CalledProcessError):
        return None
    return program if " libx264 " in known.stdout else None


def _write_mp4(
    path: Path, temporary: Path, pictures: Sequence[Image.Image], fps: int, title: str, comment: str
) -> None:
    program = _encoder()
    assert program is not None  # check_film has seen it
    width, height = pictures[0].size
    words = [program, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}"]
    words += ["-r", str(fps), "-i", "-", "-c:v", "libx264", "-crf", "16", "-pix_fmt", "yuv420p"]
    words += ["-movflags", "+faststart", "-metadata", f"title={title}", "-metadata", f"comment={comment}"]
    pixels = b"".join(picture.convert("RGB").tobytes() for picture in pictures)
    done = subprocess.run([*words, f"file:{temporary}"], input=pixels, capture_output=True, check=False)
    if done.returncode != 0:
        why = " ".join(done.stderr.decode(errors="replace").split())[-200:] or "no reason given"
        raise DiskError(f"{path.name} was not written: the encoder failed ({why}): let the name end with .gif.")


def _count(path: Path) -> int:
    """How many pictures a film holds, decoded."""
    from imageio_ffmpeg import count_frames_and_secs

    return int(count_frames_and_secs(f"file:{path}")[0])
