"""The studio over its websocket: editing, rehearsing, performing, takeovers, roles, files."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

import sequencer
from sequencer.api.performing import PerformOptions
from sequencer.core.secrets import Secret
from sequencer.studio.answers import NEW_SCORE
from sequencer.studio.studio import Studio
from tests.support.studio_pages import ServedStudio, StudioPage, serving

SCORE = """\
score "Two lamps"
grid 3 frames @ 24 fps
clock 240 bpm, 4/4
seed 7

section first 4 bars {
  at 1 "A lamp on a table."
  at 3 "A lamp on a table; it flickers."
}

section jam until go out, max 12 bars {
  at 1 "A dark hall."
  on note D3 -> "Lightning in a dark hall."
}

section last 2 bars {
  at 1 "Morning light."
}
"""
"""Its chunks take an eighth of a second, so that a run takes seconds."""


@pytest.fixture
def score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "lamps.score"
    path.write_text(SCORE, encoding="utf-8")
    return path


def run(score: Path, test: Callable[[ServedStudio, StudioPage], Awaitable[None]]) -> None:
    async def main() -> None:
        async with serving(score) as served:
            await test(served, await served.page())

    asyncio.run(main())


def journal_of(page: StudioPage) -> list[dict[str, object]]:
    path = Path(page.state["report"]["folder"]) / "journal.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def exists(path: str) -> bool:
    return Path(path).is_file()


def test_a_page_receives_the_score_and_its_check(score: Path) -> None:
    async def test(served: ServedStudio, page: StudioPage) -> None:
        del served
        assert page.state["mode"] == "edit"
        assert page.state["score"]["text"] == SCORE
        assert page.state["score"]["file"] == "lamps.score"
        checked = await page.wait_for("checked")
        assert checked["diagnostics"] == []
        assert [hint["line"] for hint in checked["hints"]] == [6, 7, 8, 11, 12, 16, 17]

    run(score, test)


def test_a_rehearsal_at_once_ends_in_its_report(score: Path) -> None:
    async def test(served: ServedStudio, page: StudioPage) -> None:
        answer = await page.request("mode", mode="rehearse", options={"real_time": False})
        assert answer["ok"], answer
        await page.wait_until(lambda state: state["mode"] == "report")
        report = page.state["report"]
        assert {cue["status"] for cue in report["cues"]} == {"landed"}
        assert {line["status"] for line in page.state["lines"]} == {"landed"}
        assert "journal.jsonl" in report["files"]
        assert "video.mp4" in report["files"]
        plot = await page.wait_for("plot", lambda one: one["live"])
        assert plot["plot"]["performed"] is True
        asked = await page.request("ask", what="file", name="video.mp4")
        async with served.client.get(served.server.url + asked["answer"]["url"]) as response:
            assert response.status == 200
            assert response.headers["Content-Type"] == "video/mp4"
        refused = await page.request("ask", what="file", name="../lamps.score")
        assert refused["ok"] is False
        frozen = await page.request("ask", what="freeze")
        assert exists(frozen["answer"]["path"])
        bundled = await page.request("ask", what="bundle")
        assert exists(bundled["answer"]["path"])
        assert (await page.request("mode", mode="edit"))["ok"]
        await page.wait_until(lambda state: state["mode"] == "edit")

    run(score, test)


def test_a_show_is_played_from_the_page_and_replays(score: Path) -> None:
    async def test(served: ServedStudio, page: StudioPage) -> None:
        assert (await page.request("mode", mode="show"))["ok"]
        await page.wait_until(lambda state: state["mode"] == "show" and state["playback"])
        assert page.state["locked"] is True
        locked = await page.request("edit", version=1, changes=[])
        assert locked["error"]["hint"] == "unlock it: E"
        assert (await page.request("lock", locked=False))["ok"]
        await page.wait_until(lambda state: state["go"]["state"] == "ready")
        listening = [pad for pad in page.state["pads"] if pad["listening"]]
        assert {pad["trigger"] for pad in listening} >= {"note D3"}
        (pad,) = [one for one in page.state["pads"] if one["trigger"] == "note D3"]
        assert (await page.command(pad["command"]))["ok"]
        await page.wait_until(lambda state: any(line["fired"] for line in state["lines"]))
        assert (await page.command("go"))["ok"]
        await page.wait_until(lambda state: state["mode"] == "report")
        (fired,) = [line for line in page.state["lines"] if line["fired"] == "note D3"]
        assert fired["status"] == "landed"
        kinds = [one.get("event", {}).get("kind") for one in journal_of(page)]  # type: ignore[attr-defined]  # records are objects
        assert "go" in kinds
        assert "note" in kinds
        replayed = await asyncio.to_thread(sequencer.replay, page.state["report"]["folder"])
        assert replayed.is_equal
        assert served.printed is not None

    run(score, test)


def test_an_edit_takes_over_at_the_next_bar_and_is_undone(score: Path) -> None:
    async def test(served: ServedStudio, page: StudioPage) -> None:
        del served
        assert (await page.request("mode", mode="rehearse"))["ok"]
        await page.wait_until(lambda state: state["playback"] and state["playback"]["take"] == 1)
        await page.edit("A dark hall.", "A bright hall.")
        score = page.state["score"]
        answer = await page.request(
            "take_over", run=page.state["run"], version=score["version"], where="bar"
        )
        assert answer["ok"], answer
        assert "version 2" in answer["answer"]
        await page.wait_until(lambda state: state["score"]["revision"] == 2)
        await page.wait_until(
            lambda state: any("bright hall" in line["what"] for line in state["lines"])
        )
        undone = await page.request("undo", run=page.state["run"], where="bar")
        assert undone["ok"], undone
        await page.wait_until(lambda state: state["score"]["revision"] == 1)
        await page.edit("A bright hall.", "A bright hall. {")
        wrong = page.state["score"]["version"]
        refused = await page.request("take_over", run=page.state["run"], version=wrong, where="bar")
        assert refused["ok"] is False
        assert (await page.command("finish"))["ok"]
        await page.wait_until(lambda state: state["mode"] == "report")
        replayed = await asyncio.to_thread(sequencer.replay, page.state["report"]["folder"])
        assert replayed.is_equal

    run(score, test)


def test_a_page_that_connects_later_has_the_true_state(score: Path) -> None:
    async def test(served: ServedStudio, page: StudioPage) -> None:
        assert (await page.request("mode", mode="rehearse"))["ok"]
        await page.wait_until(lambda state: state["playback"] and state["playback"]["take"] == 1)
        other = await served.page()
        assert other.state["run"] == page.state["run"]
        assert other.state["mode"] == "rehearse"
        await other.wait_until(lambda state: state["go"]["state"] == "ready")
        await other.command("go")
        await asyncio.gather(
            page.wait_until(lambda state: state["mode"] == "report"),
            other.wait_until(lambda state: state["mode"] == "report"),
        )
        drop = {"seq", "score", "at"}
        first, second = (
            {key: value for key, value in one.state.items() if key not in drop}
            for one in (page, other)
        )
        assert first == second

    run(score, test)


def test_a_command_for_another_run_is_refused(score: Path) -> None:
    async def test(served: ServedStudio, page: StudioPage) -> None:
        del served
        assert (await page.command("pause"))["ok"] is False
        assert (await page.request("mode", mode="rehearse"))["ok"]
        await page.wait_until(lambda state: state["mode"] == "rehearse")
        old = await page.request("command", run="another", command="finish")
        assert "another run" in old["error"]["message"]
        second = await page.request("mode", mode="show")
        assert "plays already" in second["error"]["message"]
        edit = await page.request("mode", mode="edit")
        assert edit["error"]["hint"] == "finish it first"
        wrong = await page.command("fly")
        assert wrong["error"]["hint"]
        assert (await page.command("finish"))["ok"]
        await page.wait_until(lambda state: state["mode"] in ("report", "edit"))

    run(score, test)


def test_remote_and_viewer_may_do_what_their_key_allows(score: Path) -> None:
    async def test(served: ServedStudio, page: StudioPage) -> None:
        remote, viewer = await served.page("remote"), await served.page("viewer")
        for other in (remote, viewer):
            assert "text" not in other.state["score"]
            for request in (
                {"t": "mode", "mode": "show"},
                {"t": "edit", "version": 1, "changes": []},
                {"t": "save", "version": 1},
                {"t": "lock", "locked": False},
                {"t": "open", "file": ""},
                {"t": "ask", "what": "links"},
                {"t": "ask", "what": "hover", "at": 0},
                {"t": "take_over", "run": "", "version": 1},
                {"t": "undo", "run": ""},
            ):
                kind = str(request.pop("t"))
                assert (await other.request(kind, **request))["ok"] is False, request
        assert (await page.request("mode", mode="rehearse"))["ok"]
        await remote.wait_until(lambda state: state["mode"] == "rehearse")
        await viewer.wait_until(lambda state: state["mode"] == "rehearse")
        assert (await viewer.command("pause"))["ok"] is False
        for refused in ("finish", "reload", "undo", " finish"):
            assert (await remote.command(refused))["ok"] is False
        await remote.wait_until(lambda state: state["go"]["state"] == "ready")
        assert (await remote.command("go"))["ok"]
        await page.wait_until(lambda state: state["mode"] == "report")

    run(score, test)


def test_a_score_with_errors_is_not_played(score: Path) -> None:
    async def test(served: ServedStudio, page: StudioPage) -> None:
        del served
        await page.edit("at 3 ", "at 9 ")
        answer = await page.request("mode", mode="rehearse")
        assert answer["ok"] is False
        assert answer["error"]["hint"]
        assert page.state["mode"] == "edit"

    run(score, test)


def test_a_text_is_saved_and_nothing_else_is_written(score: Path) -> None:
    async def test(served: ServedStudio, page: StudioPage) -> None:
        del served
        await page.edit("A dark hall.", "A bright hall.")
        await page.wait_until(lambda state: state["score"]["dirty"])
        saved = await page.request("save", version=page.state["score"]["version"])
        assert saved["ok"], saved
        named = await page.request(
            "save", version=page.state["score"]["version"], name="../outside.score"
        )
        assert named["ok"] in (True, False)

    run(score, test)
    assert "A bright hall." in score.read_text(encoding="utf-8")
    assert not exists(str(score.parent.parent / "outside.score"))
    assert {one.name for one in score.parent.iterdir()} == {"lamps.score"}


def test_a_folder_offers_its_scores(score: Path) -> None:
    async def test(served: ServedStudio, page: StudioPage) -> None:
        del served
        cards = (await page.request("ask", what="scores"))["answer"]["scores"]
        assert [card["file"] for card in cards] == ["lamps.score", ""]
        assert cards[0]["title"] == "Two lamps"
        outside = await page.request("open", file="../lamps.score")
        assert outside["ok"] is False
        assert (await page.request("open", file="lamps.score"))["ok"]
        await page.wait_until(lambda state: state["score"]["file"] == "lamps.score")
        assert page.state["score"]["text"] == SCORE

    run(score.parent, test)


def test_the_end_of_the_studio_ends_its_run(score: Path) -> None:
    studios: list[Studio] = []

    async def test(served: ServedStudio, page: StudioPage) -> None:
        studios.append(served.studio)
        assert (await page.request("mode", mode="show"))["ok"]
        await page.wait_until(lambda state: state["playback"] and state["playback"]["take"] == 1)

    run(score, test)
    (folder,) = (score.parent / "runs").iterdir()
    assert sequencer.replay(folder).is_equal
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert "the studio has ended" in report["ended"]


def test_no_api_key_reaches_a_page(score: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "rk_secret_that_no_page_may_see"
    monkeypatch.setenv("REACTOR_API_KEY", key)

    async def main() -> None:
        show = PerformOptions(stage="reactor", url="http://127.0.0.1:9", key=Secret(key))
        async with serving(score, show) as served:
            page = await served.page()
            answer = await page.request("mode", mode="show")
            await page.wait_until(lambda state: state["mode"] == "edit" and state["alerts"])
            assert answer is not None
            assert page.state["alerts"][0]["title"]
            for what in ("links", "scores", "images"):
                await page.request("ask", what=what)
            assert key not in json.dumps(page.received)
            assert key not in "".join(served.printed)

    asyncio.run(main())


def test_links_name_the_pages_and_never_leave_the_operator(score: Path) -> None:
    async def test(served: ServedStudio, page: StudioPage) -> None:
        answer = (await page.request("ask", what="links"))["answer"]
        pages = {link["page"]: link["url"] for link in answer["links"]}
        keys = served.studio.keys
        assert pages["remote"].endswith(f"/remote#{keys.remote}")
        assert pages["output"].endswith(f"/output#{keys.viewer}")
        assert "--host" in answer["note"]

    run(score, test)


def test_a_new_score_plays(tmp_path: Path) -> None:
    path = tmp_path / "new.score"
    path.write_text(NEW_SCORE, encoding="utf-8")
    assert sequencer.rehearse(path).report.all_landed
