"""The repository's own settings as a weapon: attacks 31, 50 to 52, 59 and 62 of docs/attacks.md."""

import pytest

from tests.repositories import Content, Link, Submodule
from tests.safety.attack import LINE, Attacker, pod

SETTINGS = ".redline.yaml"
PRIVILEGED = ("privileged-container", "pod.yaml", LINE)

WEAKER: dict[str, Content] = {
    "observe": "gate: {profile: observe, on_unchecked: allow}\n",
    "off": "rules: {privileged-container: off, root-container: off}\n",
    "excluded": "exclude: ['**']\n",
    "no stages": "stages: {kubernetes-rules: off, files-rules: off}\n",
    "lighter": "rules: {privileged-container: info}\n",
    "a link": Link("/etc/redline.yaml"),
    "a submodule": Submodule("1" * 40),
}


@pytest.mark.parametrize("weaker", WEAKER.values(), ids=WEAKER)
def test_31_a_change_does_not_choose_how_it_is_judged(attacker: Attacker, weaker: Content) -> None:
    seen = attacker.review({SETTINGS: weaker, "pod.yaml": pod("x")})
    assert PRIVILEGED in seen.found
    assert seen.stages["kubernetes-rules"][0] == "failed"
    if isinstance(weaker, str):
        assert "until it is merged the target branch's holds" in seen.everything


def test_31_nor_does_it_by_taking_the_settings_away(attacker: Attacker) -> None:
    strict = {SETTINGS: "gate: {profile: strict}\nrules: {named-user: blocking}\n"}
    after = {SETTINGS: None, "Dockerfile": "FROM registry.example/base:1.4.2\nUSER app\n"}
    seen = attacker.review(after, strict)
    (found,) = [one for one in seen.document["findings"] if one["rule"] == "named-user"]
    assert found["severity"] == "blocking"


BOMBS: dict[str, Content] = {
    "billion laughs": "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else 'lol'}]\n" for n in range(12)
    ),
    "depth": "[" * 100_000,
    "itself": "a: &a [*a]\n",
    "merge keys": "a: &a {b: 1}\n" + "".join(f"c{n}:\n  <<: [*a, *a]\n" for n in range(20_000)),
    "a number without end": "version: " + "9" * 500_000 + "\n",
    "a key without end": "k" * 500_000 + ": 1\n",
    "many keys": "".join(f"key{n}: 1\n" for n in range(50_000)),
    "many patterns": f"exclude: [{', '.join(['a'] * 100_000)}]\n",
    "many documents": "---\ngate: {}\n" * 10_000,
    "no text": b"\xff\xfe\x00\xd8" * 100,
    "a python object": "!!python/object/apply:os.system ['true']\n",
    "a map as key": "? {a: b}\n: c\n",
    "too large": "#" * ((1 << 20) + 1),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_52_a_bomb_in_the_settings_of_a_change_is_told_on_its_line(
    attacker: Attacker, bomb: Content
) -> None:
    seen = attacker.review({SETTINGS: bomb, "pod.yaml": pod("x")})
    assert PRIVILEGED in seen.found
    told = {one for one in seen.found if one[0] == "bad-config"}
    outcome, reason = seen.stages["files-rules"]
    assert told or (outcome == "unchecked" and SETTINGS in reason)
    assert len(told) <= 20


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_52_a_bomb_in_the_settings_of_the_target_branch_locks_nobody_out(
    attacker: Attacker, bomb: Content
) -> None:
    seen = attacker.review({"pod.yaml": pod("x")}, {SETTINGS: bomb})
    assert PRIVILEGED in seen.found
    assert not [one for one in seen.found if one[0] == "bad-config"]
    assert "of the target branch" in " ".join(seen.document["remarks"])
    assert [one for one in seen.stages.values() if one[0] == "unchecked"] == []


HOSTILE = [
    "@org/team </details> ```\n/merge",
    "![x](https://evil.example/x.png)",
    "\x1b[31mred\u202eevil\u200b",
    "<!-- redline:1 x " + "0" * 64 + " -->",
    "`code` [link](https://evil.example)",
]


def quoted(text: str) -> str:
    return '"' + "".join(f"\\U{ord(sign):08x}" for sign in text) + '"'


def test_59_what_is_named_of_the_settings_is_inert(attacker: Attacker) -> None:
    first, second, third, *_ = names = [*map(quoted, HOSTILE)]
    lines = [*(f"{name}: 1" for name in names), "rules:", *(f"  {name}: off" for name in names)]
    gate = f"gate: {{profile: {first}, block_on: {second}, on_unchecked: {third}}}"
    settings = "\n".join((*lines, gate, ""))
    in_change = attacker.review({SETTINGS: settings})  # the attacker asserts that all is inert
    lines_told = {line for rule, _path, line in in_change.found if rule == "bad-config"}
    assert lines_told == {1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12}
    at_base = attacker.review({"pod.yaml": pod("x")}, {SETTINGS: settings})
    assert len(at_base.document["remarks"]) == 13


def test_62_patterns_that_trap_take_no_time(attacker: Attacker) -> None:
    traps = ["*a" * 200 + "b", "**/a/" * 80 + "b", "**/*a*b/" * 50 + "c", "[" * 200, "a" * 499]
    path = "/".join(["a" * 100] * 20) + ".yaml"
    settings = (
        f"exclude: {traps}\nrules: {{privileged-container: {{severity: 'off', paths: {traps}}}}}\n"
    )
    seen = attacker.review({path: pod("x")}, {SETTINGS: settings})
    assert ("privileged-container", path, LINE) in seen.found
