"""Addresses that nobody can guess, and that outlive a review."""

import pytest

from bot.change import ChangeId, ForgeName, Kind
from bot.report.address import address, change_of, path, signature

KEY = b"k" * 32
CHANGE = ChangeId(ForgeName.GITHUB, 12, number=7)
GROUP = ChangeId(ForgeName.GITLAB, 12, Kind.MERGE_GROUP, ref="refs/merge-requests/7/träin")


@pytest.mark.parametrize("change", [CHANGE, GROUP], ids=["change", "group"])
def test_an_address_names_its_change(change: ChangeId) -> None:
    forge, repository, name, signed = path(change, KEY).removeprefix("/reviews/").split("/")
    assert change_of(forge, repository, name, signed, KEY) == change


def test_one_review_is_below_its_change() -> None:
    whole = address("https://redline.corp/", CHANGE, KEY)
    assert whole == f"https://redline.corp/reviews/github/12/7/{signature(CHANGE, KEY)}"
    assert address("https://redline.corp", CHANGE, KEY, "a" * 40) == f"{whole}/{'a' * 40}"


def test_no_address_without_a_server_or_a_key() -> None:
    assert address("", CHANGE, KEY) == address("https://redline.corp", CHANGE, b"") == ""


def test_it_fits_where_gitlab_holds_it() -> None:
    long = ChangeId(ForgeName.GITLAB, 2**62, number=2**62)
    assert len(address("https://" + "r" * 100, long, KEY, "a" * 40)) <= 255


def test_each_change_and_each_key_has_its_own() -> None:
    others = (
        ChangeId(ForgeName.GITLAB, 12, number=7),
        ChangeId(ForgeName.GITHUB, 13, number=7),
        ChangeId(ForgeName.GITHUB, 12, number=8),
        ChangeId(ForgeName.GITHUB, 12, Kind.MERGE_GROUP, 7),
        GROUP,
    )
    signed = {signature(each, KEY) for each in (CHANGE, *others)}
    assert len(signed) == 6
    assert signature(CHANGE, b"another") not in signed


@pytest.mark.parametrize(
    "parts",
    [
        ("github", "12", "8", signature(CHANGE, KEY)),
        ("gitlab", "12", "7", signature(CHANGE, KEY)),
        ("github", "012", "7", signature(CHANGE, KEY)),
        ("github", "12", "+7", signature(CHANGE, KEY)),
        ("github", "12", "\u0667", signature(CHANGE, KEY)),
        ("github", "12", "7", signature(CHANGE, KEY)[:-1]),
        ("github", "12", "7", signature(CHANGE, KEY).upper()),
        ("github", "12", "7", "\u00e9" * 32),
        ("github", "12", "7", ""),
        ("local", "12", "7", signature(CHANGE, KEY)),
        ("github", "9" * 40, "7", signature(CHANGE, KEY)),
        ("github", "12", "group-!!", signature(CHANGE, KEY)),
        ("github", "12", "group-" + "A" * 5_000, signature(CHANGE, KEY)),
        ("github", "12", "group-_w", signature(CHANGE, KEY)),
    ],
)
def test_anything_else_names_nothing(parts: tuple[str, str, str, str]) -> None:
    assert change_of(*parts, KEY) is None


def test_a_server_without_a_key_shows_nothing() -> None:
    assert change_of("github", "12", "7", signature(CHANGE, b""), b"") is None
