"""Fails unless every link of a built book leads to a file and a heading that are there, and names those that do not.

    python3 .ci/book.py target/book

Links out of the book, to sites, are not followed: CI has to pass without them.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The links of a page, and what they may end in."""

    def __init__(self, text):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids.update(filter(None, [attrs.get("id"), attrs.get("name")]))
        self.links.extend(filter(None, [attrs.get("href"), attrs.get("src")]))


def dead(pages, path):
    """Links of one page that lead nowhere."""
    for link in pages[path].links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
        if not target.exists():
            yield f"{link}: no such file"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
            yield f"{link}: no such heading"


def main(folder):
    root = Path(folder).resolve()
    pages = {path: Page(path.read_text()) for path in root.rglob("*.html")}
    # These gather others: the whole book on a page, and what is shown where nothing is found.
    alone = {"print.html", "404.html", "toc.html"}
    looked = sorted(path for path in pages if path.name not in alone)
    found = [f"{path.relative_to(root)}: {it}" for path in looked for it in dead(pages, path)]
    count = sum(len(pages[path].links) for path in looked)
    if not count:
        sys.exit(f"there is no page with a link in {root}")
    print(f"{count} links on {len(looked)} pages, {len(found)} of them dead", *found, sep="\n  ")
    sys.exit(bool(found))


main(*sys.argv[1:])
