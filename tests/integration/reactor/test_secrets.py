"""Key, token and presigned addresses appear nowhere: not in logs of any level, journals, errors,
notices or arguments.
"""

from __future__ import annotations

import asyncio
import io
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sequencer.core.errors import StageError
from sequencer.core.secrets import Secret
from sequencer.engine.journal import JournalWriter, header_of
from sequencer.language.score import UseImage
from sequencer.runtime.loop import Performance
from sequencer.server.tokens import Tokens
from sequencer.server.uploads import UploadSlots
from sequencer.stages.reactor.safety import redact
from sequencer.stages.reactor.stage import ReactorStage
from sequencer.sync.run_clock import RealClock
from tests.support.builders import at_chunk
from tests.support.reactor_fixtures import KEY, image_file, local_server, schedule, settings_for


class _Seen:
    """Every secret that was issued during a run."""

    def __init__(self) -> None:
        self.secrets: set[str] = {KEY}

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        mint, announce = Tokens.mint, UploadSlots.announce

        def minted(tokens: Tokens, asked: dict[str, object]) -> object:
            jwt, token = mint(tokens, asked)
            self.secrets.update([jwt, jwt.split(".")[1]])
            return jwt, token

        def announced(uploads: UploadSlots, *asked: object) -> object:
            slot = announce(uploads, *asked)
            self.secrets.add(slot.secret)
            return slot

        patch.setattr(Tokens, "mint", minted)
        patch.setattr(UploadSlots, "announce", announced)

    def found_in(self, text: str) -> list[str]:
        return [one for one in self.secrets if one in text]


@pytest.fixture
def everything_logged() -> Iterator[io.StringIO]:
    """Collect the output of all loggers in one text."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(1)
    yield text
    root.removeHandler(handler)
    root.setLevel(before)


def test_a_whole_run_reveals_no_secret(
    tmp_path: Path, everything_logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = _Seen()
    seen.watch(monkeypatch)
    image, data = image_file()
    plan = schedule(
        at_chunk(0, "a red field", UseImage(image.path)), at_chunk(2, "a blue sea"), end=14
    )
    notices: list[str] = []

    async def go() -> ReactorStage:
        async with local_server(url_seconds=900) as server:
            clock = RealClock()
            stage = ReactorStage(
                clock,
                settings_for(server.url, local=False),
                images={image.sha256: data},
                notice=notices.append,
            )
            journal = JournalWriter(tmp_path / "journal.jsonl", header_of(plan, {}, {}))
            performance = Performance(plan, stage, clock, journal=journal)
            clip = asyncio.create_task(fetch_a_clip(stage))
            outcome = await performance.run()
            assert outcome.report.all_landed
            await clip
            return stage

    async def fetch_a_clip(stage: ReactorStage) -> None:
        while stage.measures().lag == 0:  # noqa: ASYNC110  there is no event to wait for
            await asyncio.sleep(0.05)
        assert len((await stage.clip(0.5)).data) > 1000

    stage = asyncio.run(go())
    assert len(seen.secrets) >= 4, "nothing secret was handed out: this test proves nothing"
    logged = everything_logged.getvalue()
    assert "HTTP Request: POST" in logged, "the HTTP client logs nothing: this test proves nothing"
    assert seen.found_in(logged) == []
    assert "signature=" not in logged
    assert seen.found_in((tmp_path / "journal.jsonl").read_text(encoding="utf-8")) == []
    shown = (
        f"{stage!r} {vars(stage)!r} {stage.measures()!r} {stage.status!r} {notices!r} "
        f"{stage.uploads!r}"
    )
    assert seen.found_in(shown) == []


def test_errors_do_not_reveal_it_either(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = _Seen()
    seen.watch(monkeypatch)

    async def fail(status: int, method: str, path: str) -> str:
        async with local_server(moods=((method, path, status, 99),)) as server:
            stage = ReactorStage(RealClock(), settings_for(server.url, local=False))
            try:
                with pytest.raises(StageError) as raised:
                    await stage.open(lambda _: None)
            finally:
                await stage.close()
            return (
                f"{raised.value!r} {raised.value} {raised.value.__cause__!r} "
                f"{raised.value.__context__!r}"
            )

    for case in ((402, "POST", "/tokens"), (402, "POST", "/sessions"), (404, "GET", "/sessions")):
        assert seen.found_in(asyncio.run(fail(*case))) == []


def test_what_looks_like_a_secret_is_struck_out() -> None:
    jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJl"
    text = redact(
        f'see {jwt} and rk_live_abc123 at "https://s3.example/a?X-Amz-Signature=1&b=2" or '
        "/clips?token=5, not 2?3"
    )
    for secret in (jwt, "rk_live_abc123", "X-Amz-Signature", "token=5"):
        assert secret not in text
    assert "https://s3.example/a?…" in text
    assert "not 2?3" in text
    assert str(Secret("rk_live_abc123")) == "Secret(…)"


def test_the_key_is_no_argument() -> None:
    """Everyone on the machine can read the arguments of a process."""
    import argparse

    from sequencer.cli import perform, serve

    for module in (perform, serve):
        parser = argparse.ArgumentParser()
        module.add_arguments(parser)
        assert not re.search(r"--(api-)?(key|token)[ ,=]", parser.format_help())
