"""The controls of the studio's page in a browser, on states that a test sets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.studio.conftest import FAILURE
from tests.support.browser import PHONE, RunningBrowser, take_screenshot
from tests.support.controls_bench import Bench, BenchPage, controls_bench, show_state
from tests.support.golden import Golden

S = 1_000_000_000


@pytest.fixture(scope="module")
def benches(chromium: RunningBrowser) -> Iterator[Bench]:
    with controls_bench(chromium) as made:
        yield made


@pytest.fixture
def bench(benches: Bench, request: pytest.FixtureRequest) -> Iterator[Bench]:
    yield benches
    if request.node.stash.get(FAILURE, False):
        benches.screenshot_pages()
    benches.end_test()


ALERT = {
    "id": "clock",
    "level": "warning",
    "title": "Clock lost: Digitakt silent for 3.2 s",
    "text": "Bars run on at 120.0 bpm. GO and pads still work.",
    "actions": [{"label": "Pause", "command": "pause"}],
}
REFUSED = {
    "id": "refused 3",
    "level": "error",
    "title": "Cue refused: jam 9.1, line 16",
    "text": "Sent again for chunk 21.",
    "actions": [{"label": "Show line", "line": 16}],
}


# ---- structure ---------------------------------------------------------------------------------


def test_the_structure_of_a_show(bench: Bench, golden: Golden) -> None:
    opened = bench.open(show_state(alerts=[ALERT, REFUSED]))
    take_screenshot(opened.page, "controls-show")
    golden("controls-show.aria.yaml", opened.page.locator("main").aria_snapshot() + "\n")


def test_the_structure_of_the_remote(bench: Bench, golden: Golden) -> None:
    opened = bench.open(remote="1", role="remote", options=PHONE)
    take_screenshot(opened.page, "controls-remote")
    golden("controls-remote.aria.yaml", opened.page.locator("main").aria_snapshot() + "\n")


def test_a_viewer_has_no_controls_of_the_run(bench: Bench) -> None:
    opened = bench.open(role="viewer")
    for selector in ("#go", "#pads", "#alerts"):
        assert opened.page.locator(f"{selector} button").count() == 0
    names = opened.page.locator("#transport button").all_inner_texts()
    assert [" ".join(name.split()) for name in names] == ["Follow T", "−", "+", "Whole 0"]
    for key in ("Space", "a", "p", "c", "q", "q", "e", "Control+.", "Control+Enter"):
        opened.page.keyboard.press(key)
    assert opened.sent == []


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1440, 900), (1366, 768), (1920, 1080), (1180, 800), (390, 844)])
@pytest.mark.parametrize("theme", ["night", "day"])
def test_nothing_is_wider_than_the_window(bench: Bench, size: tuple[int, int], theme: str) -> None:
    state = show_state(alerts=[ALERT, REFUSED])
    state["next"]["what"] = "Now everything happens at once, and the rain goes on. " * 5
    state["score"]["title"] = "A title that is longer than anybody would choose for a show"
    state["playback"]["section"] = "the-long-name-of-the-second-verse"
    state["go"]["target"]["section"] = "the-long-name-of-the-second-verse"
    width, height = size
    opened = bench.open(
        state, theme=theme, options={"viewport": {"width": width, "height": height}}
    )
    take_screenshot(opened.page, f"controls-{width}-{theme}")
    wide = opened.page.evaluate(
        """() => [...document.querySelectorAll("main *")]
          .filter((one) => !one.closest(".unseen, .cue-list, svg"))
          .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
          .map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert wide == []


@pytest.mark.slow
def test_the_targets_of_the_remote_are_large_enough(bench: Bench) -> None:
    opened = bench.open(remote="1", role="remote", options=PHONE)
    sizes = opened.page.evaluate(
        """() => [...document.querySelectorAll("button, .pad")]
          .map((one) => one.getBoundingClientRect())
          .map(({ width, height }) => Math.min(width, height))"""
    )
    assert len(sizes) > 8
    assert min(sizes) >= 44


