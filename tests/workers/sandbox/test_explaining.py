"""Each layer that can refuse is recognised by what it leaves under /proc."""

from pathlib import Path

import pytest

from workers.sandbox import explaining

OPEN = {
    "self/status": "Name:\tx\nCapEff:\t000001ffffffffff\nSeccomp:\t0\n",
    "self/mounts": "proc /proc proc rw 0 0\nbinfmt /proc/sys/fs/binfmt_misc binfmt_misc rw 0 0\n",
    "self/attr/current": "unconfined\n",
    "sys/user/max_user_namespaces": "15000\n",
    "sys/kernel/unprivileged_userns_clone": "1\n",
}


def laid(folder: Path, files: dict[str, str]) -> Path:
    for name, text in (OPEN | files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name, path: f"/usr/bin/{name}")


def test_an_open_machine_has_no_such_layer(tmp_path: Path) -> None:
    assert list(explaining._namespaces(laid(tmp_path, {}))) == []


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"sys/kernel/unprivileged_userns_clone": "0\n"}, "unprivileged_userns_clone=0"),
        ({"sys/user/max_user_namespaces": "0\n"}, "max_user_namespaces=0"),
        (
            {"sys/kernel/apparmor_restrict_unprivileged_userns": "1\n"},
            "apparmor_restrict_unprivileged_userns=1",
        ),
        ({"self/status": "CapEff:\t000001ffffffffff\nSeccomp:\t2\n"}, "a seccomp profile"),
        ({"self/attr/current": "docker-default (enforce)\n"}, "AppArmor profile docker-default"),
        ({"self/mounts": "proc /proc/sys proc ro 0 0\n"}, "a masked /proc"),
    ],
)
def test_a_layer_that_refuses_is_named(tmp_path: Path, files: dict[str, str], said: str) -> None:
    [reason] = explaining._namespaces(laid(tmp_path, files))
    assert said in reason


def test_a_missing_bubblewrap_is_the_only_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name, path: None)
    [reason] = explaining._namespaces(laid(tmp_path, {"self/mounts": "a /proc/sys proc ro 0 0"}))
    assert "apt-get install bubblewrap" in reason
