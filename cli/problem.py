"""Read what a service says went wrong: problem details (RFC 9457), or whatever else came instead."""

from __future__ import annotations

import json
from typing import Any

from cli.http import Answer
from cli.output import one_line

_SHOWN = 500


def problem_of(answer: Answer) -> dict[str, Any]:
    """Return the members of the problem document of an answer; empty where it holds none."""
    if answer.media_type != "application/problem+json":
        return {}
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def problem_text(answer: Answer) -> str:
    """Return one line about an answer that is not what was asked for: code, detail and status."""
    problem = problem_of(answer)
    code, detail = problem.get("code"), problem.get("detail")
    if isinstance(code, str) and isinstance(detail, str):
        return f"{one_line(code)[:64]}: {one_line(detail)[:_SHOWN]} (HTTP {answer.status})"
    return f"the answer is HTTP {answer.status} ({one_line(answer.media_type) or 'no media type'})"
