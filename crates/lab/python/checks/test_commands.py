"""Every `aws …` command in rootwatch's texts, held against AWS's own models: people type what they read."""

from __future__ import annotations

import pathlib
import re
import shlex
import unittest
from collections.abc import Iterator
from typing import Any

import botocore.session
from botocore import xform_name

_TOP = pathlib.Path(__file__).resolve().parents[4]
_TEXTS = ("src/**/*.rs", "crates/*/src/**/*.rs", "*.md", "docs/**/*.md", "templates/*")
_PRINTED = ("tests/**/*.snap", "crates/*/src/**/*.snap", "crates/*/tests/**/*.txt")
# What the AWS CLI has beside the services' operations.
_CUSTOM = {
    ("sso", "login"): set(),
    ("login", ""): set(),
    ("configure", "export-credentials"): {"profile", "format"},
    ("configure", "sso"): set(),
    ("logs", "tail"): {"since", "follow"},
    ("cloudformation", "deploy"): {"stack-name", "template-file", "capabilities", "parameter-overrides"},
}
_GLOBAL = {"region", "profile", "output", "query", "no-cli-pager", "cli-input-json"}
# The CLI renames these (awscli/customizations/argrename.py).
_RENAMED = {("sns", "subscribe", "notification-endpoint"): "Endpoint"}
# Calls of one place for a whole partition, or of whichever region a reader is in.
_REGIONLESS = {"iam", "organizations", "account", "sts", "sso", "configure", "login", "cloudtrail"}
_ANY_REGION = {("cloudformation", "activate-organizations-access")}


def _lines(patterns: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        for path in sorted(_TOP.glob(pattern)):
            text = path.read_text(encoding="utf-8")
            for number, line in enumerate(text.splitlines(), 1):
                yield f"{path.relative_to(_TOP)}:{number}", line


def commands(line: str) -> list[str]:
    """The commands in a line of a text: in backticks, or to the end of a string or line."""
    quoted = re.findall(r"`(aws [^`]+)`", line)
    rest = re.sub(r"`[^`]*`", " ", line)
    plain = re.findall(r"(?:^\s*|\"|\$\()(aws [a-z-]+ [a-z-]+[^\"`]*)", rest)
    inner = [found for it in quoted for found in re.findall(r"\$\((aws [^)]+)\)", it)]
    return [*quoted, *plain, *inner]


def _words(command: str) -> list[str]:
    text = command.replace('\\"', '"')
    text = re.sub(r'"?\$\([^)]*\)"?', "VALUE", text)
    text = re.sub(r"\{[^}]*\}", "VALUE", text)
    return shlex.split(text.rstrip(" \\),;."))


class Commands(unittest.TestCase):
    """What is printed can be typed."""

    @classmethod
    def setUpClass(cls) -> None:
        """Models are read once."""
        cls.session = botocore.session.get_session()
        cls.models: dict[str, Any] = {}

    def model(self, service: str) -> Any:
        """The service's model."""
        if service not in self.models:
            known = self.session.get_available_services()
            self.assertIn(service, known)
            self.models[service] = self.session.get_service_model(service)
        return self.models[service]

    def check(self, command: str) -> None:
        """Fails unless AWS's model knows the operation and each option, and nothing that it requires is missing."""
        words = _words(command)
        if words[1] == "login":
            words.insert(2, "")
        service, operation = words[1], words[2] if len(words) > 2 else ""
        options = self.options(words[3:])
        given = {name for name in options if name not in _GLOBAL}
        if (service, operation) in _CUSTOM:
            self.assertLessEqual(given, _CUSTOM[(service, operation)])
            return
        model = self.model(service)
        names = {xform_name(name, "-"): name for name in model.operation_names}
        self.assertIn(operation, names)
        shape = model.operation_model(names[operation]).input_shape
        members = {xform_name(name, "-"): name for name in (shape.members if shape else {})}
        meant = set()
        for name in given:
            renamed = _RENAMED.get((service, operation, name))
            member = renamed or members.get(name) or members.get(name.removeprefix("no-"))
            self.assertIsNotNone(member, f"--{name}")
            if name not in members and not renamed:
                self.assertEqual(shape.members[member].type_name, "boolean", f"--{name}")
            self.check_value(shape.members[member], options[name])
            meant.add(member)
        if len(words) > 3:
            required = set(shape.required_members if shape else [])
            self.assertLessEqual(required, meant)
            if service not in _REGIONLESS and (service, operation) not in _ANY_REGION:
                self.assertIn("region", options, "no --region")

    def options(self, words: list[str]) -> dict[str, list[str]]:
        """Each option's values."""
        found: dict[str, list[str]] = {}
        for word in words:
            if word.startswith("--"):
                values = found.setdefault(word[2:], [])
            else:
                self.assertTrue(found or word in ("…", "VALUE") or word.startswith("/"), word)
                if found:
                    values.append(word)
        return found

    def check_value(self, shape: Any, values: list[str]) -> None:
        """The keys of a structure in the short form are members of it, and an enumeration's value is one of it."""
        for value in values:
            if shape.type_name == "structure":
                keys = re.findall(r"(?:^|,)([A-Z]\w*)=", value)
                self.assertTrue(keys, value)
                self.assertLessEqual(set(keys), set(shape.members), value)
            enum = getattr(shape, "enum", None)
            if enum and value not in ("VALUE", "…"):
                self.assertIn(value, enum)

    def test_every_command_in_our_texts_parses(self) -> None:
        seen = 0
        for place, line in _lines(_TEXTS + _PRINTED):
            for command in commands(line):
                with self.subTest(place=place, command=command):
                    self.check(command)
                    seen += 1
        self.assertGreater(seen, 40)

    def test_what_destroys_is_not_advised(self) -> None:
        """put-event-selectors replaces all selectors of a trail, those of another kind too."""
        for place, line in _lines(_TEXTS + _PRINTED):
            for command in commands(line):
                with self.subTest(place=place, command=command):
                    self.assertNotIn("put-event-selectors", command)

    def test_a_wrong_command_is_found(self) -> None:
        for command in (
            "aws cloudtrail no-such-call --name x",
            "aws cloudformation delete-stack --region x",
            "aws cloudformation delete-stack --stack-name x",
            "aws cloudformation delete-stack --region x --stack-name x --force x",
            "aws cloudformation describe-stack-set --region x --stack-set-name x --call-as NOBODY",
            "aws cloudformation delete-stack-instances --region x --stack-set-name x --regions y "
            "--no-retain-stacks --deployment-targets Account=1",
        ):
            with self.assertRaises(AssertionError, msg=command):
                self.check(command)
