"""Holds answers to Gmail's discovery document, which google-api-python-client carries."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

DOCUMENT = json.loads((files("googleapiclient.discovery_cache.documents") / "gmail.v1.json").read_text("utf-8"))
SCHEMAS = DOCUMENT["schemas"]
_KINDS = {"string": str, "boolean": bool, "integer": int, "number": (int, float), "any": object}


def method(name: str) -> dict[str, Any]:
    """Return a method by its id without the leading "gmail.", such as "users.messages.list"."""
    *resources, last = name.split(".")
    place = DOCUMENT
    for resource in resources:
        place = place["resources"][resource]
    found: dict[str, Any] = place["methods"][last]
    assert found["id"] == f"gmail.{name}"
    return found


def faults(schema: dict[str, Any], value: Any, where: str = "") -> list[str]:
    """Return what in a value is not as its schema says: unknown fields, wrong kinds, words outside an enumeration."""
    if "$ref" in schema:
        return faults(SCHEMAS[schema["$ref"]], value, where)
    kind = schema["type"]
    if kind == "object":
        if not isinstance(value, dict):
            return [f"{where}: no object"]
        known = schema.get("properties", {})
        unknown = [f"{where}.{name}: no such field" for name in value if name not in known]
        return unknown + [
            fault
            for name, one in value.items()
            if name in known
            for fault in faults(known[name], one, f"{where}.{name}")
        ]
    if kind == "array":
        if not isinstance(value, list):
            return [f"{where}: no list"]
        return [f for number, one in enumerate(value) for f in faults(schema["items"], one, f"{where}[{number}]")]
    if not isinstance(value, _KINDS[kind]) or (kind != "boolean" and isinstance(value, bool)):
        return [f"{where}: {value!r} is no {kind}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: {value!r} is none of {schema['enum']}"]
    if schema.get("format") in {"int64", "uint64"} and not re.fullmatch(r"\d+", value):
        return [f"{where}: {value!r} is no number in a string"]
    return []
