from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.model import integrity
from engine.model.integrity import verify
from engine.model.manifest import read_manifest


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return shutil.copytree(tiny_bundle, tmp_path / "bundle")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were read to the end."""
    names: list[str] = []
    whole = integrity.sha256

    def noted(path: Path) -> str:
        names.append(path.name)
        return whole(path)

    monkeypatch.setattr(integrity, "sha256", noted)
    return names


def test_files_found_right_are_not_read_again(bundle: Path, read: list[str]) -> None:
    manifest = read_manifest(bundle)
    verify(bundle, manifest)
    assert sorted(read) == sorted(Path(name).name for name in manifest.checksums)
    read.clear()
    verify(bundle, manifest)
    assert read == []


def test_a_file_that_was_touched_is_read_again_alone(bundle: Path, read: list[str]) -> None:
    verify(bundle, read_manifest(bundle))
    read.clear()
    os.utime(bundle / "encoder.safetensors", (1, 1))
    verify(bundle, read_manifest(bundle))
    assert read == ["encoder.safetensors"]


def test_a_file_altered_behind_its_size_and_time_is_still_found(bundle: Path) -> None:
    path = bundle / "encoder.safetensors"
    verify(bundle, read_manifest(bundle))
    about = path.stat()
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    with pytest.raises(ModelError, match=r"Weights file encoder\.safetensors is missing or altered"):
        verify(bundle, read_manifest(bundle))


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": 1}'])
def test_a_damaged_record_is_made_anew(bundle: Path, tmp_path: Path, read: list[str], content: str) -> None:
    record = tmp_path / "cache" / "neurolapse" / "verified.json"
    record.parent.mkdir(parents=True)
    record.write_text(content)
    verify(bundle, read_manifest(bundle))
    read.clear()
    verify(bundle, read_manifest(bundle))
    assert read == []


def test_without_a_cache_folder_files_are_read_each_time(bundle: Path, tmp_path: Path, read: list[str]) -> None:
    (tmp_path / "cache").write_text("a file stands in its way")
    verify(bundle, read_manifest(bundle))
    read.clear()
    verify(bundle, read_manifest(bundle))
    assert read
