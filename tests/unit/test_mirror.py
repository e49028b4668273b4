"""Every module of the package has a test module of its name, or a row here that names the tests
that are about it.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "sequencer"
TESTS = ROOT / "tests"
UNIT = TESTS / "unit"
COMMANDS = PACKAGE / "cli" / "__init__.py"
"""The command line, which imports each command by its name when it is used."""
RUN_BY_COMMANDS = ("api/", "cli/", "runtime/")
"""Where the modules are that tests use through whole commands and the functions of the package."""
MAX_LINES_WITHOUT_TESTS = 60
"""A module up to this length is tested with the modules that use it."""

TESTED_ELSEWHERE: dict[str, str] = {
    "__init__.py": "unit/api/test_public_names.py",
    "api/display.py": "unit/api/test_repr.py",
    "api/evolving.py": "unit/api/test_language_model.py",
    "api/ensembles.py": "integration/live/test_ensemble.py",
    "api/exporting.py": "unit/cli/test_export.py",
    "api/files.py": "unit/cli/test_arguments.py",
    "api/importing.py": "unit/cli/test_import.py",
    "api/output_formats.py": "unit/cli/test_output_formats.py",
    "api/perform_options.py": "unit/api/test_options.py",
    "api/performing.py": "unit/api/test_public_names.py",
    "api/rehearsing.py": "unit/cli/test_rehearse.py",
    "api/reporting.py": "unit/api/test_arguments.py",
    "api/sources.py": "unit/api/test_arguments.py",
    "api/beats.py": "unit/cli/test_beats.py",
    "cli/__init__.py": "unit/cli/test_arguments.py",
    "cli/diff.py": "integration/test_finished_runs.py",
    "cli/explain.py": "unit/core/catalog/test_catalog.py",
    "cli/inputs.py": "unit/cli/test_compile.py",
    "cli/perform.py": "unit/cli/test_arguments.py",
    "cli/sheet.py": "unit/cli/test_output_formats.py",
    "cli/sweep_plan.py": "unit/cli/test_sweep.py",
    "cli/sweep_results.py": "unit/cli/test_sweep.py",
    "cli/sweep_run.py": "unit/cli/test_sweep.py",
    "cli/show.py": "integration/test_finished_runs.py",
    "cli/timeline.py": "unit/cli/test_stages.py",
    "core/catalog/computed.py": "unit/core/catalog/test_catalog.py",
    "core/catalog/pages.py": "unit/core/catalog/test_catalog.py",
    "core/catalog/reader.py": "unit/core/catalog/test_catalog.py",
    "core/catalog/record.py": "unit/core/catalog/test_catalog.py",
    "core/plain_yaml.py": "unit/stages/simulated/test_faults.py",
    "core/errors.py": "unit/engine/test_journal.py",
    "language/compiler/pass_placer.py": "integration/test_first_chunks.py",
    "core/image_segments.py": "unit/core/test_image_files.py",
    "studio/alerts.py": "unit/studio/test_run_view.py",
    "studio/card_images.py": "unit/studio/test_score_cards.py",
    "studio/clock_state.py": "unit/studio/test_run_view.py",
    "studio/go_state.py": "unit/studio/test_run_view.py",
    "studio/lines.py": "unit/studio/test_run_view.py",
    "studio/next_cue.py": "unit/studio/test_run_view.py",
    "studio/pads.py": "unit/studio/test_run_view.py",
    "studio/revisions.py": "unit/studio/test_run_view.py",
    "studio/run_source.py": "unit/studio/test_run_view.py",
    "reports/timeline/from_progress.py": "unit/studio/test_plots.py",
    "studio/answers.py": "integration/studio/test_studio.py",
    "studio/connection.py": "unit/studio/test_app.py",
    "studio/pages.py": "integration/studio/test_studio.py",
    "studio/runs.py": "integration/studio/test_studio.py",
    "studio/studio.py": "integration/studio/test_studio.py",
    "engine/bundle.py": "integration/test_finished_runs.py",
    "engine/conductor/deliveries.py": "unit/engine/conductor/test_ledger.py",
    "engine/conductor/exits.py": "unit/engine/conductor/test_plan.py",
    "engine/conductor/fired_deliveries.py": "unit/engine/conductor/test_operator_input.py",
    "engine/conductor/image_landing.py": "unit/engine/conductor/test_late_answers.py",
    "engine/conductor/machine.py": "unit/engine/conductor/test_lost_start_messages.py",
    "engine/conductor/passes.py": "unit/engine/conductor/test_clock_sync.py",
    "engine/conductor/pending_commands.py": "unit/engine/conductor/test_ledger.py",
    "engine/conductor/plan_building.py": "unit/engine/conductor/test_plan.py",
    "engine/conductor/plan_following.py": "unit/engine/conductor/test_plan.py",
    "engine/conductor/plan_launching.py": "unit/engine/conductor/test_operator_input.py",
    "engine/conductor/plan_takeovers.py": "unit/engine/conductor/test_takeover.py",
    "engine/conductor/score_state.py": "unit/engine/conductor/test_reloading.py",
    "engine/conductor/take_seen.py": "unit/engine/conductor/test_run_state.py",
    "engine/conductor/take_start.py": "unit/engine/conductor/test_lost_start_messages.py",
    "engine/conductor/transitions.py": "unit/engine/conductor/test_run_state.py",
    "engine/conductor/view.py": "unit/engine/conductor/test_lost_start_messages.py",
    "events/__init__.py": "unit/events/test_codec.py",
    "events/commands.py": "unit/events/test_codec.py",
    "events/events.py": "unit/events/test_codec.py",
    "language/advice/english.py": "unit/language/advice/test_rules.py",
    "language/advice/prompts.py": "unit/language/advice/test_rules.py",
    "language/check.py": "unit/language/test_partial.py",
    "language/compiler/__init__.py": "unit/language/compiler/test_growth.py",
    "language/compiler/ir.py": "unit/language/compiler/test_resolve.py",
    "language/foreign_words.py": "unit/language/text/test_foreign_phrases.py",
    "editing/part_hints.py": "integration/test_edited_scores.py",
    "language/incremental/advising.py": "integration/test_edited_scores.py",
    "language/incremental/checking.py": "integration/test_edited_scores.py",
    "language/incremental/loading.py": "integration/test_edited_scores.py",
    "language/incremental/parts.py": "unit/language/incremental/test_compiling.py",
    "language/incremental/reading.py": "unit/language/text/test_rereading.py",
    "language/interchange/timeline.py": "unit/language/interchange/test_audacity.py",
    "language/kept_sources.py": "unit/reports/test_musical_freeze.py",
    "language/midi_import.py": "unit/midi/test_standard_files.py",
    "language/notations.py": "unit/language/yaml/test_printer.py",
    "language/score.py": "unit/language/test_partial.py",
    "language/spec/schema_parts.py": "unit/language/yaml/test_schema.py",
    "language/spec/__init__.py": "unit/language/test_spec.py",
    "language/spec/actions.py": "unit/language/test_spec.py",
    "language/spec/places.py": "unit/language/test_spec.py",
    "language/spec/rows.py": "unit/language/test_spec.py",
    "language/spec/settings.py": "unit/language/test_spec.py",
    "language/spec/words.py": "unit/language/test_spec.py",
    "language/text/foreign_statements.py": "unit/language/text/test_foreign_phrases.py",
    "language/text/heads.py": "unit/language/text/test_mistakes.py",
    "language/text/nodes.py": "unit/language/text/test_mistakes.py",
    "language/text/parser.py": "unit/language/text/test_parse_tables.py",
    "language/text/position_suggestions.py": "unit/language/text/test_mistakes.py",
    "language/text/reader.py": "unit/language/text/test_mistakes.py",
    "language/text/suggestion.py": "unit/language/text/test_mistakes.py",
    "language/text/suggestion_finders.py": "unit/language/text/test_suggestions.py",
    "language/values/comparisons.py": "unit/language/values/test_midi.py",
    "language/values/triggers.py": "unit/language/values/test_midi.py",
    "language/values/__init__.py": "unit/language/values/test_sound.py",
    "language/yaml/assembling.py": "unit/language/yaml/test_rereading.py",
    "language/yaml/blocks.py": "unit/language/yaml/test_rereading.py",
    "language/yaml/cues.py": "unit/language/test_partial.py",
    "language/yaml/fast_path.py": "unit/language/yaml/test_reader.py",
    "language/yaml/masking.py": "unit/language/yaml/test_rereading.py",
    "language/yaml/nodes.py": "unit/language/test_partial.py",
    "language/yaml/numbering.py": "unit/language/yaml/test_rereading.py",
    "language/yaml/quoting.py": "unit/language/yaml/test_printer.py",
    "language/yaml/recovery.py": "unit/language/test_partial.py",
    "language/yaml/sections.py": "unit/language/test_partial.py",
    "language/yaml/unknown_keys.py": "unit/language/test_partial.py",
    "languageserver/client.py": "integration/language_server/test_features.py",
    "languageserver/commands.py": "integration/language_server/test_features.py",
    "languageserver/lifecycle.py": "integration/language_server/test_features.py",
    "languageserver/server.py": "integration/language_server/test_features.py",
    "languageserver/session.py": "integration/language_server/test_features.py",
    "midi/inputs.py": "unit/midi/test_backends.py",
    "midi/outputs.py": "unit/midi/test_backends.py",
    "reports/cue_sheet/export.py": "unit/reports/cue_sheet/test_cue_sheet.py",
    "reports/cue_sheet/html.py": "unit/reports/cue_sheet/test_cue_sheet.py",
    "reports/cue_sheet/rows.py": "unit/reports/cue_sheet/test_cue_sheet.py",
    "reports/cue_sheet/terminal.py": "unit/reports/cue_sheet/test_cue_sheet.py",
    "reports/frozen_pass.py": "unit/reports/test_musical_freeze.py",
    "reports/frozen_positions.py": "unit/reports/test_musical_freeze.py",
    "reports/grid/phase.py": "unit/reports/grid/test_grid.py",
    "reports/grid/render.py": "unit/reports/grid/test_grid.py",
    "reports/grid/snap_errors.py": "unit/reports/grid/test_grid.py",
    "reports/grid/tempi.py": "unit/reports/grid/test_grid.py",
    "reports/interchange/exported.py": "unit/reports/interchange/test_small_formats.py",
    "reports/interchange/longlive.py": "unit/reports/interchange/test_small_formats.py",
    "reports/interchange/longlive_shots.py": "integration/test_first_chunks.py",
    "reports/timeline/from_run.py": "unit/reports/timeline/test_timeline.py",
    "reports/timeline/from_schedule.py": "unit/reports/timeline/test_timeline.py",
    "reports/timeline/html.py": "unit/reports/timeline/test_timeline.py",
    "reports/timeline/page_assets.py": "unit/reports/timeline/test_timeline.py",
    "reports/timeline/player_assets.py": "unit/reports/timeline/test_player.py",
    "reports/timeline/plot.py": "unit/reports/timeline/test_timeline.py",
    "reports/timeline/ruler_labels.py": "unit/reports/timeline/test_overlaps.py",
    "reports/timeline/rule_labels.py": "unit/reports/timeline/test_lanes.py",
    "reports/timeline/style.py": "unit/reports/timeline/test_timeline.py",
    "reports/timeline/svg.py": "unit/reports/timeline/test_timeline.py",
    "reports/timeline/text_metrics.py": "unit/reports/timeline/test_timeline.py",
    "runs/files.py": "unit/runs/test_store.py",
    "runs/object_files.py": "unit/runs/test_store.py",
    "runtime/live/assembly.py": "integration/live/test_perform.py",
    "runtime/live/attachments.py": "integration/live/test_perform.py",
    "runtime/live/ensemble.py": "integration/live/test_ensemble.py",
    "runtime/live/osc_attachments.py": "integration/live/test_osc.py",
    "runtime/live/run.py": "integration/live/test_perform.py",
    "runtime/live/stages.py": "integration/live/test_perform.py",
    "runtime/live/status_display.py": "unit/runtime/live/test_status.py",
    "runtime/operator/keyboard.py": "unit/runtime/operator/test_commands.py",
    "runtime/operator/remote.py": "unit/runtime/operator/test_commands.py",
    "runtime/output/ensemble_files.py": "unit/runtime/test_ensemble_rehearsal.py",
    "runtime/output/report_format.py": "integration/test_finished_runs.py",
    "runtime/recording/__init__.py": "unit/runtime/recording/test_video_writer.py",
    "runtime/recording/encoder.py": "unit/runtime/recording/test_video_writer.py",
    "models/spec.py": "unit/models/test_catalog.py",
    "stages/simulated/painting.py": "unit/stages/simulated/test_stage.py",
    "stages/simulated/modelled.py": "integration/models/test_contract.py",
    "stages/wire/translation.py": "integration/models/test_contract.py",
    "cli/render.py": "unit/api/test_rendering.py",
    "runtime/rehearsal.py": "unit/cli/test_rehearse.py",
    "runtime/results.py": "unit/api/test_public_names.py",
    "api/reloading.py": "integration/live/test_reloading.py",
    "api/run_positions.py": "unit/api/test_play_ranges.py",
    "runtime/scripted_positions.py": "unit/api/test_scripted_events.py",
    "runtime/upcoming.py": "unit/runtime/live/test_status.py",
    "schedule/__init__.py": "unit/schedule/test_document.py",
    "sweeps/sheet_page.py": "unit/sweeps/test_sheet.py",
    "server/app.py": "unit/server/test_routes.py",
    "server/session.py": "unit/server/test_routes.py",
    "server/settings.py": "unit/server/test_routes.py",
    "server/video_source.py": "unit/server/test_clips.py",
    "stages/protocol.py": "unit/stages/simulated/test_frame_feed.py",
    "stages/reactor/clips.py": "unit/stages/reactor/test_liveness.py",
    "stages/reactor/frame_pacing.py": "unit/stages/reactor/test_small_parts.py",
    "stages/reactor/frames.py": "unit/stages/reactor/test_small_parts.py",
    "stages/reactor/safety.py": "unit/stages/reactor/test_small_parts.py",
    "stages/reactor/settings.py": "unit/stages/reactor/test_small_parts.py",
    "stages/reactor/tagged_frames.py": "unit/stages/reactor/test_frame_trailer.py",
    "stages/simulated/helios_state.py": "unit/stages/simulated/test_helios.py",
    "stages/simulated/renderer/palette.py": "unit/stages/simulated/renderer/test_frames.py",
    "stages/simulated/renderer/particles.py": "unit/stages/simulated/renderer/test_frames.py",
    "stages/simulated/renderer/pixels.py": "unit/stages/simulated/renderer/test_frames.py",
    "stages/simulated/renderer/text_overlay.py": "unit/stages/simulated/renderer/test_frames.py",
    "stages/vllm_omni/shown_frames.py": "unit/stages/vllm_omni/test_stage.py",
    "stages/wire/codec.py": "unit/stages/wire/test_codecs.py",
    "stages/wire/helios/__init__.py": "unit/stages/wire/helios/test_messages.py",
    "stages/wire/helios/commands.py": "unit/stages/wire/helios/test_messages.py",
    "stages/wire/messages.py": "unit/stages/wire/test_frames.py",
    "stages/wire/protobuf.py": "unit/stages/wire/test_frames.py",
    "stages/wire/v0.py": "unit/stages/wire/test_codecs.py",
    "stages/wire/v1.py": "unit/stages/wire/test_codecs.py",
    "sync/estimator/hypotheses.py": "unit/sync/estimator/test_follower.py",
}
"""Modules without a test module of their name: the test module, relative to `tests`, that is about
them.

