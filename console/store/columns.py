"""Kinds of columns."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import JSON, Dialect, TypeDecorator


class Json(TypeDecorator[Any]):
    """JSON that reads as None where what is stored is none, so that one broken row breaks no query over many."""

    impl = JSON
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """Return what turns a stored value into Python's."""
        read = super().result_processor(dialect, coltype)

        def process(value: Any) -> Any:
            try:
                return read(value) if read else value
            except ValueError:
                return None

        return process
