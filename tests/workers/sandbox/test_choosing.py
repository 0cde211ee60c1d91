"""Which way is taken, and what is said when none is."""

import pytest

from workers.sandbox import Refused, Way, choosing, current, explain, explaining, use, way


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> dict[Way, tuple[str, ...]]:
    """What the self-test is made to find."""
    found: dict[Way, tuple[str, ...]] = {Way.BUBBLEWRAP: (), Way.SANDLOCK: ()}
    monkeypatch.setattr(choosing, "_tested", found.__getitem__)
    monkeypatch.setattr(choosing, "_mode", [])
    return found


def test_auto_takes_the_first_that_holds(faults: dict[Way, tuple[str, ...]]) -> None:
    assert way("auto") is Way.BUBBLEWRAP
    faults[Way.BUBBLEWRAP] = ("connect over TCP",)
    assert way("auto") is Way.SANDLOCK


def test_none_that_holds_is_refused_with_every_reason(
    faults: dict[Way, tuple[str, ...]],
) -> None:
    faults[Way.BUBBLEWRAP] = ("connect over TCP",)
    faults[Way.SANDLOCK] = ("mount", "send over UDP")
    use("auto")
    with pytest.raises(Refused, match="bubblewrap: connect over TCP; sandlock: mount, send over"):
        current()


def test_a_way_that_was_asked_for_is_not_replaced(faults: dict[Way, tuple[str, ...]]) -> None:
    faults[Way.BUBBLEWRAP] = ("mount",)
    with pytest.raises(Refused, match="bubblewrap: mount"):
        way("bubblewrap")


def test_off_is_not_tested(faults: dict[Way, tuple[str, ...]]) -> None:
    faults.clear()
    use("off")
    assert current() is Way.OFF
    assert explain("off") == "off: tools run without a sandbox"


def test_a_process_that_chose_nothing_runs_nothing(faults: dict[Way, tuple[str, ...]]) -> None:
    assert not faults[Way.BUBBLEWRAP]
    with pytest.raises(Refused, match="no sandbox was chosen"):
        current()


def test_what_fails_is_said_with_the_likely_layer(
    faults: dict[Way, tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    faults[Way.BUBBLEWRAP] = ("nothing can be started",)
    monkeypatch.setattr(explaining, "_namespaces", lambda: iter(["a masked /proc"]))
    assert explain("auto") == (
        "bubblewrap fails: nothing can be started (likely: a masked /proc);"
        " sandlock passes its self-test"
    )
