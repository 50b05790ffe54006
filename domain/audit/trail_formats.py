"""The trail in forms that other tools read: CSV for spreadsheets, OCSF for security monitoring."""

import csv
import io
from datetime import datetime
from typing import Any

import msgspec

from astrolabe.domain.audit.leaf import Row

COLUMNS = (
    "position",
    "recorded_at",
    "stream",
    "version",
    "type",
    "actor",
    "reason",
    "source",
    "id",
    "causation",
    "correlation",
    "data",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a text begins that a spreadsheet would compute."""

OCSF_VERSION = "1.3.0"
ALARMING = frozenset({"access_recovered"})
"""The types that somebody should look at whoever it was."""
CLASS, CATEGORY, OTHER = 6003, 6, 99


def csv_header() -> bytes:
    """Return the first line."""
    return _csv_line(COLUMNS)


def csv_line(row: Row) -> bytes:
    """Return an event's line; what a spreadsheet would compute stands behind an apostrophe."""
    entry = _entry(row)
    data = msgspec.json.encode(entry.pop("data", {}), order="sorted").decode()
    shown = entry | {"position": row.position, "recorded_at": row.recorded_at, "type": row.type, "data": data}
    return _csv_line([_harmless(shown.get(column)) for column in COLUMNS])


def _csv_line(values: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(values)
    return text.getvalue().encode()


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def ocsf_line(row: Row) -> bytes:
    """Return an event as an API Activity (class 6003) of the Open Cybersecurity Schema Framework."""
    entry = _entry(row)
    activity: dict[str, Any] = {
        "activity_id": OTHER,
        "activity_name": row.type,
        "category_uid": CATEGORY,
        "category_name": "Application Activity",
        "class_uid": CLASS,
        "class_name": "API Activity",
        "type_uid": CLASS * 100 + OTHER,
        "type_name": "API Activity: Other",
        "severity_id": 4 if row.type in ALARMING else 1,
        "severity": "High" if row.type in ALARMING else "Informational",
        "time": _milliseconds(row.recorded_at),
        "message": entry.get("reason"),
        "metadata": {
            "version": OCSF_VERSION,
            "product": {"name": "Astrolabe", "vendor_name": "Astrolabe"},
            "uid": entry.get("id"),
            "sequence": row.position,
            "original_time": row.recorded_at,
            "correlation_uid": entry.get("correlation"),
        },
        "actor": {"user": {"name": entry.get("actor")}},
        "api": {"operation": row.type, "service": {"name": "astrolabe"}},
        "src_endpoint": {"name": entry.get("source")},
        "resources": [{"uid": row.stream_id, "type": "instance", "version": str(row.version)}],
        "unmapped": {"data": entry.get("data"), "causation": entry.get("causation")},
    }
    return msgspec.json.encode(_without_nothing(activity)) + b"\n"


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nothing(each) for key, each in value.items() if each is not None}
    return value


def _milliseconds(recorded_at: str) -> int:
    try:
        return int(datetime.fromisoformat(recorded_at).timestamp() * 1000)
    except ValueError:
        return 0


def _entry(row: Row) -> dict[str, Any]:
    try:
        return msgspec.json.decode(row.entry, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        # What was tampered with is shown as it is; the proofs are the place to complain.
        return {"reason": row.entry}
