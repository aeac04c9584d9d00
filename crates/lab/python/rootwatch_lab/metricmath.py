"""CloudWatch metric math, as far as an alarm on one metric needs it.

Source: CloudWatch guide, "Using metric math".
"""

from __future__ import annotations

import dataclasses
import functools
import operator
import re
import types
from collections.abc import Callable
from typing import Any

_WORDS = re.compile(r"[A-Za-z_]\w*")
_KNOWN = {"IF", "DIFF", "FILL", "m1"}


@dataclasses.dataclass(frozen=True)
class Series:
    """The last two data points of a time series; nothing where there is none."""

    before: float | None
    now: float | None

    def _with(self, other: Any, compute: Callable[[float, float], float]) -> Series:
        other = _series(other)
        return Series(_of(compute, self.before, other.before), _of(compute, self.now, other.now))

    def __add__(self, other: Any) -> Series:
        return self._with(other, operator.add)

    def __sub__(self, other: Any) -> Series:
        return self._with(other, operator.sub)

    def __rsub__(self, other: Any) -> Series:
        return _series(other) - self

    def __gt__(self, other: Any) -> Series:
        return self._with(other, operator.gt)

    def __lt__(self, other: Any) -> Series:
        return self._with(other, operator.lt)


def _of(
    compute: Callable[[float, float], float], a: float | None, b: float | None
) -> float | None:
    return None if a is None or b is None else float(compute(a, b))


def _series(value: Any) -> Series:
    return value if isinstance(value, Series) else Series(float(value), float(value))


def _diff(series: Series) -> Series:
    """The difference to the data point before; the first has none."""
    return Series(None, _of(operator.sub, series.now, series.before))


def _fill(series: Series, value: float) -> Series:
    """What is missing is this value, in a series that has data at all."""
    if series == Series(None, None):
        return series
    filled = (value if it is None else it for it in (series.before, series.now))
    return Series(*map(float, filled))


def _if(condition: Any, then: Any, otherwise: Any) -> Series:
    asked, yes, no = _series(condition), _series(then), _series(otherwise)

    def at(point: str) -> float | None:
        value = getattr(asked, point)
        if value is None:
            return None
        chosen: float | None = getattr(yes if value else no, point)
        return chosen

    return Series(at("before"), at("now"))


def last(expression: str, metric: Series) -> float | None:
    """The expression's last data point, where the metric is `m1`."""
    names = {"IF": _if, "DIFF": _diff, "FILL": _fill, "m1": metric}
    return _series(eval(_compiled(expression), {"__builtins__": {}}, names)).now


@functools.cache
def _compiled(expression: str) -> types.CodeType:
    unknown = set(_WORDS.findall(expression)) - _KNOWN
    if unknown:
        raise ValueError(f"metric math that the lab does not know: {sorted(unknown)}")
    return compile(expression, "metric math", "eval")
