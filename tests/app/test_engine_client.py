from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import fake_engine
import pytest
from pytestqt.qtbot import QtBot

from app.engine_client import EngineClient, EngineState
from engine.service.messages import Export, LoadModel, Prepare, Render, RenderReply, ScanSource
from engine.service.shared_volume import OwnedVolume


@pytest.fixture
def client(qtbot: QtBot) -> Iterator[EngineClient]:
    client = EngineClient(entry=fake_engine.run)
    client.start()
    yield client
    client.close()


@pytest.fixture
def target() -> Iterator[OwnedVolume]:
    volume = OwnedVolume(fake_engine.SHAPE)
    yield volume
    volume.close()


def render(client: EngineClient, path: Path | str, target: OwnedVolume, lane: str = "edit") -> Render:
    return Render(client.next_id(), lane, ScanSource(str(path)), target.block, {"age": 10.0}, quality="preview")


def test_an_answer_fills_the_block_and_comes_as_a_signal(
    qtbot: QtBot, client: EngineClient, target: OwnedVolume
) -> None:
    request = render(client, "a.nii", target)
    with qtbot.waitSignal(client.finished, timeout=20000) as answer:
        client.ask(request)
    assert answer.args[0] == request
    assert isinstance(answer.args[1], RenderReply)
    assert target.array.sum() == pytest.approx(fake_engine.brain(70.0).sum())


def test_a_killed_engine_is_replaced_and_its_work_finished(
    qtbot: QtBot, client: EngineClient, target: OwnedVolume, tmp_path: Path
) -> None:
    client.ask(LoadModel(client.next_id(), "model"))
    request = render(client, tmp_path / "hang.nii", target)
    with qtbot.waitSignal(client.progressed, timeout=20000, check_params_cb=lambda r, p: r == request and p.step == 1):
        client.ask(request)
    first = client.process_id
    assert first is not None
    loaded_again = []
    client.model_loaded.connect(loaded_again.append)
    with qtbot.waitSignal(client.finished, timeout=20000, check_params_cb=lambda r, _: r == request):
        os.kill(first, signal.SIGKILL)
        qtbot.waitUntil(lambda: client.state is EngineState.RESTARTED, timeout=5000)
    assert client.process_id != first
    assert len(loaded_again) == 1
    assert client.state is EngineState.READY


@pytest.mark.parametrize("closing", [False, True])
def test_a_killed_engine_leaves_no_half_written_file_and_others_stay(
    qtbot: QtBot, client: EngineClient, tmp_path: Path, closing: bool
) -> None:
    (tmp_path / "wait").touch()
    others = {"wait", ".ffff1-0123abcd.out.nii.gz", ".hidden"}
    for name in others:
        (tmp_path / name).touch()
    request = Export(client.next_id(), "export", ScanSource("a.nii"), str(tmp_path / "out.nii.gz"), {})
    client.ask(request)
    qtbot.waitUntil(lambda: len(list(tmp_path.iterdir())) == len(others) + 1, timeout=20000)
    first = client.process_id
    assert first is not None
    if closing:
        os.kill(first, signal.SIGSTOP)  # it has no time to tidy up
        client.close()
    else:
        os.kill(first, signal.SIGKILL)
        qtbot.waitUntil(lambda: client.process_id != first, timeout=5000)
        assert not list(tmp_path.glob(f".{first:x}-*"))
        (tmp_path / "wait").unlink()
        others.remove("wait")
        with qtbot.waitSignal(client.finished, timeout=20000):
            pass
        others.add("out.nii.gz")
    assert {path.name for path in tmp_path.iterdir()} == others


def test_a_request_that_kills_three_engines_is_given_up_and_the_rest_goes_on(
    qtbot: QtBot, client: EngineClient, target: OwnedVolume
) -> None:
    deadly = render(client, "deadly.nii", target)
    harmless = render(client, "a.nii", target, lane="other")
    sentences, answered = [], []
    client.failed.connect(lambda request, sentence, detail: sentences.append((request, sentence)))
    client.finished.connect(lambda request, result: answered.append(request))
    client.ask(deadly)
    client.ask(harmless)
    qtbot.waitUntil(lambda: bool(sentences and answered), timeout=30000)
    assert sentences[0][0] == deadly
    assert "three times" in sentences[0][1]
    assert answered == [harmless]


def test_an_engine_that_cannot_start_is_not_started_for_ever(qtbot: QtBot) -> None:
    client = EngineClient(entry=_die_at_once)
    client.start()
    qtbot.waitUntil(lambda: client.state is EngineState.STOPPED, timeout=30000)
    client.close()


def test_closing_ends_the_engine(qtbot: QtBot, client: EngineClient, target: OwnedVolume) -> None:
    with qtbot.waitSignal(client.finished, timeout=20000):
        client.ask(render(client, "a.nii", target))
    number = client.process_id
    assert number is not None
    client.close()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_a_scan_error_is_its_sentence(qtbot: QtBot, client: EngineClient, target: OwnedVolume) -> None:
    with qtbot.waitSignal(client.failed, timeout=20000) as answer:
        client.ask(Prepare(client.next_id(), "p", ScanSource("broken.nii"), target.block))
    assert answer.args[1].startswith("broken.nii stops early")


def _die_at_once(connection: Connection) -> None:
    os._exit(1)
