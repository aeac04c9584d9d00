"""The rules of tags that settings are checked by are those of AWS's own models."""

from __future__ import annotations

import json
import unittest
from pathlib import Path
from typing import Any

import botocore.session

_FIXTURE = Path(__file__).parents[4] / "tests" / "fixtures" / "tags.json"
_RULES = ("max", "min", "pattern")
_IAM_SHAPES = ("tagKeyType", "tagValueType")


def _rules(service: str) -> dict[str, Any]:
    shapes = botocore.session.get_session().get_service_model(service)
    names = _IAM_SHAPES if service == "iam" else ("TagKey", "TagValue")
    found = [shapes.shape_for(name).metadata for name in names]
    key, value = ({rule: it[rule] for rule in _RULES if rule in it} for it in found)
    return {"key": key, "value": value}


class Tags(unittest.TestCase):
    """The fixture that a unit test of the settings reads."""

    def test_the_rules_are_those_of_the_models(self) -> None:
        """Each service by its model."""
        written = json.loads(_FIXTURE.read_text(encoding="utf-8"))
        self.assertEqual(written, {service: _rules(service) for service in written})
