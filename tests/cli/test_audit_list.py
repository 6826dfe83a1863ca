"""`fairlot audit URL`: every revealed seed of a service, and a service that lies about which there are."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.audit_list import MOST_SEEDS, PAGE
from tests.cli.casino import KEY, NOT_FOUND, Casino, serving, three_seeds
from tests.cli.running import fairlot, fairlot_json, one_line
from tests.verifier.builder import START, Document

LIST = "/v1/seeds"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the place of temporary files, in which no test may leave any, however its audit ended."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def audit(casino: Casino, out: Path, *, code: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Audit all of a service; return the summary, and what was found in the service's word on its seeds."""
    with serving(casino):
        summary = fairlot_json("audit", casino.url, "--key", KEY, "--out", out, code=code)
    found = [json.loads(line) for line in out.read_bytes().splitlines()]
    # The list of discrepancies and the summary tell the same.
    for status in ("refuted", "malformed", "undecided"):
        assert summary[status] == sum(one["status"] == status for one in found)
    assert all(one["file"] == casino.url for one in found if one["check"] == "listing")
    return summary, [one for one in found if one["check"] == "listing"]


def told(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return seed and status of discrepancies."""
    return [(one["seed"], one["status"]) for one in found]


def test_all_revealed_seeds_are_audited_without_naming_any(tmp_path: Path) -> None:
    casino, *seeds = three_seeds()
    summary, found = audit(casino, tmp_path / "list", code=0)
    assert (summary["status"], summary["seeds"], summary["rounds"]) == ("verified", 3, 8)
    assert summary["listed"] == [{"url": casino.url, "seeds": 3}]
    assert found == []
    assert any(one.startswith("listing:") for one in summary["not_checked"])
    assert [path for path in casino.requests if path.startswith(f"{LIST}?")] == [
        f"{LIST}?status=revealed&limit={PAGE}",
        f"{LIST}?status=revealed&limit={PAGE}&cursor=s1",
        f"{LIST}?status=revealed&limit={PAGE}&cursor=s2",
    ]
    assert [Path(one).stem for one in summary["files"]] == seeds


@pytest.mark.parametrize("page", [1, 2, 3, 100])
def test_pages_of_any_length_come_to_the_same(tmp_path: Path, page: int) -> None:
    casino, *_ = three_seeds()
    casino.page = page
    assert audit(casino, tmp_path / "list", code=0)[0]["rounds"] == 8


def test_files_and_a_service_are_audited_together_and_kept_where_asked(tmp_path: Path) -> None:
    casino, first, alone, _ = three_seeds()
    keep = tmp_path / "kept"
    with serving(casino):
        assert fairlot("audit", casino.url, "--key", KEY, "--keep", keep).exit_code == 0
    assert {path.stem for path in keep.iterdir()} == set(casino.order)
    other = Casino()
    other.add("z", rounds=1)
    with serving(other):
        summary = fairlot_json("audit", keep / f"{first}.jsonl", other.url, keep / f"{alone}.jsonl", "--key", KEY)
    assert (summary["seeds"], summary["rounds"]) == (3, 9)


def test_a_lie_within_a_round_of_any_seed_is_found(tmp_path: Path) -> None:
    casino, _, alone, _ = three_seeds()
    record = casino.seeds[alone]["rounds"][4]
    casino.seeds[alone]["rounds"][4] = {**record, "payout": record["payout"] + 1}
    summary, found = audit(casino, tmp_path / "list", code=1)
    assert summary["discrepancies"]["payout"] == {"refuted": 1}
    assert found == []


def test_an_empty_list_is_said_and_undecided(tmp_path: Path) -> None:
    casino = Casino()
    summary, found = audit(casino, tmp_path / "list", code=3)
    assert (summary["status"], summary["seeds"], summary["files"]) == ("undecided", 0, [])
    assert told(found) == [("", "undecided")]
    assert "no revealed seed: nothing was audited" in found[0]["note"]
    with serving(casino):
        result = fairlot("audit", casino.url, "--key", KEY)
    assert result.exit_code == 3
    assert f"{casino.url} lists no revealed seed: nothing to audit" in result.stdout


def test_a_service_without_a_list_is_told_to_name_its_seeds() -> None:
    casino, first, *_ = three_seeds()
    refused = (405, {"code": "method_not_allowed", "detail": "GET is not allowed", "status": 405})
    casino.lies[LIST] = lambda query, honest: refused
    with serving(casino):
        result = fairlot("audit", casino.url, "--key", KEY)
        assert result.exit_code == 2
        assert "name the seeds with --seed ID" in one_line(result.stderr)
        assert fairlot("audit", casino.url, "--key", KEY, "--seed", first).exit_code == 0


def test_what_is_revealed_while_the_list_is_gone_through_is_for_the_next_audit(tmp_path: Path) -> None:
    casino, *_ = three_seeds()

    def growing(query: dict[str, str], honest: Document) -> Document:
        # A seed more with each page: who waited for the end would go on for ever.
        casino.add(f"new {len(casino.order)}", rounds=1)
        return honest

    casino.lies[LIST] = growing
    casino.page = 2
    summary, found = audit(casino, tmp_path / "list", code=0)
    assert (summary["seeds"], summary["listed"][0]["seeds"], found) == (3, 3, [])
    # The last page had a fourth seed, which was not taken: the end is where it was at the beginning.
    assert len(casino.order) == 5


Change = Callable[[Casino, Document], Any]


def _second(change: Change) -> Callable[[Casino], None]:
    """Return a lie in the second page of the list."""

    def lie(casino: Casino) -> None:
        casino.lies[LIST] = lambda query, honest: change(casino, honest) if query.get("cursor") == "s1" else honest

    return lie


def _every(change: Change) -> Callable[[Casino], None]:
    """Return a lie in every page of the list."""

    def lie(casino: Casino) -> None:
        casino.lies[LIST] = lambda query, honest: change(casino, honest)

    return lie


def _entry(**changes: Any) -> Change:
    return lambda casino, page: {**page, "seeds": [{**page["seeds"][0], **changes}]}


def _page(**changes: Any) -> Change:
    return lambda casino, page: {**page, **changes}


def _first_again(casino: Casino, page: Document) -> Document:
    return {**page, "seeds": [casino.entry(1, casino.order[0])]}


def _within_a_page(casino: Casino, page: Document) -> Document:
    return {**page, "seeds": [casino.entry(1, casino.order[1]), casino.entry(2, casino.order[1])], "next_cursor": None}


def _too_many(casino: Casino, page: Document) -> Document:
    seeds = [casino.entry(number, f"{number:064x}") for number in range(PAGE + 1)]
    return {"seeds": seeds, "total": PAGE + 1, "next_cursor": None}


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (_second(_page(next_cursor="s1")), "the cursor behind position 1 is the one that led there"),
        (_every(lambda casino, page: casino.listed(0)), "says another position than 1"),
        (_second(_first_again), "is listed twice"),
        (_second(_within_a_page), "is listed twice"),
        (_second(_entry(position=2)), "says another position than 1"),
        (_second(_entry(position=0)), "says another position than 1"),
        (_second(_entry(position=True)), "says another position than 1"),
        (_second(_entry(position="1")), "says another position than 1"),
        (_second(_entry(seed_id=None)), "position 1 has no seed id"),
        (_second(_entry(seed_id="AB" * 32)), "position 1 has no seed id"),
        (_second(_entry(seed_id="../" * 21 + "a")), "position 1 has no seed id"),
        (_second(_entry(seed_id="ab" * 32 + "\n")), "position 1 has no seed id"),
        (_second(_page(seeds=[7])), "position 1 has no seed id"),
        (_second(_page(seeds={"0": "x"})), "a list of up to"),
        (_second(_page(seeds=None)), "a list of up to"),
        (_second(_page(seeds=[])), "the page from position 1 on is empty"),
        (_second(_page(seeds=[], next_cursor=None)), "the page from position 1 on is empty"),
        (_second(_page(total=2)), "a reveal is never taken back"),
        (_every(_page(total=0)), "it has 1 seeds and states 0"),
        (_every(_page(total=True)), "the total is a number"),
        (_every(_page(total="3")), "the total is a number"),
        (_every(_page(total=-1)), "the total is a number"),
        (_every(_page(total=MOST_SEEDS + 1)), "more than the 10000000"),
        (_every(_page(total=2**53)), "an integer beyond 2^53 - 1"),
        (_second(_page(next_cursor=None)), "gives no cursor to go on behind position 1"),
        (_second(_page(next_cursor="")), "gives no cursor"),
        (_second(_page(next_cursor=2)), "gives no cursor"),
        (_second(_page(next_cursor="s" * 65)), "gives no cursor"),
        (_every(_too_many), "a list of up to"),
        (_every(_page(padding="x" * 2**20)), "longer than 1048576 bytes"),
        (_every(lambda casino, page: [page]), "no JSON object"),
        (_every(lambda casino, page: b"<html>"), "no JSON"),
        (_every(lambda casino, page: b"[" * 100_000), "nested too deep"),
        (_every(lambda casino, page: b'{"seeds":[],"seeds":[],"total":0}'), "a duplicate field"),
        (_every(lambda casino, page: b""), "no JSON"),
        (_every(lambda casino, page: (500, {"code": "internal", "detail": "x"})), "internal"),
        (_every(lambda casino, page: (200, {})), "a list of up to"),
    ],
)
def test_a_list_that_is_none_ends_with_a_clear_error(lie: Callable[[Casino], None], words: str) -> None:
    casino, *_ = three_seeds()
    lie(casino)
    with serving(casino):
        result = fairlot("audit", casino.url, "--key", KEY)
    assert result.exit_code == 2, result.output
    text = one_line(result.stderr)
    # What was asked for, in words or by its address, and what is wrong with it.
    assert "asking for the list of revealed seeds: " in text or "/v1/seeds?status=revealed" in text
    assert words in text.removeprefix("fairlot audit: asking for the list of revealed seeds: ")
    assert len(casino.requests) < 30


def test_invented_seeds_without_end_are_asked_for_up_to_the_first_total(tmp_path: Path) -> None:
    casino = Casino()
    pages = iter(range(10**9))

    def endless(query: dict[str, str], honest: Document) -> Document:
        number = next(pages)
        return {
            "seeds": [casino.entry(number, f"{number:064x}")],
            "total": 7 + number,
            "next_cursor": f"x{number}",
        }

    casino.lies[LIST] = endless
    summary, found = audit(casino, tmp_path / "list", code=1)
    assert told(found) == [(f"{number:064x}", "refuted") for number in range(7)]
    assert all("does not show it" in one["note"] for one in found)
    assert (summary["seeds"], summary["listed"][0]["seeds"]) == (0, 7)


def test_a_seed_that_is_listed_and_not_shown_is_refuted_and_the_others_are_audited(tmp_path: Path) -> None:
    casino, _, alone, _ = three_seeds()
    casino.refuse(alone)
    summary, found = audit(casino, tmp_path / "list", code=1)
    assert told(found) == [(alone, "refuted")]
    assert summary["rounds"] == 3


def test_a_seed_whose_rounds_are_not_shown_is_refuted(tmp_path: Path) -> None:
    casino, _, alone, _ = three_seeds()
    casino.lies[f"{LIST}/{alone}/rounds"] = lambda query, honest: NOT_FOUND
    summary, found = audit(casino, tmp_path / "list", code=1)
    assert told(found) == [(alone, "refuted")]
    assert summary["rounds"] == 3


@pytest.mark.parametrize("shown", ["another", "none", "altered", "no epoch"])
def test_another_seed_under_the_name_of_a_listed_one_hides_nothing(tmp_path: Path, shown: str) -> None:
    casino, first, alone, _ = three_seeds()
    honest = casino.seeds[alone]
    answers: dict[str, Any] = {
        "another": casino.seeds[first],
        "none": {**honest, "epoch": None, "activation": None, "records": 0, "reveal": None},
        "altered": {**honest, "epoch": {**honest["epoch"], "max_rounds": 5}},
        "no epoch": {**honest, "epoch": {"type": "epoch"}},
    }
    casino.lies[f"{LIST}/{alone}"] = lambda query, honest: answers[shown]
    summary, found = audit(casino, tmp_path / "list", code=1)
    assert told(found) == [(alone, "refuted")]
    assert "not the epoch with this digest" in found[0]["note"]
    assert summary["seeds"] == 2


def test_a_listed_seed_without_its_reveal_is_refuted(tmp_path: Path) -> None:
    casino, _, alone, _ = three_seeds()
    casino.seeds[alone]["reveal"] = None
    summary, found = audit(casino, tmp_path / "list", code=1)
    assert told(found) == [(alone, "refuted")]
    assert "without a reveal" in found[0]["note"]
    assert summary["discrepancies"]["commitment"] == {"undecided": 1}


def test_a_seed_that_the_list_leaves_out_and_the_service_shows_is_refuted_and_audited(tmp_path: Path) -> None:
    casino, first, *_ = three_seeds()
    casino.hide(first, shown=True)
    summary, found = audit(casino, tmp_path / "list", code=1)
    assert told(found) == [(first, "refuted")]
    assert "its list leaves it out" in found[0]["note"]
    assert (summary["seeds"], summary["rounds"]) == (3, 8)


def test_a_seed_that_is_neither_listed_nor_shown_leaves_the_audit_undecided(tmp_path: Path) -> None:
    casino, first, *_ = three_seeds()
    casino.hide(first, shown=False)
    summary, found = audit(casino, tmp_path / "list", code=3)
    assert told(found) == [(first, "undecided")]
    assert "neither listed nor shown" in found[0]["note"]
    assert (summary["status"], summary["seeds"], summary["undecided"]) == ("undecided", 2, 1)


def test_the_seeds_before_a_hidden_one_are_looked_for_too(tmp_path: Path) -> None:
    casino, first, _, second = three_seeds()
    third = casino.add("a", previous=second)
    casino.hide(second, shown=True)
    casino.hide(first, shown=False)
    summary, found = audit(casino, tmp_path / "list", code=1)
    assert sorted(told(found)) == sorted([(second, "refuted"), (first, "undecided")])
    assert third in casino.order
    assert summary["seeds"] == 3


def test_another_seed_in_place_of_a_hidden_one_is_refuted(tmp_path: Path) -> None:
    casino, first, alone, _ = three_seeds()
    casino.hide(first, shown=True)
    casino.lies[f"{LIST}/{first}"] = lambda query, honest: casino.seeds[alone]
    _, found = audit(casino, tmp_path / "list", code=1)
    assert told(found) == [(first, "refuted")]


def test_a_seed_behind_the_one_that_was_revealed_after_it_is_out_of_order(tmp_path: Path) -> None:
    casino, first, alone, second = three_seeds()
    casino.order[:] = [second, alone, first]
    _, found = audit(casino, tmp_path / "list", code=1)
    assert told(found) == [(first, "refuted")]
    assert found[0]["found"] < found[0]["expected"]


def test_a_seed_that_was_closed_first_and_revealed_later_is_in_order(tmp_path: Path) -> None:
    casino = Casino()
    first = casino.add("a", at=START + 700_000)
    second = casino.add("a", previous=first, at=START + 600_000)
    casino.order[:] = [second, first]
    assert audit(casino, tmp_path / "list", code=0)[1] == []
    # Revealed when the list was gone through already, it is shown and was not in it: that proves nothing.
    casino.order[:] = [second]
    assert told(audit(casino, tmp_path / "list", code=3)[1]) == [(first, "undecided")]


@pytest.mark.parametrize("arguments", [[], ["--seed"]])
def test_records_without_end_are_taken_up_to_the_number_that_the_seed_states(
    tmp_path: Path, arguments: list[str]
) -> None:
    casino, _, alone, _ = three_seeds()
    pages = iter(range(10**9))
    casino.lies[f"{LIST}/{alone}/rounds"] = lambda query, honest: {**honest, "next_cursor": f"r{next(pages) % 5}"}
    with serving(casino):
        named = [*arguments, alone] if arguments else []
        summary = fairlot_json("audit", casino.url, "--key", KEY, "--out", tmp_path / "list", *named, code=1)
    assert summary["discrepancies"]["listing"] == {"refuted": 1}
    assert len(casino.requests) < 30


def _records(path: Path) -> int:
    return sum(b'"type":"receipt"' in line for line in path.read_bytes().splitlines())


@pytest.mark.parametrize("stated", [1, 2, 3, 4])
def test_a_revealed_seed_with_more_records_than_it_states_is_refuted(tmp_path: Path, stated: int) -> None:
    casino, _, alone, _ = three_seeds()
    casino.seeds[alone]["records"] = stated
    with serving(casino):
        arguments: list[str | Path] = [
            "audit",
            casino.url,
            "--key",
            KEY,
            "--keep",
            tmp_path / "kept",
            "--out",
            tmp_path / "list",
        ]
        fairlot_json(*arguments, code=1)
    found = [json.loads(line) for line in (tmp_path / "list").read_bytes().splitlines()]
    (one,) = [one for one in found if one["check"] == "listing"]
    assert (one["seed"], one["status"], one["expected"]) == (alone, "refuted", stated)
    assert "more records of this revealed seed than it states" in one["note"]
    assert _records(tmp_path / "kept" / f"{alone}.jsonl") == stated


def test_an_open_seed_is_taken_as_it_was_when_it_was_asked_for(tmp_path: Path) -> None:
    casino, _, alone, _ = three_seeds()
    # Two rounds more were played since.
    casino.seeds[alone] |= {"records": 3, "reveal": None, "status": "active"}
    with serving(casino):
        arguments: list[str | Path] = ["audit", casino.url, "--key", KEY, "--seed", alone, "--keep", tmp_path / "kept"]
        summary = fairlot_json(*arguments, code=3)
    assert summary["discrepancies"] == {"commitment": {"undecided": 1}}
    assert _records(tmp_path / "kept" / f"{alone}.jsonl") == 3


def test_pages_that_go_round_are_refuted_of_an_open_seed_too() -> None:
    casino, _, alone, _ = three_seeds()
    casino.seeds[alone] |= {"records": 10**15, "reveal": None, "status": "active"}
    cursors = iter(range(10**9))
    casino.lies[f"{LIST}/{alone}/rounds"] = lambda query, honest: {**honest, "next_cursor": f"r{next(cursors) % 2}"}
    with serving(casino):
        summary = fairlot_json("audit", casino.url, "--key", KEY, "--seed", alone, code=1)
    assert summary["discrepancies"]["listing"] == {"refuted": 1}


def test_a_seed_that_is_named_twice_is_audited_once() -> None:
    casino, first, _, second = three_seeds()
    with serving(casino):
        for named in ([first, first], [second, first], [first, second]):
            arguments = [part for seed_id in named for part in ("--seed", seed_id)]
            summary = fairlot_json("audit", casino.url, "--key", KEY, "--with-previous", *arguments)
            assert (summary["status"], summary["seeds"]) == ("verified", len(set(named)))


@pytest.mark.parametrize("length", [1, 2, 3])
def test_pages_of_records_that_go_round_are_seen_whatever_number_the_seed_states(tmp_path: Path, length: int) -> None:
    casino, _, alone, _ = three_seeds()
    casino.seeds[alone]["records"] = 10**15
    places = iter(range(10**9))

    def round_and_round(query: dict[str, str], honest: Document) -> Document:
        place = next(places)
        record = casino.seeds[alone]["rounds"][place % length]
        return {**honest, "records": [record], "next_cursor": f"x{place}"}

    casino.lies[f"{LIST}/{alone}/rounds"] = round_and_round
    summary, found = audit(casino, tmp_path / "list", code=1)
    assert told(found) == [(alone, "refuted")]
    assert "go round" in found[0]["note"]
    assert len(casino.requests) < 30
    # Of the other seeds all, of this one each record once.
    assert summary["rounds"] == 3 + length


def test_records_that_are_missing_are_told_by_the_reveal(tmp_path: Path) -> None:
    casino, _, alone, _ = three_seeds()
    casino.lies[f"{LIST}/{alone}/rounds"] = lambda query, honest: {**honest, "next_cursor": None}
    summary, found = audit(casino, tmp_path / "list", code=1)
    assert summary["discrepancies"]["nonce"] == {"refuted": 1}
    assert found == []


@pytest.mark.parametrize("records", [None, -1, True, "3"])
def test_a_seed_that_does_not_say_how_many_records_it_has_is_an_error(records: Any) -> None:
    casino, _, alone, _ = three_seeds()
    casino.seeds[alone]["records"] = records
    with serving(casino):
        result = fairlot("audit", casino.url, "--key", KEY)
    assert result.exit_code == 2
    assert "does not say how many records" in one_line(result.stderr)


def test_the_seeds_before_a_named_one_end_where_the_service_shows_another(tmp_path: Path) -> None:
    casino, first, _, second = three_seeds()
    # A service that shows the later seed as the one before it would lead round in a circle for ever.
    casino.lies[f"{LIST}/{first}"] = lambda query, honest: casino.seeds[second]
    with serving(casino):
        summary = fairlot_json("audit", casino.url, "--key", KEY, "--seed", second, "--with-previous", code=1)
    assert summary["discrepancies"]["listing"] == {"refuted": 1}
    assert len(casino.requests) < 10


def test_an_address_that_is_named_twice_is_refused() -> None:
    casino, *_ = three_seeds()
    with serving(casino):
        result = fairlot("audit", casino.url, f"{casino.url}/", "--key", KEY)
    assert result.exit_code == 2
    assert "named twice" in one_line(result.stderr)
