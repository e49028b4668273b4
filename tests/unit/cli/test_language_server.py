"""The command that serves editors: how it starts, what it writes, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sequencer.cli import main
from sequencer.cli.language_server import EXTRA, services
from sequencer.core.version import package_version
from sequencer.language.check import check_text
from tests.support.requirements import require

COMMAND = (sys.executable, "-m", "sequencer", "language-server")
WITHOUT = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("pygls", "lsprotocol"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
from sequencer.cli import main
sys.exit(main(sys.argv[1:]))
"""
TIMEOUT_S = 60


def message(text: str) -> bytes:
    body = text.encode()
    return f"Content-Length: {len(body)}\r\n\r\n".encode() + body


INITIALIZE = message(
    '{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"processId": null, "rootUri": null, "capabilities": {}}}'
)
SHUTDOWN = message('{"jsonrpc": "2.0", "id": 2, "method": "shutdown"}')
EXIT = message('{"jsonrpc": "2.0", "method": "exit"}')


def serve(sent: bytes, *options: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *options], input=sent, capture_output=True, timeout=TIMEOUT_S, check=False
    )


def test_without_the_extra_the_command_states_what_to_install() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT, "language-server"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert ran.returncode == 2 and not ran.stdout
    first, second = ran.stderr.splitlines()
    assert first.startswith("sequencer: the language server needs pygls, which is not installed")
    assert second == f"hint: install it: {EXTRA}"
    assert EXTRA == 'pip install "helios-sequencer[editor]"'


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["language-server", "--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"sequencer {package_version()}\n"


@pytest.mark.parametrize("options", [(), ("--stdio",)])
def test_standard_output_has_only_the_protocol(options: tuple[str, ...]) -> None:
    ran = serve(INITIALIZE + SHUTDOWN + EXIT, *options)
    assert ran.returncode == 0
    assert ran.stderr == b""
    rest = ran.stdout
    while rest:
        head, _, rest = rest.partition(b"\r\n\r\n")
        assert head.startswith(b"Content-Length: ")
        length = int(head.split(b"\r\n")[0].split(b": ")[1])
        assert rest[:length].startswith(b"{")
        rest = rest[length:]


def test_verbose_logs_to_standard_error() -> None:
    ran = serve(INITIALIZE + SHUTDOWN + EXIT, "--verbose")
    assert ran.returncode == 0
    assert b"INFO sequencer.languageserver.lifecycle: connected with a client" in ran.stderr
    assert ran.stdout.startswith(b"Content-Length: ")


@pytest.mark.parametrize("sent", [b"", INITIALIZE, INITIALIZE + SHUTDOWN])
def test_the_server_ends_with_its_client(sent: bytes) -> None:
    assert serve(sent).returncode == 0


def test_leaving_without_shutdown_is_an_error() -> None:
    assert serve(INITIALIZE + EXIT).returncode == 1


@pytest.mark.parametrize("sent", [message("{"), message("[]"), message('{"jsonrpc": "2.0"}')])
def test_what_is_no_message_does_not_end_the_server(sent: bytes) -> None:
    ran = serve(INITIALIZE + sent + SHUTDOWN + EXIT)
    assert ran.returncode == 0
    assert b'"id": 2' in ran.stdout, "the request after it is answered"


@pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")
def test_a_signal_ends_the_server() -> None:
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(INITIALIZE)
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.stdin.close()
        process.wait(TIMEOUT_S)
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()


# ---- what the command passes to the server -------------------------------------------------------


def test_pages_are_drawn_of_a_schedule(tmp_path: Path) -> None:
    schedule = check_text('at 0c "A boat."\nend 4c\n').performable()
    assert "A boat." in services().sheet(schedule)
    assert "<svg" in services().timeline(schedule, tmp_path)


# ---- streams that cannot be used -----------------------------------------------------------------


def in_shell(line: str) -> subprocess.CompletedProcess[bytes]:
    command = f"{sys.executable} -m sequencer language-server {line}"
    return subprocess.run(
        ["sh", "-c", command],
        input=INITIALIZE + SHUTDOWN,
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )


@pytest.mark.skipif(os.name == "nt", reason="the redirections are those of a POSIX shell")
@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("<&-", 1, b"sequencer: standard input cannot be read: "),
        (">&-", 0, b""),
        ("2>&-", 0, b""),
        ("| true", 0, b""),
        (">/dev/full", 0, b"ERROR sequencer.cli.language_server: standard output cannot be wri"),
    ],
)
def test_streams_that_cannot_be_used_end_it_with_a_sentence(
    line: str, code: int, message: bytes
) -> None:
    if "full" in line:
        require(Path("/dev/full").exists(), "there is no /dev/full")
    ran = in_shell(line)
    assert ran.returncode == code
    assert ran.stderr.startswith(message)
    assert ran.stderr.count(b"\n") <= 2 and b"Traceback" not in ran.stderr


def test_a_rehearsal_imports_nothing_from_the_folder_of_the_score(tmp_path: Path) -> None:
    score = tmp_path / "lamp.score"
    score.write_text('seed 1\nat 0c "A lamp."\nend 2c\n', encoding="utf-8")
    (tmp_path / "json.py").write_text("open('imported', 'w').close()\n", encoding="utf-8")
    done = subprocess.run(
        [*services().rehearse(score), "--no-video"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "imported").exists()
