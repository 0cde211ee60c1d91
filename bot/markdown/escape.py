"""Text that is not ours, made inert: the one way in which it enters a comment. Pure.

Whatever could be more than a plain word becomes a code span: neither GitHub nor GitLab looks for
mentions, references, links or emoji in code. A backslash would not do, since both look for those
in the rendered text, where it is gone.
"""

import re
import unicodedata

LONGEST_NAME, LONGEST_TEXT = 200, 2000  # signs that are shown

_PLAIN = re.compile(r"[^\W_]+(?:[^\W_]|[.,;:!?'\"()/+=%-])*")  # letters and digits of any script
_DISPUTED = ("`", "|", "<!--", "]:")
_OPENING = "(\"'"
_LINKS = re.compile(  # what a forge would link, in words that pass as plain
    r"://|www\.|mailto:|xmpp:|![0-9]|%[^\W_]|:[^\s:]+:|\bGH-[0-9]|(?<![0-9a-z])[0-9a-f]{7,40}(?![0-9a-z])",
    re.IGNORECASE,
)
_LIST = re.compile(r"[0-9]+[.)]")
_SPAN = re.compile(r"`([^`]+)`")
_INVISIBLE = frozenset(
    (
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
        *(*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)),
    )
)
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def visible(text: str) -> str:
    """The text on one line, with what nobody can see written out: ``\\n``, ``\\u202e``."""
    return "".join(map(_seen, text))


def _seen(sign: str) -> str:
    if " " <= sign <= "~":
        return sign
    number = ord(sign)
    if 0xDC80 <= number <= 0xDCFF:  # a byte that is no UTF-8, as surrogateescape keeps it
        return f"\\x{number - 0xDC00:02x}"
    if unicodedata.category(sign)[0] in "CZ" or number in _INVISIBLE:
        wide = f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
        return _SHORT.get(sign) or (f"\\x{number:02x}" if number < 0x100 else wide)
    return sign


def cut(text: str, length: int) -> str:
    """At most ``length`` signs of the text, three dots included where some are missing."""
    return text if len(text) <= length else text[: length - 3] + "..."


def code(name: str) -> str:
    """A code span that shows exactly this name, in a sentence as in a cell of a table."""
    shown = cut(visible(cut(name, LONGEST_NAME)), LONGEST_NAME)
    if not shown.strip():
        return '`""`'
    if any(sign in shown for sign in _DISPUTED) or shown != shown.strip():
        # Readers disagree about these inside a span: a pipe in a table, the end of a longer
        # fence, a comment that looks like our mark, a link's text that becomes a definition.
        # As numbers they are nothing anywhere.
        return f"<code>{''.join(map(_numbered, shown))}</code>"
    return f"`{shown}`"


def _numbered(sign: str) -> str:
    return sign if sign.isalnum() else f"&#{ord(sign)};"


def escape(text: str) -> str:
    """Prose with names of the change in it, as Markdown that shows it and does nothing else.

    What stands between backticks becomes a code span, and so does each word that is more than
    letters, digits and everyday punctuation. Line ends become spaces.
    """
    parts = _SPAN.split(cut(text, LONGEST_TEXT))
    text = ""
    for number, part in enumerate(parts):
        piece = code(part) if number % 2 else _prose(part)
        apart = text.endswith(("`", ">")) and piece.startswith(("`", "<"))
        text += " " + piece if apart else piece
    return _started(text.strip())


def _prose(text: str) -> str:
    words = [_word(word) for word in text.split()]
    before = " " if text[:1].isspace() else ""
    after = " " if text[-1:].isspace() and words else ""
    return before + " ".join(words) + after


def _word(word: str) -> str:
    bare = word.lstrip(_OPENING)
    harmless = _PLAIN.fullmatch(bare) or all(sign in ".,;:!?'\")-" for sign in bare)
    if harmless and not _LINKS.search(bare) and visible(word) == word:
        return word
    return code(word)


def _started(text: str) -> str:
    """The text without anything at its start that would make it a list, a rule or a command."""
    first, space, rest = text.partition(" ")
    if _LIST.fullmatch(first) or (first and all(sign in "-=" for sign in first)):
        return code(first) + space + rest
    return text