# ---- GO ----------------------------------------------------------------------------------------


def test_go_counts_down_to_its_last_moment_and_then_shows_the_next_bar(bench: Bench) -> None:
    opened = bench.open()
    assert opened.text("#go") == "GO Space outro at bar 7 2.0s left then bar 8 · chunk 16"
    opened.pass_time(1.2)
    assert "0.8s left" in opened.text("#go")
    assert "urgent" in opened.classes("#go .drain")
    opened.pass_time(0.85)
    assert opened.text("#go") == "GO Space outro at bar 8 2.7s left"


def test_space_is_go_once_per_press_and_not_within_half_a_second(bench: Bench) -> None:
    opened = bench.open()
    keyboard = opened.page.keyboard
    keyboard.down("Space")
    keyboard.down("Space")  # the keyboard repeats it while it is held
    keyboard.up("Space")
    opened.pass_time(0.49)
    keyboard.press("Space")
    opened.pass_time(0)
    assert opened.sent == ["go out"]
    assert "held" in opened.classes(".gobtn")
    assert "too soon" in opened.text(".gobtn")
    opened.pass_time(0.01)
    keyboard.press("Space")
    assert opened.sent == ["go out", "go out"]


def test_go_acts_when_it_is_pressed_not_when_it_is_released(bench: Bench) -> None:
    opened = bench.open()
    opened.page.mouse.move(80, 100)
    opened.page.mouse.down()
    assert opened.sent == ["go out"]
    opened.page.mouse.up()
    assert opened.sent == ["go out"]


def test_space_is_go_wherever_the_focus_is_except_in_a_field(bench: Bench) -> None:
    opened = bench.open()
    opened.page.get_by_role("button", name="Clip").focus()
    opened.page.keyboard.press("Space")
    assert opened.sent == ["go out"]
    opened.page.keyboard.press("Enter")
    assert opened.sent == ["go out", "clip"]
    opened.page.keyboard.press("i")
    opened.page.keyboard.type("A dog runs past.")
    assert opened.page.get_by_label("prompt").input_value() == "A dog runs past."
    assert opened.sent == ["go out", "clip"]


@pytest.mark.slow
def test_an_accepted_go_counts_down_to_the_screen(bench: Bench) -> None:
    opened = bench.open()
    go = show_state()["go"]
    opened.patch(go={**go, "state": "accepted", "shown_at": int(4.3 * S), "then": None})
    assert opened.text("#go") == "GO accepted outro at bar 7 4.3s to go chunk 15 · +625 ms"
    opened.page.keyboard.press("Space")
    opened.pass_time(0)
    assert opened.sent == []
    assert "already accepted" in opened.text(".gobtn")


@pytest.mark.slow
def test_go_that_is_refused_shows_why(bench: Bench) -> None:
    opened = bench.open()
    opened.refuse("Nothing listens to 'out' now.", "wait for jam")
    opened.page.keyboard.press("Space")
    opened.page.wait_for_selector(".gobtn.held")
    assert opened.text(".notice") == "Nothing listens to 'out' now. wait for jam"


# ---- the connection ----------------------------------------------------------------------------


def test_nothing_that_is_pressed_without_a_connection_is_sent_later(bench: Bench) -> None:
    opened = bench.open()
    opened.enter("lost")
    for key in ("Space", "a", "p", "c", "q", "q", "e", "[", "Control+.", "Control+Enter"):
        opened.page.keyboard.press(key)
    opened.page.mouse.click(80, 100)
    disabled = opened.page.locator("#transport button:disabled").count()
    assert disabled >= 7
    opened.enter("open")
    opened.pass_time(1)
    assert opened.sent == []
    assert opened.page.locator("#transport button:disabled").count() < disabled


# ---- pads --------------------------------------------------------------------------------------


