"""The installed command as a process: every command and printer, lost output, signals, other encodings."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from support.records import execute, job, record

import lstm97
from lstm97 import cli
from lstm97.results.store import Store

COMMAND = [str(Path(sys.executable).with_name("lstm97"))]
MODULE = [sys.executable, "-m", "lstm97"]
OUTPUT_LOST = 3


def heed_ctrl_c() -> None:
    """Let a new process heed Ctrl-C also where whoever runs the tests ignores it, as background jobs do."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def started(*arguments: str, **options: Any) -> Iterator["subprocess.Popen[str]"]:
    """Start the command in a group of its own, of which nothing is left whatever comes of the test."""
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_ctrl_c,
        **options,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def run(*arguments: str, command: list[str] = COMMAND, **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run the command to its end; its output is kept unless told otherwise."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.run(
        [*command, *arguments], text=True, encoding="utf-8", timeout=300, preexec_fn=heed_ctrl_c, **streams
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two records that are right, and one that is not."""
    folder = tmp_path_factory.mktemp("store")
    for trial in (1, 2, 3):
        one = execute(job("table9/6a", "literal", trial, 600))
        if trial == 3:
            one["test"]["mse"] *= 1.0 + 1e-15
        Store(folder).append(one)
    return folder


SMALL = {
    "rows": [],
    "table": ["9"],
    "run": ["table9/6a", "--trials", "3", "--cap", "600", "--jobs", "1"],
    "verify": ["--sample", "1", "--jobs", "1"],
    "bench": ["--quick"],
}
HAS_STORE = ("table", "run", "verify")


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("name", SMALL)
def test_every_command_prints(name: str, as_json: bool, store: Path) -> None:
    options = ["--store", str(store)] if name in HAS_STORE else []
    done = run(name, *SMALL[name], *options, *(["--json"] if as_json else []))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    if as_json:
        found = json.loads(done.stdout)
        assert found["version"] == lstm97.__version__
        assert found["description"]
        assert "data" in found
    else:
        assert done.stdout
    if name == "bench":  # every section, and how far it is
        assert "all learning systems (5 of 5)" in done.stderr
        for word in ("NumPy loop", "symbols", "cascade"):
            assert word in done.stdout


def test_version_help_and_module() -> None:
    for command in (COMMAND, MODULE, [sys.executable, "-m", "lstm97.cli"]):
        assert run("--version", command=command).stdout == f"lstm97 {lstm97.__version__}\n"
    done = run("--help")
    assert done.returncode == 0
    assert "exit codes: 0 done" in done.stdout
    assert run("rows", "--help", stdout=subprocess.DEVNULL).returncode == 0
    assert run("rows", "--helf").returncode == 2


# ----------------------------------------------------------------------------------------------- lost output


def closed_pipe() -> int:
    """Make a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


@pytest.mark.parametrize("arguments", [["rows"], ["table", "9"], ["--help"], ["rows", "--json"]])
def test_lost_output_has_an_exit_code_of_its_own_and_a_line(arguments: list[str]) -> None:
    for place, reason in (("pipe", "broken pipe"), ("/dev/full", "no space left on device")):
        out = closed_pipe() if place == "pipe" else os.open(place, os.O_WRONLY)
        done = run(*arguments, stdout=out)
        os.close(out)
        assert done.returncode == OUTPUT_LOST
        assert done.stderr == f"lstm97: not all output could be written ({reason})\n"


def test_closed_streams() -> None:
    shell = ["sh", "-c", '"$@" >&-', "sh"]
    done = run("rows", command=[*shell, *COMMAND])
    assert (done.returncode, done.stderr) == (OUTPUT_LOST, "lstm97: not all output could be written (it is closed)\n")
    shell = ["sh", "-c", '"$@" 2>&-', "sh"]
    done = run("rows", command=[*shell, *COMMAND])
    assert done.returncode == 0
    assert "table9/6a" in done.stdout
    done = run("rows", "--wrong", command=[*shell, *COMMAND])
    assert (done.returncode, done.stdout) == (2, "")  # the complaint does not go among the output


def test_a_run_whose_output_is_lost_ends_its_work(tmp_path: Path) -> None:
    for names in (("stdout",), ("stderr",), ("stdout", "stderr")):
        places: dict[str, Any] = {name: closed_pipe() for name in names}
        Store(tmp_path).path("table9").unlink(missing_ok=True)
        done = run("run", *SMALL["run"], "--store", str(tmp_path), command=COMMAND, **places)
        assert done.returncode == OUTPUT_LOST
        assert len(list(Store(tmp_path).lines("table9"))) == 3
        for descriptor in places.values():
            os.close(descriptor)


def test_lost_output_hides_no_difference(store: Path) -> None:
    out = closed_pipe()
    done = run("verify", "--all", "--jobs", "1", "--store", str(store), stdout=out)
    os.close(out)
    assert done.returncode == 1
    assert "lstm97: 2 of 3 trials reproduced exactly\n" in done.stderr


@pytest.mark.parametrize(("encoding", "sign", "dash"), [("ascii", ">= ", " - "), ("cp1252", ">=\xa0", " – ")])
def test_encodings_without_our_characters(encoding: str, sign: str, dash: str, tmp_path: Path) -> None:
    for trial in range(1, 21):
        Store(tmp_path).append(record(trial, 2_000_000, success=False) | {"cap": 2_000_000})
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    done = subprocess.run(
        [*COMMAND, "table", "9", "--store", str(tmp_path)], capture_output=True, timeout=100, env=environment
    )
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode(encoding).splitlines()
    assert f"{sign}1,000,000" in lines[1]
    assert dash.strip() in lines[2].split()
    assert lines[0].index("median") + len("median") == lines[1].rindex("1,000,000") + len("1,000,000")  # aligned


# --------------------------------------------------------------------------------------------------- signals

LONG = ["run", "table9/6b", "--trials", "4", "--cap", "100000000", "--jobs", "2", "--store"]


def is_alive(group: int) -> bool:
    """Tell whether any process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(("signum", "word"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")])
@pytest.mark.parametrize("delay", [0.3, 1.0, 2.0, 2.5, 3.0, 8.0])
def test_a_signal_ends_a_run_at_any_moment(signum: signal.Signals, word: str, delay: float, tmp_path: Path) -> None:
    """To the whole group, as a terminal sends it: also while modules are imported and processes are started."""
    with started(*LONG, str(tmp_path), stdout=subprocess.PIPE) as runner:
        time.sleep(delay)
        start = time.monotonic()
        os.killpg(runner.pid, signum)
        out, errors = runner.communicate(timeout=30)
        assert time.monotonic() - start < 5.0
        assert runner.returncode == 128 + signum, errors
        assert out == ""
        assert errors.splitlines()[-1].startswith(f"lstm97: {word}")
        assert "Traceback" not in errors
        assert "leaked" not in errors
        while is_alive(runner.pid):
            assert time.monotonic() - start < 5.0
            time.sleep(0.05)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_signal_while_a_pool_is_made_leaves_no_semaphore(number: int, moment: str, tmp_path: Path) -> None:
    """Python's own account of what was left behind goes to standard error."""
    script = str(Path(__file__).parents[1] / "support" / "interrupted_pool.py")
    done = run(script, str(number), moment, str(tmp_path), command=[sys.executable])
    assert done.returncode == 128 + signal.SIGINT, done.stderr
    assert "leaked" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_an_impatient_second_signal_changes_nothing(signum: signal.Signals, tmp_path: Path) -> None:
    with started(*LONG, str(tmp_path)) as runner:
        time.sleep(5.0)
        for _ in range(4):
            os.killpg(runner.pid, signum)
            time.sleep(0.05)
        _, errors = runner.communicate(timeout=30)
    assert runner.returncode == 128 + signum, errors
    assert "Traceback" not in errors


def test_a_fault_of_the_program_is_no_difference(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """Exit code 1 is for a difference that `verify` found; what the system refuses is no fault of the program."""

    def fails_with(error: BaseException) -> Any:
        def fails(*_: Any) -> None:
            raise error

        return fails

    monkeypatch.setattr("lstm97.command.show.rows", fails_with(ArithmeticError("oh")))
    assert cli.main(["rows"]) == 4
    assert "fault of the program" in capsys.readouterr().err
    monkeypatch.setattr("lstm97.command.show.rows", fails_with(OSError(errno.EMFILE, "Too many open files")))
    assert cli.main(["rows"]) == 2
    assert capsys.readouterr().err.startswith("lstm97: the system refuses (Too many open files)")


def test_a_current_folder_that_is_gone(tmp_path: Path) -> None:
    script = f"cd {tmp_path}/gone && rmdir {tmp_path}/gone && {COMMAND[0]} table 9"
    (tmp_path / "gone").mkdir()
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("lstm97: the current folder can't be used")
    assert "Traceback" not in done.stderr


def test_links_that_lead_to_themselves(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    done = run("run", "table9/6a", "--trials", "1", "--store", str(tmp_path / "loop"))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_a_record_of_a_row_that_is_none_any_more_is_not_passed_over(store: Path, tmp_path: Path) -> None:
    line = (store / "table9.jsonl").read_text().splitlines()[0]
    (tmp_path / "table9.jsonl").write_text(line + "\n" + line.replace("table9/6a", "table9/old") + "\n")
    done = run("verify", "--all", "--jobs", "1", "--store", str(tmp_path))
    assert done.returncode == 0
    assert "1 of another row, specification or reading can't be" in done.stderr


@pytest.mark.parametrize("arguments", [["verify", "--row", "table9/6a"], ["bench"]])
def test_what_records_nothing_says_so_when_it_is_interrupted(arguments: list[str]) -> None:
    with started(*arguments, stdout=subprocess.PIPE) as runner:
        assert runner.stderr is not None
        runner.stderr.readline()  # it is at work
        time.sleep(1.0)
        runner.send_signal(signal.SIGINT)
        _, errors = runner.communicate(timeout=30)
    assert runner.returncode == 130
    assert errors.splitlines()[-1] == "lstm97: interrupted; nothing was changed"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="child processes are listed on Linux only")
@pytest.mark.parametrize("name", ["run", "verify"])
def test_a_lost_process_is_said_with_what_it_leaves(name: str, tmp_path: Path) -> None:
    arguments = [*LONG, str(tmp_path)]
    if name == "verify":
        Store(tmp_path).append(record(1, 10**9, row="table9/6b") | {"cap": 10**9})
        arguments = ["verify", "--all", "--jobs", "1", "--store", str(tmp_path)]
    with started(*arguments, stdout=subprocess.PIPE) as runner:
        workers: list[str] = []
        children = Path(f"/proc/{runner.pid}/task/{runner.pid}/children")
        while not workers:
            assert runner.poll() is None
            time.sleep(0.1)
            pids = children.read_text().split()
            workers = [pid for pid in pids if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        os.kill(int(workers[0]), signal.SIGKILL)
        _, errors = runner.communicate(timeout=60)
    assert runner.returncode == 2
    last = errors.splitlines()[-1]
    assert last.startswith("lstm97: a process that ran trials died (killed, or out of memory")
    assert last.endswith({"run": "goes on from here", "verify": "nothing was changed"}[name])


def test_two_runners_of_which_one_is_suspended(tmp_path: Path) -> None:
    """The other says whose claims it waits for, and takes them over once that one is ended."""
    arguments = [
        *COMMAND,
        "run",
        "table9/6a",
        "--trials",
        "1",
        "--cap",
        "30000",
        "--jobs",
        "1",
        "--store",
        str(tmp_path),
    ]
    first = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list(tmp_path.glob(".locks/*.holder")):
        assert first.poll() is None
        time.sleep(0.05)
    first.send_signal(signal.SIGSTOP)
    second = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert second.stderr is not None
    try:
        said = next(line for line in second.stderr if line.startswith("waiting"))
        assert f"process {first.pid} on " in said
        assert " since 20" in said
        assert "continue it or end it" in said
        first.kill()
        second.communicate(timeout=100)
    finally:
        first.kill()
        second.kill()
    assert second.returncode == 0
    assert len(list(Store(tmp_path).lines("table9"))) == 1
    assert not list(tmp_path.glob(".locks/*.holder"))
