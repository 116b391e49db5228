"""GIF and MP4 of a timeline, read back with Pillow and with the decoder."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from imageio_ffmpeg import get_ffmpeg_exe, read_frames
from PIL import Image, ImageDraw, ImageSequence

from engine.errors import DiskError, UsageError
from engine.export import film
from engine.export.film import caption, pictures_of, write_film
from engine.export.timeline import Frame, provenance_of
from engine.volume import Volume
from tests.engine.export.frames import frame, timeline


def written(path: Path, frames: list[Frame], fps: int = 2) -> Path:
    return write_film(path, frames, provenance_of(frames, seed=3), fps)


def record_in(text: str) -> dict[str, object]:
    title, _, record = text.partition("\n")
    assert title.startswith("SYNTHETIC Neurolapse") and title.endswith("not acquired")
    return json.loads(record)


def test_a_gif_shows_each_frame_for_the_same_time_and_says_that_it_is_synthetic(tmp_path: Path) -> None:
    frames = timeline()
    with Image.open(written(tmp_path / "p_timeline.gif", frames, fps=4)) as gif:
        times = [picture.info["duration"] for picture in ImageSequence.Iterator(gif)]
        record = record_in(gif.info["comment"].decode())
        assert (times, gif.info["loop"]) == ([250] * 5, 0)
    assert record["Synthetic"] is True
    assert [line["Age"] for line in record["Frames"]] == [61.0, 62.5, 64.0, 65.5, 67.0]


def test_a_gif_gives_the_pictures_back_exactly(tmp_path: Path) -> None:
    frames = timeline()
    with Image.open(written(tmp_path / "t.gif", frames)) as gif:
        shown = [np.asarray(picture.convert("L")) for picture in ImageSequence.Iterator(gif)]
    for picture, drawn in zip(shown, pictures_of(frames), strict=True):
        np.testing.assert_array_equal(picture, np.asarray(drawn))


def test_frames_that_look_alike_are_all_kept(tmp_path: Path) -> None:
    same = frame(61.0)
    with Image.open(written(tmp_path / "t.gif", [same, same, same, frame(61.0, "scan")])) as gif:
        assert sum(1 for _ in ImageSequence.Iterator(gif)) == 4


def test_an_mp4_is_h264_of_even_size_with_every_frame_and_the_mark(tmp_path: Path) -> None:
    frames = timeline()
    path = written(tmp_path / "größe 100%d é.mp4", frames, fps=5)
    shown = read_frames(path)
    about = next(shown)
    assert (about["codec"], about["pix_fmt"].split("(")[0], about["fps"]) == ("h264", "yuv420p", 5.0)
    width, height = about["size"]
    assert width % 2 == height % 2 == 0
    decoded = [np.frombuffer(raw, np.uint8).reshape(height, width, 3)[..., 0] for raw in shown]
    assert len(decoded) == 5
    for picture, drawn in zip(decoded, pictures_of(frames), strict=True):
        assert np.abs(picture.astype(int) - np.asarray(drawn)).mean() < 3
    words = [get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-f", "ffmetadata", "-"]
    tags = subprocess.run(words, capture_output=True, text=True, check=True, encoding="utf-8").stdout
    assert "title=SYNTHETIC Neurolapse" in tags
    assert '"Synthetic": true' in tags.replace("\\", "")


def test_every_caption_tells_time_and_kind() -> None:
    assert caption(frame(61.0, "scan", "ses-M00")) == ("61.0 years", "scan, ses-M00")
    assert caption(frame(62.5)) == ("62.5 years", "synthetic")
    assert caption(frame(61.0, "copy")) == ("61.0 years", "copy, synthetic")
    assert caption(frame(70.0, extrapolated=True)) == ("70.0 years", "synthetic, extrapolated")
    assert caption(frame(None, name="0.25 of the way")) == ("0.25 of the way", "synthetic")


def test_the_captions_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    text = ImageDraw.ImageDraw.text

    def listening(pen: ImageDraw.ImageDraw, place: object, words: str, *rest: object, **more: object) -> None:
        before = np.asarray(pen._image).copy()
        text(pen, place, words, *rest, **more)  # type: ignore[arg-type]
        if not np.array_equal(before, np.asarray(pen._image)):
            drawn.append(words)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", listening)
    for number, one in enumerate(timeline()):
        drawn.clear()
        pictures_of([one])
        assert set(caption(one)) <= set(drawn), number
        assert [letter for letter in drawn if len(letter) == 1] == list("RLAPRLSIAPSI")


def test_the_persons_right_is_where_the_letter_says() -> None:
    one = frame(61.0)
    data = one.volume.data.copy()
    data[data > 0] = 0.4
    data[12:, 9:12, 5:8] = 1.0  # right, in the middle of the others
    affine = one.volume.affine
    flipped = np.diag([-1.0, 1, 1, 1])
    flipped[0, 3] = data.shape[0] - 1
    for volume in (Volume(data, affine), Volume(data[::-1].copy(), affine @ flipped)):
        marked = Frame(volume, one.provenance, "")
        picture = np.asarray(pictures_of([marked])[0])
        axial = picture[film._HEAD : -film._FOOT, film._EDGE : film._EDGE + 15 * 12]
        middle = axial.shape[0] // 2
        left, right = (axial[middle - 6 : middle + 6, columns] for columns in (slice(22, 34), slice(-34, -22)))
        assert left.min() > 180 > 150 > right.max()


@pytest.mark.parametrize("name", ["t.gif", "t.mp4"])
def test_an_interrupted_film_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def stop(*_: object) -> None:
        assert len(list(tmp_path.iterdir())) == 1
        raise KeyboardInterrupt

    monkeypatch.setattr(film, "flush", stop)
    with pytest.raises(KeyboardInterrupt):
        written(tmp_path / name, timeline())
    assert list(tmp_path.iterdir()) == []


def test_an_encoder_that_fails_is_one_sentence_and_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film, "_encoder", lambda: "false")
    with pytest.raises(DiskError, match=r"^t\.mp4 was not written: the encoder failed .*\.gif\.$"):
        written(tmp_path / "t.mp4", timeline())
    assert list(tmp_path.iterdir()) == []


def test_without_an_encoder_mp4_is_refused_and_gif_still_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film, "_encoder", lambda: None)
    with pytest.raises(DiskError, match=r"no encoder for H\.264 was found: install"):
        written(tmp_path / "t.mp4", timeline())
    assert written(tmp_path / "t.gif", timeline()).exists()


def test_a_film_by_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"let it end with \.gif or \.mp4"):
        written(tmp_path / "t.avi", timeline())
