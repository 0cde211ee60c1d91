"""What counts as a command, and what does not."""

import re
import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import Command, Verb, Wrong, only, parse

RECHECK, HELP, UNKNOWN = Command(Verb.RECHECK), Command(Verb.HELP), Command(Verb.UNKNOWN)
SHA = "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334"


def allow(reason: str, finding: str = "r7k2", until: str = "") -> Command:
    return Command(Verb.ALLOW, finding=finding, reason=reason, until=until)


def acknowledge(reason: str, finding: str = "r7k2") -> Command:
    return Command(Verb.ACKNOWLEDGE, finding=finding, reason=reason)


def wrong(verb: Verb, why: Wrong, finding: str = "") -> Command:
    return Command(verb, finding=finding, wrong=why)


ASKED = {
    "/recheck": [RECHECK],
    "/ReCheck": [RECHECK],
    "  /recheck  ": [RECHECK],
    "/redline recheck": [RECHECK],
    "@redline recheck": [RECHECK],
    "@Redline  HELP": [HELP],
    "/redline help": [HELP],
    "/redline": [UNKNOWN],
    "/redline dance": [UNKNOWN],
    "/redline status": [Command(Verb.STATUS)],
    "/redline pause\n@redline resume": [Command(Verb.PAUSE), Command(Verb.RESUME)],
    "/redline explain r7k2": [Command(Verb.EXPLAIN, finding="r7k2")],
    "@redline EXPLAIN `R7K2abcd`": [Command(Verb.EXPLAIN, finding="r7k2abcd")],
    "/redline allow r7k2 --reason it is old": [allow("it is old")],
    "/redline allow r7k2 --reason  don't ask; `id` | $(id) -- really ": [
        allow("don't ask; `id` | $(id) -- really")
    ],
    "/redline allow r7k2 --until 2027-01-31 --reason moves in January": [
        allow("moves in January", until="2027-01-31")
    ],
    "/redline allow r7k2 --until=2027-01-31 --REASON=moves": [allow("moves", until="2027-01-31")],
    "/redline allow r7k2 \u2014until 2027-01-31 \u2014reason typed on a telephone": [
        allow("typed on a telephone", until="2027-01-31")
    ],
    "@redline allow r7k2 --reason said to it": [allow("said to it")],
    "/redline allow `r7k2` --reason --reason": [allow("--reason")],
    "/redline acknowledge r7k2 --reason moved by hand": [acknowledge("moved by hand")],
    "/redline acknowledge destroyed --reason a test stack": [
        acknowledge("a test stack", "destroyed")
    ],
    f"/redline run {SHA}": [Command(Verb.RUN, sha=SHA)],
    "/redline run A1B2C3D": [Command(Verb.RUN, sha="a1b2c3d")],
    "/redline run `a1b2c3d`": [Command(Verb.RUN, sha="a1b2c3d")],
    "/redline explain": [wrong(Verb.EXPLAIN, Wrong.FINDING)],
    "/redline explain r7k2 please": [wrong(Verb.EXPLAIN, Wrong.FINDING)],
    "/redline explain <b>": [wrong(Verb.EXPLAIN, Wrong.FINDING)],
    "/redline allow": [wrong(Verb.ALLOW, Wrong.FINDING)],
    "/redline allow destroyed --reason all of it": [wrong(Verb.ALLOW, Wrong.FINDING)],
    "/redline allow --reason which one": [wrong(Verb.ALLOW, Wrong.FINDING)],
    "/redline allow r7k2": [Command(Verb.ALLOW, finding="r7k2")],
    "/redline acknowledge r7k2": [wrong(Verb.ACKNOWLEDGE, Wrong.REASON, "r7k2")],
    "/redline allow r7k2 --reason": [wrong(Verb.ALLOW, Wrong.REASON, "r7k2")],
    "/redline allow r7k2 because": [wrong(Verb.ALLOW, Wrong.REASON, "r7k2")],
    "/redline allow r7k2 --until 2027-01-31": [wrong(Verb.ALLOW, Wrong.REASON, "r7k2")],
    "/redline allow r7k2 --until 2027-02-31 --reason x": [wrong(Verb.ALLOW, Wrong.DATE, "r7k2")],
    "/redline allow r7k2 --until 20270131 --reason x": [wrong(Verb.ALLOW, Wrong.DATE, "r7k2")],
    "/redline allow r7k2 --until soon --reason x": [wrong(Verb.ALLOW, Wrong.DATE, "r7k2")],
    "/redline allow r7k2 --reason x --until 2027-01-31": [wrong(Verb.ALLOW, Wrong.ORDER, "r7k2")],
    "/redline acknowledge r7k2 --until 2027-01-31 --reason x": [
        wrong(Verb.ACKNOWLEDGE, Wrong.DATE, "r7k2")
    ],
    "/redline run": [wrong(Verb.RUN, Wrong.SHA)],
    "/redline run a1b2c3": [wrong(Verb.RUN, Wrong.SHA)],
    "/redline run main": [wrong(Verb.RUN, Wrong.SHA)],
    f"/redline run {SHA}0": [wrong(Verb.RUN, Wrong.SHA)],
    "/recheck envs/prod": [Command(Verb.RECHECK, ("envs/prod",))],
    "/recheck envs/prod ünder\tcharts/web_2": [
        Command(Verb.RECHECK, ("envs/prod", "ünder", "charts/web_2"))
    ],
    "I don't know why it failed.\n\n/recheck": [RECHECK],
    "Please\n/recheck\nthank you": [RECHECK],
    "/recheck\r\n/redline help\r\n": [RECHECK, HELP],
    "/recheck\r/redline help": [RECHECK, HELP],
    "/recheck\n/recheck": [RECHECK],
    "/recheck\n-- \nSent from afar": [RECHECK],
    "- fixed the tag\n- fixed the user\n/recheck": [RECHECK],
    "1. done\n\n   /recheck": [RECHECK],
    "> you said it fails\n\n/recheck": [RECHECK],
    "```\ncode\n```\n/recheck": [RECHECK],
    "<!-- hidden -->\n/recheck": [RECHECK],
    "a <!-- b --> c\n/recheck": [RECHECK],
    "use ` or `` here\n/recheck": [RECHECK],
    "a `b` c\n/recheck": [RECHECK],
    "x --> y\n/recheck": [RECHECK],
    "\n".join(f"/recheck p{n}" for n in range(9)): [
        Command(Verb.RECHECK, (f"p{n}",)) for n in range(5)
    ],
}

