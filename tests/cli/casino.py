"""A service over HTTP for tests of the audit: its seeds are honest, and what it says of them may be a lie."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.verifier.builder import ORIGIN, RULES, SERVER_SEED, SIGNING_KEY, START, Document, History
from verifier.rules import check_rules

KEY = f"{bytes(SIGNING_KEY.verify_key).hex()}@{ORIGIN}"
NOT_FOUND = (404, {"code": "seed_not_found", "detail": "no such seed is open to you", "status": 404})

Answer = Any
Lie = Callable[[dict[str, str], Answer], Answer]
"""From the query and the honest answer to what is sent: JSON data, bytes, or a status with either."""


@dataclass
class Casino:
    """Hold the seeds of a service in the order of their reveals, and its lies by path.

    `requests` are the paths that were asked for, with their queries. A page of the list has one seed, so that there
    are as many pages as seeds.
    """

    seeds: dict[str, Document] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    lies: dict[str, Lie] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    page: int = 1
    url: str = ""

    def add(self, slot: str, *, previous: str = "", rounds: int = 3, at: int | None = None) -> str:
        """Add a revealed seed, and return its id.

        Args:
            slot: one letter or digit.
            previous: the seed before it in its slot.
            rounds: how many receipts it has.
            at: time of its reveal; the later, the more seeds were revealed before.
        """
        sequence = 0 if not previous else int(self.seeds[previous]["epoch"]["sequence"]) + 1
        # All seeds of the builder have one server seed, which an epoch then announces for the next one too.
        same = hashlib.sha256(SERVER_SEED).hexdigest()
        history = History(
            epoch_fields={
                "slot": hashlib.sha256(slot.encode()).hexdigest()[:32],
                "sequence": sequence,
                "previous_epoch": previous,
                "next_commitment": same,
            }
        )
        for _ in range(rounds):
            history.receipt()
        time = START + 500_000 + 1000 * len(self.seeds) if at is None else at
        self.seeds[history.seed_id] = {
            "seed_id": history.seed_id,
            "status": "revealed",
            "records": len(history.records),
            "epoch": history.epoch,
            "activation": history.activation,
            "reveal": history.reveal(time=time),
            "rounds": history.records,
        }
        self.order.append(history.seed_id)
        return history.seed_id

    def answer(self, target: str) -> Answer:
        """Return what is sent for a request."""
        self.requests.append(target)
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        honest = self._honest(parts.path, query)
        lie = self.lies.get(parts.path)
        return honest if lie is None else lie(query, honest)

    def _honest(self, path: str, query: dict[str, str]) -> Answer:
        match path.strip("/").split("/"):
            case ["v1", "seeds"]:
                return self.listed(int(query.get("cursor", "s0")[1:]))
            case ["v1", "seeds", seed_id] if seed_id in self.seeds:
                return {name: value for name, value in self.seeds[seed_id].items() if name != "rounds"}
            case ["v1", "seeds", seed_id, "rounds"] if seed_id in self.seeds:
                start = int(query.get("cursor", "r0")[1:])
                records = self.seeds[seed_id]["rounds"]
                end = min(start + 2, len(records))
                more = f"r{end}" if end < len(records) else None
                return {"seed_id": seed_id, "records": records[start:end], "next_cursor": more}
            case ["v1", "games"]:
                return {"games": [{"name": "little-dice", "digest": check_rules(RULES).digest, "summary": "x"}]}
            case ["v1", "games", "little-dice"]:
                return {"name": "little-dice", "digest": check_rules(RULES).digest, "rules": RULES}
            case _:
                return NOT_FOUND

    def listed(self, start: int) -> Document:
        """Return the page of the list from a position on."""
        seeds = self.order[start : start + self.page]
        end = start + len(seeds)
        return {
            "seeds": [self.entry(position, seed_id) for position, seed_id in enumerate(seeds, start=start)],
            "total": len(self.order),
            "next_cursor": f"s{end}" if end < len(self.order) else None,
        }

    def entry(self, position: int, seed_id: str) -> Document:
        """Return the entry of a seed in the list."""
        return {"position": position, "seed_id": seed_id, "rounds": 3, "records": 3, "revealed_at": START}

    def hide(self, seed_id: str, *, shown: bool) -> None:
        """Leave a seed out of the list, and show it to who asks for it or not."""
        self.order.remove(seed_id)
        if not shown:
            self.refuse(seed_id)

    def refuse(self, seed_id: str) -> None:
        """Say of a seed that there is none."""
        self.lies[f"/v1/seeds/{seed_id}"] = lambda query, honest: NOT_FOUND


def three_seeds() -> tuple[Casino, str, str, str]:
    """Return a service with three revealed seeds: two of one slot, and between them one of another."""
    casino = Casino()
    first = casino.add("a")
    alone = casino.add("b", rounds=5)
    return casino, first, alone, casino.add("a", previous=first, rounds=0)


@contextmanager
def serving(casino: Casino) -> Iterator[Casino]:
    """Answer requests to this machine as a service says."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = casino.answer(self.path)
            status, body = answer if isinstance(answer, tuple) else (200, answer)
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            kind = "application/json" if status < 400 else "application/problem+json"
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with contextlib.suppress(OSError):  # the other side may have had enough
                self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        casino.url = f"http://127.0.0.1:{running.server_address[1]}"
        yield casino
        running.shutdown()
