"""Patterns of AWS's models: regular expressions of Java, as expressions of Python.

Services check the whole value (`Matcher.matches`). `\\d`, `\\w` and `\\s` are ASCII there, `.` meets no
end of a line of Unicode's, and `\\p{L}` names categories of Unicode, which Python's `re` does not know.
"""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from collections.abc import Iterator

_ESCAPE = re.compile(r"\\[pP](?:\{([A-Za-z]+)\}|([A-Z]))|\\u([0-9A-Fa-f]{4})|\\.", re.DOTALL)
_SURROGATES = re.compile(r"\\u([Dd][89ABab][0-9A-Fa-f]{2})\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})")
_POSIX = {
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Upper": "A-Z",
    "Lower": "a-z",
    "ASCII": "\\x00-\\x7f",
    "Print": "\\x20-\\x7e",
    "Graph": "\\x21-\\x7e",
}
_NAMES = {"IsAlphabetic": "L", "IsLetter": "L", "IsDigit": "Nd"}
# Beyond this there are only tags and variation selectors (category M), and private use.
_LAST_ASSIGNED = 0x323B0
_NO_LINE_END = "[^\\n\\r\\u0085\\u2028\\u2029]"

_skipped: set[str] = set()


class Unknown(Exception):
    """Something that Python's `re` has no equal of."""


@functools.cache
def compiled(pattern: str) -> re.Pattern[str] | None:
    """The pattern in Python, or nothing if it has no equal there; then `skipped` has it."""
    try:
        return re.compile(_translated(pattern), re.ASCII)
    except (Unknown, re.error, OverflowError):
        _skipped.add(pattern)
        return None


def skipped() -> list[str]:
    """The patterns met so far that nothing is checked against."""
    return sorted(_skipped)


def _translated(pattern: str) -> str:
    return "".join(_parts(_SURROGATES.sub(_joined, pattern)))


def _joined(pair: re.Match[str]) -> str:
    high, low = (int(half, 16) for half in pair.groups())
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"


def _parts(pattern: str) -> Iterator[str]:
    at, inside, first = 0, False, False
    while at < len(pattern):
        escape = _ESCAPE.match(pattern, at)
        if pattern.startswith("\\U", at):
            text, at = pattern[at : at + 10], at + 10
        elif escape:
            text, at = _escaped(escape, inside), escape.end()
            if inside and text[1:2] in "dwsDWS" and pattern.startswith("-", at):
                # To Java a hyphen behind a class is itself.
                text, at = text + "\\-", at + 1
        else:
            text, at = pattern[at], at + 1
            if inside and (text == "[" or pattern.startswith("&&", at - 1)):
                raise Unknown("unions and intersections of classes")
            if not inside and text == ".":
                text = _NO_LINE_END
            elif not inside and text == "[":
                inside, first = True, True
                yield text
                continue
            elif inside and text == "]" and not first:
                inside = False
        first = first and text == "^"
        yield text


def _escaped(escape: re.Match[str], inside: bool) -> str:
    name = escape.group(1) or escape.group(2)
    if not name:
        return escape.group(0)
    members = _POSIX.get(name) or _category(_NAMES.get(name, name.removeprefix("Is")))
    if escape.group(0)[1] == "P":
        if inside:
            raise Unknown("what is not of a category, in a class")
        return f"[^{members}]"
    return members if inside else f"[{members}]"


@functools.cache
def _category(name: str) -> str:
    ranges = _ranges().get(name)
    if not ranges:
        raise Unknown(name)
    return "".join(
        f"\\U{first:08x}" if first == last else f"\\U{first:08x}-\\U{last:08x}"
        for first, last in ranges
    )


@functools.cache
def _ranges() -> dict[str, list[tuple[int, int]]]:
    """Where the characters of each category are, by its one letter and by both."""
    found: dict[str, list[tuple[int, int]]] = {}
    for number in range(min(_LAST_ASSIGNED, sys.maxunicode)):
        category = unicodedata.category(chr(number))
        for name in (category[0], category):
            known = found.setdefault(name, [])
            if known and known[-1][1] == number - 1:
                known[-1] = (known[-1][0], number)
            else:
                known.append((number, number))
    return found