def test_pads_have_keys_and_are_blocked_for_half_a_second(bench: Bench) -> None:
    opened = bench.open()
    for key in ("a", "a", "s", "h", "j"):
        opened.page.keyboard.press(key)
    opened.pass_time(0.5)
    opened.page.keyboard.press("a")
    assert opened.sent == ["note D3 ch 10", "note E3", "note C3", "note D3 ch 10"]
    assert opened.text(".notice").startswith("go on is not listened to now.")


def test_a_fader_sends_while_it_is_dragged_and_always_its_last_value(bench: Bench) -> None:
    opened = bench.open()
    box = opened.page.locator(".fader").bounding_box()
    assert box is not None
    opened.page.mouse.move(box["x"], box["y"] + 8)
    opened.page.mouse.down()
    for step in range(1, 31):
        opened.page.mouse.move(box["x"] + step * box["width"] / 30, box["y"] + 8)
    opened.page.mouse.up()
    opened.wait_for_sent("cc 20=127")
    assert opened.sent[0] == "cc 20=0"
    opened.page.locator(".fader").focus()
    opened.page.keyboard.press("PageDown")
    opened.wait_for_sent("cc 20=63")
    assert opened.page.locator(".fader").get_attribute("aria-valuenow") == "63"


@pytest.mark.slow
def test_a_pad_learns_another_midi_message(bench: Bench) -> None:
    opened = bench.open(show_state(locked=False))
    opened.page.get_by_role("button", name="learn another MIDI message for lightning").click()
    assert opened.sent == [{"t": "learn", "pad": "p1"}]
    opened.page.wait_for_selector(".notice:visible")
    assert opened.text(".notice") == "Learned: note F3 instead of note D3. The score is edited."
    locked = bench.open()
    assert locked.page.locator(".learn").count() == 0


# ---- transport ---------------------------------------------------------------------------------


def test_finishing_needs_a_second_press(bench: Bench) -> None:
    opened = bench.open()
    opened.page.keyboard.press("q")
    assert "Again?" in opened.text(".finish")
    opened.pass_time(2)
    opened.page.keyboard.press("q")
    assert opened.sent == []
    opened.pass_time(1.9)
    opened.page.keyboard.press("q")
    assert opened.sent == ["finish"]


@pytest.mark.slow
def test_ending_a_run_with_a_mode_needs_a_second_press(bench: Bench) -> None:
    opened = bench.open()
    tab = opened.page.get_by_role("tab", name="Edit")
    tab.click()
    assert opened.sent == []
    opened.page.get_by_role("tab", name="End run?").click()
    opened.wait_for_sent("finish")
    opened.page.evaluate("(state) => bench.snapshot(state)", show_state(mode="report"))
    opened.wait_for_sent("mode")
    assert opened.sent == ["finish", {"t": "mode", "mode": "edit", "options": {}}]


@pytest.mark.slow
def test_panic_pauses_and_never_resumes(bench: Bench) -> None:
    opened = bench.open()
    opened.page.keyboard.press("p")
    opened.patch(playback={**show_state()["playback"], "paused": True})
    opened.page.keyboard.press("p")
    opened.page.keyboard.press("i")
    opened.page.keyboard.press("Control+.")
    assert opened.sent == ["pause", "resume", "pause"]


@pytest.mark.slow
def test_the_offset_moves_in_steps_from_what_was_set_last(bench: Bench) -> None:
    opened = bench.open()
    for key in ("]", "]", "["):
        opened.page.keyboard.press(key)
    assert opened.sent == ["offset 10ms", "offset 20ms", "offset 10ms"]


@pytest.mark.slow
def test_an_edit_takes_over_where_it_was_chosen(bench: Bench) -> None:
    state = show_state(locked=False, score={"dirty": True})
    opened = bench.open(state)
    opened.page.get_by_role("radio", name="section").click()
    opened.page.keyboard.press("Control+Enter")
    assert opened.sent == [{"t": "take_over", "run": "r1", "version": 3, "where": "section"}]