NOT_ASKED = [
    "",
    "recheck",
    "please /recheck",
    "/rechecked",
    "/recheck; id",
    "/recheck;id",
    "/recheck --config=x",
    "/recheck -rf",
    "/recheck $(id)",
    "/recheck `id`",
    "/recheck a | b",
    "/recheck please, now",
    "/help",
    "/status",
    "/redlinehelp",
    "/redlines help",
    "/redline, help",
    "@redline",
    "@redline is wrong here",
    "@redline allow this to pass, please",
    "@redline run the tests",
    "@redline explain yourself, man",
    "/redline status now",
    "/redline pause it",
    "/status",
    "/allow r7k2 --reason x",
    "/acknowledge destroyed --reason x",
    "/run a1b2c3d",
    "> /redline allow r7k2 --reason quoted",
    "`/redline allow r7k2 --reason in code`",
    "\uff0fredline allow r7k2 --reason look-alike",
    "/redline help me",
    "\u2215recheck",
    "\uff0frecheck",
    "\u2044recheck",
    "/rechec\u212a",
    "/recheck\u200b",
    "/redline\u00a0help",
    "\u00a0/recheck",
    "/ recheck",
    "//recheck",
    "\\/recheck",
    "**/recheck**",
    "`/recheck`",
    "see `this\n/recheck\n` command",
    "# /recheck",
    "- /recheck",
    "> /recheck",
    "> quoted\n/recheck",
    ">> /recheck\n> /recheck",
    "- > /recheck",
    "```\n/recheck\n```",
    "```\n/recheck",
    "~~~ text\n/recheck\n~~~",
    "````\n```\n/recheck\n```\n````",
    "~~~\n```\n~~~ \n\n```\n/recheck\n```",
    "- a\n  ```\n  /recheck\n  ```",
    "    /recheck",
    "\t/recheck",
    "<!-- /recheck -->",
    "<!--\n/recheck\n-->",
    "<!--\n\n/recheck\n\n-->",
    "text <!-- a\n/recheck\n-->",
    "<!--\n/recheck",
    "<pre>\n/recheck\n</pre>",
    "<details>\n/recheck\n</details>",
    "/recheck " + "a" * 2_000,
    "a" * 70_000 + "\n/recheck",
]


@pytest.mark.parametrize(("text", "want"), ASKED.items())
def test_asked(text: str, want: list[Command]) -> None:
    assert parse(text) == want


@pytest.mark.parametrize("text", NOT_ASKED)
def test_not_asked(text: str) -> None:
    assert parse(text) == []


@given(st.text(alphabet="/recheck `~<>!-\n\t *#[]()@", max_size=300))
def test_never_raises(text: str) -> None:
    assert len(parse(text + "\n/recheck")) <= 5


@pytest.mark.parametrize(
    "part",
    [">" * 1000 + "a\n" + "b\n" * 40_000, "- a\n", "> a\nb\n", "<!--", "<!-- a\n", "`", "```\n",
     "a `\n", "[", "[a]: <\n", "/recheck\n", "/redline ", "> - ", "\t", "1. "],
)  # fmt: skip
def test_hostile_text_costs_little(part: str) -> None:
    text = "/recheck\n\n" + part * (65_536 // len(part) + 1)
    started = time.process_time()
    assert parse(text)[0] == RECHECK
    assert time.process_time() - started < 4


_REASONS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=60)
_IDS = st.text("abcdefghjkmnpqrstuvwxyz23456789", min_size=4, max_size=12).filter(
    "destroyed".__ne__
)


@given(_IDS, st.lists(_REASONS, min_size=1, max_size=4).map(" ".join), st.none() | st.dates())
def test_a_reason_is_kept_as_it_was_typed(finding: str, reason: str, until: date | None) -> None:
    day = until.isoformat() if until else ""
    option = f" --until {day}" if day else ""
    have = parse(f"/redline allow {finding}{option} --reason {reason}")
    if "-->" not in reason and "<!--" not in reason and not re.search("until", reason, re.I):
        assert have == [allow(reason, finding, day)]


@given(st.sampled_from(list(Verb)), st.text(max_size=80))
def test_whatever_follows_a_verb_asks_for_that_verb_or_nothing(verb: Verb, rest: str) -> None:
    line = rest.replace("\n", " ").replace("\r", " ")
    assert {command.verb for command in parse(f"/redline {verb} {line}")} <= {verb}


@pytest.mark.parametrize(
    ("text", "nothing_else"),
    [
        ("/redline status", True),
        (" /recheck\r\n\n/redline allow abcd --reason it is known\n", True),
        ("/redline hepl", True),
        ("", False),
        ("Fine.", False),
        ("Fine.\n/redline status", False),
        ("> /redline status", False),
        ("```\n/redline status\n```", False),
        ("@redline could you look?", False),
    ],
)
def test_what_is_said_to_us_alone(text: str, nothing_else: bool) -> None:
    assert only(text) is nothing_else
