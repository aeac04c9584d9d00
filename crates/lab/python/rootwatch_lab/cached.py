"""What moto works out anew at each call, or for each account, and comes to the same every time."""

from __future__ import annotations

import functools
from typing import Any

from moto import backends
from moto.core import responses
from moto.core.base_backend import AccountSpecificBackend

_regions: dict[str, list[str]] = {}
_moto_regions = AccountSpecificBackend._generate_regions


def _regions_of(self: AccountSpecificBackend[Any], service: str) -> list[str]:
    if service not in _regions:
        _regions[service] = _moto_regions(self, service)
    return _regions[service]


def install() -> None:
    """Takes the place of moto's own functions."""
    modules = list(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules
    AccountSpecificBackend._generate_regions = _regions_of
    responses.method_names_from_class = functools.cache(responses.method_names_from_class)