@pytest.mark.slow
def test_a_locked_score_does_not_take_over(bench: Bench) -> None:
    opened = bench.open(show_state(score={"dirty": True}))
    opened.page.keyboard.press("Control+Enter")
    assert opened.sent == []
    assert opened.text(".notice") == "The score is locked. E unlocks it."
    opened.page.keyboard.press("e")
    assert opened.sent == [{"t": "lock", "locked": False}]


@pytest.mark.slow
def test_improvising_waits_for_the_next_bar(bench: Bench) -> None:
    opened = bench.open()
    opened.page.keyboard.press("i")
    opened.page.keyboard.type('A lamp blinks "OPEN".')
    opened.page.keyboard.press("Enter")
    opened.page.get_by_role("radio", name="now").click()
    opened.page.get_by_role("button", name="4x").click()
    assert opened.sent == ['prompt "A lamp blinks \\"OPEN\\"." at next bar', "sr 4x"]
    opened.page.keyboard.press("Escape")
    assert opened.page.locator(".improvise").is_hidden()


@pytest.mark.slow
def test_the_table_of_keys_opens_and_closes_without_covering_the_strip(bench: Bench) -> None:
    opened = bench.open()
    opened.page.keyboard.press("?")
    sheet = opened.page.get_by_role("dialog", name="Keys")
    box, strip = sheet.bounding_box(), opened.page.locator("#strip").bounding_box()
    assert box is not None and strip is not None
    assert box["y"] > strip["y"] + strip["height"]
    opened.page.keyboard.press("Escape")
    assert sheet.is_hidden()


# ---- cues --------------------------------------------------------------------------------------


def selected(opened: BenchPage) -> str:
    return opened.text(".cue-list [aria-selected=true]")


def test_the_cue_list_has_one_tab_stop_and_holds_the_selection(bench: Bench) -> None:
    opened = bench.open()
    cues = opened.page.get_by_role("listbox", name="Cues")
    assert opened.page.locator("#cues [tabindex='0']").count() == 1
    cues.focus()
    opened.page.keyboard.press("Home")
    assert selected(opened).startswith("2 landed")
    opened.page.keyboard.press("Enter")
    opened.page.keyboard.press("ArrowDown")
    assert selected(opened).startswith("intro 1.1")
    assert opened.page.evaluate("studio.ui.get('selection')") == 1
    active = cues.get_attribute("aria-activedescendant")
    assert opened.page.locator(f"#{active}").get_attribute("aria-selected") == "true"


@pytest.mark.slow
def test_arrows_move_the_selection_wherever_the_focus_is(bench: Bench) -> None:
    opened = bench.open()
    opened.page.keyboard.press("ArrowRight")
    opened.page.keyboard.press("ArrowDown")
    assert selected(opened).startswith("cc 20")
    opened.page.get_by_role("radio", name="bar").focus()
    opened.page.keyboard.press("ArrowRight")  # it belongs to the choice of where to take over
    assert selected(opened).startswith("cc 20")
    assert opened.page.evaluate("studio.ui.get('where')") == "chunk"


def test_of_many_cues_only_those_in_view_are_in_the_page(bench: Bench) -> None:
    opened = bench.open(lines="10000")
    options = opened.page.locator(".cue-list [role=option]")
    assert options.count() < 40
    opened.page.get_by_role("listbox", name="Cues").focus()
    opened.page.keyboard.press("End")
    last = opened.page.locator(".cue-list [aria-selected=true]")
    assert last.get_attribute("aria-posinset") == last.get_attribute("aria-setsize") == "10005"
    assert options.count() < 40
    assert last.is_visible()


