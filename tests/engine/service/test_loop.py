"""The mailbox, with work that only waits to be told to take its next step."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from queue import Queue

import pytest

from engine.errors import DiskError
from engine.service.loop import Job, Mailbox
from engine.service.messages import (
    Block,
    Cancel,
    Done,
    Dropped,
    Export,
    Failed,
    Progress,
    Render,
    Request,
    ScanSource,
    Shutdown,
)

SCAN = ScanSource("scan.nii.gz")
BLOCK = Block("none", (1, 1, 1))


class Desk:
    """A mailbox served by a thread; a Render takes one step for each ``True`` and ends at ``False``."""

    def __init__(self) -> None:
        self.ours, theirs = multiprocessing.Pipe()
        self.steps: dict[int, Queue[bool]] = defaultdict(Queue)
        self.done_order: list[int] = []
        work = {Render: self._render, Export: self._export}
        self.thread = threading.Thread(target=Mailbox(theirs, work).serve, daemon=True)
        self.thread.start()

    def _render(self, request: Render, job: Job) -> str:
        while self.steps[request.id].get(timeout=20):
            job.tick(1, 2)
        self.done_order.append(request.id)
        return f"picture {request.id}"

    def _export(self, request: Export, job: Job) -> str:
        if request.path == "full":
            raise DiskError("full.nii.gz: no room.")
        if request.path == "bug":
            raise ZeroDivisionError
        if request.path == "apart":
            return job.apart(_slow_double, 21)
        return job.apart(_die)

    def receive(self, kind: type) -> object:
        while True:
            assert self.ours.poll(20), f"no {kind.__name__} came"
            message = self.ours.recv()
            if isinstance(message, kind):
                return message

    def begin(self, request: Request) -> None:
        """Send and wait until the work has begun."""
        self.ours.send(request)
        while self.receive(Progress).id != request.id:
            pass


def _slow_double(number: int, progress: object) -> int:
    progress(1, 2, "half")  # type: ignore[operator]
    return 2 * number


def _die(progress: object) -> None:
    os._exit(7)


def render(id: int, lane: str, **fields: object) -> Render:
    return Render(id, lane, SCAN, BLOCK, **fields)  # type: ignore[arg-type]


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.ours.close()


def test_a_newer_request_takes_the_place_of_the_one_that_waits_in_its_lane(desk: Desk) -> None:
    desk.begin(render(1, "a"))
    desk.ours.send(render(2, "b"))
    desk.ours.send(render(3, "b"))
    desk.steps[1].put(True)
    assert desk.receive(Dropped).id == 2
    desk.steps[1].put(False)
    desk.steps[3].put(False)
    assert [desk.receive(Done).id, desk.receive(Done).id] == [1, 3]


def test_a_newer_request_stops_the_one_that_runs_in_its_lane(desk: Desk) -> None:
    desk.begin(render(1, "a"))
    desk.ours.send(render(2, "a"))
    desk.steps[1].put(True)
    assert desk.receive(Dropped).id == 1
    desk.steps[2].put(False)
    assert desk.receive(Done) == Done(2, "picture 2")


def test_other_lanes_wait_their_turn(desk: Desk) -> None:
    desk.begin(render(1, "a"))
    desk.ours.send(render(2, "b"))
    desk.steps[1].put(True)
    desk.steps[2].put(False)
    desk.steps[1].put(False)
    assert [desk.receive(Done).id, desk.receive(Done).id] == [1, 2]


def test_a_preview_is_done_inside_a_running_final_which_then_goes_on(desk: Desk) -> None:
    desk.begin(render(1, "time", background=True))
    desk.ours.send(render(2, "edit", quality="preview"))
    desk.steps[2].put(False)
    desk.steps[1].put(True)
    assert desk.receive(Done).id == 2
    desk.steps[1].put(False)
    assert desk.receive(Done).id == 1
    assert desk.done_order == [2, 1]


def test_previews_go_before_finals_and_finals_before_the_background(desk: Desk) -> None:
    desk.begin(render(1, "a", quality="preview"))
    for request in (render(2, "b", background=True), render(3, "c"), render(4, "d", quality="preview")):
        desk.ours.send(request)
        desk.steps[request.id].put(False)
    desk.steps[1].put(True)
    desk.steps[1].put(False)
    assert [desk.receive(Done).id for _ in range(4)] == [1, 4, 3, 2]


def test_cancel_drops_what_runs_and_what_waits(desk: Desk) -> None:
    desk.begin(render(1, "a"))
    desk.ours.send(render(2, "b"))
    desk.ours.send(Cancel("a"))
    desk.ours.send(Cancel("b"))
    desk.steps[1].put(True)
    assert {desk.receive(Dropped).id, desk.receive(Dropped).id} == {1, 2}


def test_a_failure_is_one_sentence_and_the_loop_goes_on(desk: Desk) -> None:
    desk.ours.send(Export(1, "e", SCAN, "full"))
    assert desk.receive(Failed).sentence == "full.nii.gz: no room."
    desk.ours.send(Export(2, "e", SCAN, "bug"))
    failed = desk.receive(Failed)
    assert "\n" not in failed.sentence
    assert "ZeroDivisionError" in failed.detail
    desk.steps[3].put(False)
    desk.ours.send(render(3, "a"))
    assert desk.receive(Done).id == 3


def test_work_apart_brings_back_its_result_and_its_progress(desk: Desk) -> None:
    desk.ours.send(Export(1, "e", SCAN, "apart"))
    whats = []
    while not isinstance(message := desk.receive((Progress, Done)), Done):  # type: ignore[arg-type]
        whats.append(message.what)
    assert message.result == 42
    assert "half" in whats


def test_a_death_apart_is_a_sentence(desk: Desk) -> None:
    desk.ours.send(Export(1, "e", SCAN, "die"))
    assert "exit code 7" in desk.receive(Failed).sentence


@pytest.mark.parametrize("leave", [lambda desk: desk.ours.send(Shutdown()), lambda desk: desk.ours.close()])
def test_the_loop_ends_when_told_and_when_the_window_is_gone(desk: Desk, leave: object) -> None:
    leave(desk)  # type: ignore[operator]
    desk.thread.join(20)
    assert not desk.thread.is_alive()