Each row was measured when it was written: the test module alone runs half of the module or more.
Only the live runs were not, because their tests start programs of their own. The tests below only
check that the test module can reach the module.
"""


@cache
def longer_modules() -> tuple[str, ...]:
    """Return the modules of the package that need tests of their own, relative to it."""
    return tuple(
        path.relative_to(PACKAGE).as_posix()
        for path in sorted(PACKAGE.rglob("*.py"))
        if len(path.read_text(encoding="utf-8").splitlines()) > MAX_LINES_WITHOUT_TESTS
    )


def own_tests(module: str) -> Path:
    """Return where the test module of a module is expected:

    `core/timebase.py` → `unit/core/test_timebase.py`.
    """
    path = Path(module)
    name = path.parent.name if path.name == "__init__.py" else path.stem
    return UNIT / path.parent / f"test_{name.strip('_')}.py"


@cache
def imports_of(path: Path) -> frozenset[Path]:
    """Return the modules of the package and of the tests that a module imports anywhere in it,
    itself included.
    """
    found = {path}
    if path == COMMANDS:
        found |= set(path.parent.glob("*.py"))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            base = ROOT.joinpath(*name.split("."))
            packages = [parent / "__init__.py" for parent in base.parents if ROOT in parent.parents]
            found |= {
                one
                for one in (base.with_suffix(".py"), base / "__init__.py", *packages)
                if one.is_file()
            }
    return frozenset(found)


@cache
def reachable_from(tests: Path, through_commands: bool) -> frozenset[Path]:
    """Return every module that a test module imports, directly or through other modules.

    The command line and the package itself import everything, so they count only for the modules
    that they run.
    """
    found: set[Path] = set()
    waiting = [tests]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            if through_commands or path not in (COMMANDS, PACKAGE / "__init__.py"):
                waiting += imports_of(path)
    return frozenset(found)


@pytest.mark.parametrize("module", longer_modules())
def test_each_module_has_tests(module: str) -> None:
    if own_tests(module).is_file():
        assert module not in TESTED_ELSEWHERE, (
            f"{module} has a test module of its own: remove its row"
        )
        return
    assert module in TESTED_ELSEWHERE, f"write {own_tests(module).relative_to(ROOT)}, or add a row"


@pytest.mark.parametrize("module", TESTED_ELSEWHERE)
def test_each_row_is_true(module: str) -> None:
    assert module in longer_modules(), f"{module} does not exist, or is short enough to need no row"
    tests = TESTS / TESTED_ELSEWHERE[module]
    assert tests.is_file(), f"{TESTED_ELSEWHERE[module]} does not exist"
    reachable = reachable_from(tests, module.startswith(RUN_BY_COMMANDS))
    assert PACKAGE / module in reachable, (
        f"{TESTED_ELSEWHERE[module]} does not import {module} in any way"
    )