@pytest.mark.slow
def test_the_list_follows_the_show_until_it_is_scrolled(bench: Bench) -> None:
    opened = bench.open(lines="60")
    opened.page.locator(".cue-view").hover()
    opened.page.mouse.wheel(0, 1200)
    back = opened.page.get_by_role("button", name="Back to now")
    back.wait_for()
    before = opened.page.evaluate("document.querySelector('.cue-view').scrollTop")
    lines = show_state()["lines"]
    opened.patch(lines=[{**lines[2], "status": "landed", "landed": 17}])
    assert opened.page.evaluate("document.querySelector('.cue-view').scrollTop") == before
    back.click()
    assert opened.page.evaluate("document.querySelector('.cue-view').scrollTop") < before


# ---- announcements and the remote --------------------------------------------------------------


def test_the_next_cue_is_announced_at_two_bars_and_at_one(bench: Bench) -> None:
    opened = bench.open()
    polite = opened.page.locator("#announcer [aria-live=polite]")
    assert polite.inner_text() == ""
    opened.pass_time(4.2)
    polite.filter(has_text="2 bars").wait_for()
    opened.pass_time(2)
    polite.filter(has_text="1 bar:").wait_for()
    assert polite.inner_text() == "jam 9.1 in 1 bar: Now the rain grows stronger."


def test_an_alert_is_announced_and_does_not_move_under_a_pointer(bench: Bench) -> None:
    opened = bench.open()
    opened.page.mouse.move(700, 700)
    opened.page.mouse.down()
    opened.patch(alerts=[REFUSED])
    assert opened.page.locator("#alerts").is_hidden()
    opened.page.mouse.up()
    assert opened.page.locator("#alerts").is_visible()
    assertive = opened.page.locator("#announcer [aria-live=assertive]").inner_text()
    assert assertive == "Cue refused: jam 9.1, line 16. Sent again for chunk 21."
    opened.page.get_by_role("button", name="Show line").click()
    assert opened.page.evaluate("studio.ui.get('goto_line')") == {"line": 16}


def test_the_remote_pauses_only_when_the_button_is_held(bench: Bench) -> None:
    opened = bench.open(remote="1", role="remote", options=PHONE)
    hold = opened.page.get_by_role("button", name="Hold to pause")
    box = hold.bounding_box()
    assert box is not None
    opened.page.mouse.move(box["x"] + 9, box["y"] + 9)
    opened.page.mouse.down()
    opened.page.mouse.up()
    assert opened.sent == []
    opened.page.mouse.down()
    opened.pass_time(0.5)
    assert opened.sent == []
    opened.pass_time(0.2)
    opened.page.mouse.up()
    assert opened.sent == ["pause"]
    opened.patch(playback={**show_state()["playback"], "paused": True})
    opened.page.get_by_role("button", name="Resume", exact=True).tap()
    assert opened.sent == ["pause", "resume"]


@pytest.mark.slow
def test_go_of_the_remote(bench: Bench) -> None:
    opened = bench.open(remote="1", role="remote", options=PHONE)
    opened.page.locator(".gobtn").tap()
    assert opened.sent == ["go out"]
    opened.pass_time(1)
    opened.enter("lost")
    opened.page.locator(".gobtn").tap(force=True)
    assert opened.sent == ["go out"]


# ---- no score ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_score_is_opened_from_its_card(bench: Bench) -> None:
    state = show_state(
        run="",
        mode="edit",
        locked=False,
        playback=None,
        clock=None,
        next=None,
        lines=[],
        pads=[],
        score={"file": "", "title": "", "version": 0, "revision": 0},
    )
    opened = bench.open(state, theme="day")
    cards = opened.page.get_by_role("list", name="Scores in this folder")
    cards.get_by_role("img", name="A tram.").wait_for()
    take_screenshot(opened.page, "controls-none")
    assert cards.get_by_role("listitem").count() == 3
    assert cards.locator("img").count() == 1, "a score with errors has no image"
    for _ in range(20):
        opened.page.keyboard.press("Tab")
        if "Jam" in opened.page.evaluate("document.activeElement.textContent"):
            break
    opened.page.keyboard.press("Enter")
    assert opened.sent == [{"t": "open", "file": "live-set.score"}]
