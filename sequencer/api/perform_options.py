"""Check that the options of a performance are valid, and have a meaning with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sequencer.core.errors import ScoreError, UsageError

if TYPE_CHECKING:
    from sequencer.api.performing import PerformOptions
    from sequencer.api.sources import RunInput
    from sequencer.schedule.model import Schedule


def check_options(options: PerformOptions) -> None:
    """Check that every given option has a meaning together with the others.

    Raises UsageError for the first that has none.
    """
    from sequencer.runtime.operator.commands import MAX_OFFSET
    from sequencer.runtime.operator.debounce import MAX_DEBOUNCE_MS

    def given(*flags: str) -> str | None:
        return next(
            (
                flag
                for flag in flags
                if getattr(options, flag[2:].replace("-", "_")) not in (None, False, 0)
            ),
            None,
        )

    simulated = given(
        "--url", "--local", "--key", "--key-file", "--wire", "--watch", "--clip", "--price"
    )
    if options.stage == "simulated" and simulated is not None:
        message = (
            f"{simulated} applies to a remote stage, but --stage simulated plays in this process"
        )
        raise UsageError(message, f"omit {simulated}, or --stage simulated")
    if options.stage == "vllm-omni":
        _check_vllm_omni(
            options, given("--local", "--key", "--key-file", "--wire", "--clip", "--price")
        )
    if options.stage != "simulated" and options.faults is not None:
        raise UsageError(
            "--faults applies only to the simulator", "add --stage simulated, or omit --faults"
        )
    if abs(options.offset) > MAX_OFFSET:
        raise UsageError(
            f"--offset {options.offset} is more than {MAX_OFFSET} ms",
            "write for example --offset -40",
        )
    key = "--key-file is not read" if options.key_file is not None else "--key is not used"
    if options.local and (options.key_file, options.key) != (None, None):
        raise UsageError(f"--local needs no key, so {key}", "omit one of the two")
    if options.key is not None and options.key_file is not None:
        raise UsageError("--key and --key-file both give a key", "omit one of the two")
    if options.video_size is not None and not options.record:
        raise UsageError(
            "--video-size is the size of the video, but none is recorded",
            "add --record, or omit --video-size",
        )
    for flag, given_ms in (
        ("--debounce", options.debounce),
        ("--debounce-keys", options.debounce_keys),
    ):
        if given_ms is not None and not 0 <= given_ms <= MAX_DEBOUNCE_MS:
            raise UsageError(
                f"{flag} {given_ms} is not from 0 to {MAX_DEBOUNCE_MS} ms",
                f"write for example {flag} 100, or {flag} 0 to ignore nothing",
            )


def _check_vllm_omni(options: PerformOptions, given: str | None) -> None:
    """Check the options of a run on vLLM-Omni.

    Args:
        options: The options.
        given: An option that was given, but is only for Reactor.

    Raises:
        UsageError: An option has no meaning, or the address is missing or not valid.
    """
    from sequencer.stages.vllm_omni.settings import KEY_VARIABLE, address_of

    if given in ("--key", "--key-file"):
        raise UsageError(
            f"{given} is for Reactor; a key of vLLM-Omni is read from {KEY_VARIABLE}",
            f"omit {given}",
        )
    if given is not None:
        raise UsageError(
            f"{given} applies to Reactor, but the stage is vllm-omni",
            f"omit {given}, or --stage vllm-omni",
        )
    address_of(options.url)


def refuse_what_stage_cannot_do(schedule: Schedule, stage: str, found: RunInput) -> None:
    """Raise ScoreError if a score contains what a stage cannot do."""
    if stage != "vllm-omni":
        return
    from sequencer.language.stage_checks import check_stage

    file = next(iter(found.sources), found.name)
    problems = check_stage(schedule, stage, file=file)
    if problems:
        raise ScoreError(problems, found.sources)
