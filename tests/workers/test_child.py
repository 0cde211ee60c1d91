"""What stages that run side by side ask of their parent."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from workers.child import Parent, PipedTree
from workers.pipe import Blob, Found, ListAll, Read

SHA = "a" * 40
COMMIT = "c" * 40
ENTRY = ("web/pod.yaml", "100644", SHA)


class Slow:
    """A pipe that answers the first ask only when another stage has had the time to ask too."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self._second = threading.Event()

    def send(self, frame: object) -> None:
        self.asked.append(frame)
        if len(self.asked) > 1:
            self._second.set()

    def receive(self, kind: type) -> Blob | Found:
        self._second.wait(0.2)
        return Blob(2, b"x\n") if kind is Blob else Found((ENTRY,))


def _blobs(parent: Parent, _tree: PipedTree) -> object:
    return parent.blobs([SHA])[SHA].data


def _entries(_parent: Parent, tree: PipedTree) -> object:
    return set(tree.entries())


def _beside(_parent: Parent, tree: PipedTree) -> object:
    return set(tree.beside("web"))


def _find(_parent: Parent, tree: PipedTree) -> object:
    return set(tree.find(["web/pod.yaml"]))


@pytest.mark.parametrize("look", [_blobs, _entries, _beside, _find])
def test_what_two_stages_want_at_once_is_asked_once(
    look: Callable[[Parent, PipedTree], object],
) -> None:
    pipe = Slow()
    parent = Parent(pipe)  # type: ignore[arg-type]
    tree = PipedTree(COMMIT, parent, {})
    answers: list[object] = []
    stages = [threading.Thread(target=lambda: answers.append(look(parent, tree))) for _ in range(2)]
    for stage in stages:
        stage.start()
    for stage in stages:
        stage.join(10)
    assert len(pipe.asked) == 1
    assert answers == [b"x\n" if look is _blobs else {"web/pod.yaml"}] * 2


def test_of_a_batch_only_what_nobody_has_read_is_asked() -> None:
    pipe = Slow()
    parent = Parent(pipe)  # type: ignore[arg-type]
    other = "b" * 40
    parent.blobs([SHA])
    assert set(parent.blobs([SHA, other])) == {SHA, other}
    assert pipe.asked == [Read((SHA,)), Read((other,))]
    PipedTree(COMMIT, parent, {}).entries()
    assert pipe.asked[2:] == [ListAll(COMMIT)]
