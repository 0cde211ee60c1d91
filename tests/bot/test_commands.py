"""What counts as a command, what does not, and who may give it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import Command, Verb, allowed, parse
from bot.forges.base import Role

RECHECK, HELP, UNKNOWN = Command(Verb.RECHECK), Command(Verb.HELP), Command(Verb.UNKNOWN)

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
    "/redline explain r7k2": [UNKNOWN],
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


ROLES = list(Role)


@pytest.mark.parametrize(
    ("verb", "yes"),
    [(Verb.RECHECK, ROLES[2:]), (Verb.HELP, ROLES[1:]), (Verb.UNKNOWN, ROLES[1:])],
)
def test_who_may(verb: Verb, yes: list[Role]) -> None:
    assert [role for role in Role if allowed(verb, role, own_change=False)] == yes
    assert all(allowed(verb, role, own_change=True) for role in Role)
