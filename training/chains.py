"""Chains of training runs as processes: several chains side by side, their stages in turn."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ser_live.errors import SerLiveError
from training import orphans
from training.files import make_folder, read_json, read_table
from training.signals import termination_as_interrupt

_POLL_SECONDS = 1.0
_END_SECONDS = 20.0  # one that is told to end may have to finish writing
_THREADS = "OMP_NUM_THREADS"


@dataclass(frozen=True)
class Stage:
    """One ``train`` of a chain.

    Attributes:
        name: for people.
        folder: its run folder.
        epochs: of its recipe.
        tests: whether it is to test its model in the end.
        command: that trains it, or goes on with it.
    """

    name: str
    folder: Path
    epochs: int
    tests: bool
    command: tuple[str, ...]

    @property
    def output(self) -> Path:
        """What its process said, of all attempts."""
        return self.folder.with_name(self.folder.name + ".log")

    def is_trained(self) -> bool:
        """Whether its figures are there, those of test speakers included where it has to test.

        Raises:
            SerLiveError: they are damaged.
        """
        metrics = self._metrics()
        return bool(metrics) and (not self.tests or "test" in metrics["figures"])

    def is_finished(self) -> bool:
        """Whether it is trained, and its report, which is made last, is there.

        Raises:
            SerLiveError: its figures are damaged.
        """
        metrics = self._metrics()  # of a model on everyone there is no report
        return self.is_trained() and ("everyone" in metrics or "intervals" in metrics)

    def _metrics(self) -> dict[str, Any]:
        path = self.folder / "metrics.json"
        return read_json(path, ("figures",)) if path.exists() else {}

    def epochs_done(self) -> int:
        """How many epochs its log has; all of them when it is trained, even if it stopped early.

        Raises:
            SerLiveError: a file of it is damaged.
        """
        if self.is_trained():
            return self.epochs
        path = self.folder / "log.csv"
        return min(self.epochs, len(read_table(path, ("epoch",)))) if path.exists() else 0


Chain = Sequence[Stage]


def train_chains(chains: Sequence[Chain], jobs: int) -> None:
    """Run every stage that is not finished, with a progress bar of epochs.

    A stage that fails ends its chain only.

    Args:
        chains: of stages, each of which needs the one before.
        jobs: so many chains at a time; they share the processor's cores, unless
            ``OMP_NUM_THREADS`` says how many each may use.

    Raises:
        SerLiveError: a stage failed (the message holds the last thing it said), or a file of a
            finished one is damaged.
        KeyboardInterrupt: interrupted or terminated; so are the stages.
    """
    stages = [stage for chain in chains for stage in chain]
    done = sum(stage.epochs_done() for stage in stages)
    processes = _Processes(jobs)
    bar = tqdm(total=sum(s.epochs for s in stages), initial=done, unit="epoch", smoothing=0.05)
    with bar, termination_as_interrupt(), ThreadPoolExecutor(jobs) as pool:
        waiting = {pool.submit(processes.run_chain, chain, bar) for chain in chains}
        futures = set(waiting)
        try:
            while waiting:
                _, waiting = wait(waiting, timeout=_POLL_SECONDS)
                now = sum(stage.epochs_done() for stage in stages)
                bar.set_description(", ".join(processes.names()), refresh=False)
                if now > bar.n:
                    bar.update(now - bar.n)
                elif sys.stderr.isatty():  # an epoch may take minutes: the clock goes on
                    bar.refresh()
        except BaseException:
            processes.end()
            raise
    failures = [text for future in futures if (text := future.result())]
    if failures:
        raise SerLiveError("\n".join(sorted(failures)) + "\nthe same command goes on")


class _Processes:
    """The training processes that run now."""

    def __init__(self, jobs: int) -> None:
        self._lock = threading.Lock()
        self._running: dict[subprocess.Popen[bytes], str] = {}
        self._ended = False
        self._environment = dict(os.environ) | {orphans.VARIABLE: "1"}
        if jobs > 1:
            self._environment.setdefault(_THREADS, str(max(1, (os.cpu_count() or 1) // jobs)))

    def names(self) -> list[str]:
        """What runs now."""
        with self._lock:
            return list(self._running.values())

    def run_chain(self, chain: Chain, bar: tqdm[None]) -> str:
        """Run the chain's unfinished stages in turn; return what went wrong, or nothing."""
        for stage in chain:
            if stage.is_finished():
                continue
            make_folder(stage.folder.parent)
            with open(stage.output, "ab") as output:
                begin = output.tell()
                status = self._run(stage, output.fileno())
            if self._ended:
                return ""
            # Without a report: the libraries that make it are not there, and the stage said so.
            if status or not stage.is_trained():
                return f"{stage.name}: failed ({stage.output}): {_last_words(stage.output, begin)}"
            bar.write(f"{stage.name}: {_figure(stage)}")
        return ""

    def _run(self, stage: Stage, output: int) -> int:
        with self._lock:
            if self._ended:
                return 0
            process = subprocess.Popen(
                stage.command,
                stdin=subprocess.PIPE,  # of which it sees the end when this process is killed
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment,
                # Ctrl+C reaches them through end(), once, whoever was interrupted.
                start_new_session=True,
            )
            self._running[process] = stage.name
        try:
            return process.wait()
        finally:
            with self._lock:
                del self._running[process]
            if process.stdin:
                process.stdin.close()

    def end(self) -> None:
        """Terminate all, and start no more; those that stay are killed.

        Not by SIGINT: what a shell started in the background, and all that comes of it, ignores
        that.
        """
        with self._lock:
            self._ended = True
            running = list(self._running)
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _figure(stage: Stage) -> str:
    uar = read_json(stage.folder / "metrics.json").get("validation_uar")
    return "finished" if uar is None else f"validation UAR {100 * uar:.1f} %"


def _last_words(path: Path, begin: int) -> str:
    """The last line that a process wrote, without what a progress bar overwrote."""
    with open(path, "rb") as file:
        file.seek(begin)
        lines = file.read().decode(errors="replace").replace("\r", "\n").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
