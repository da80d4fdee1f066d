"""Replicates in two processes, kept as JSON lines by seed, so that a run that was stopped goes on where it was.

A line tells by `code_version` what it was made of: those of other code or reference tables are made again.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from book_of_business.errors import UserError
from book_of_business.proof.evidence.claim import Claim, Numbers, Verdict
from book_of_business.proof.evidence.code_version import code_version

PROCESSES = 2
# One thread each: two processes keep two cores busy, and more threads would only wait for one another.
THREADS = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Outcome:
    """A claim with what its replicates said: how many, from which seed to which, in how many processor minutes."""

    claim: Claim
    verdict: Verdict
    replicate_count: int
    first_seed: int
    last_seed: int
    minutes: float

    @property
    def is_whole(self) -> bool:
        """Whether all replicates that the claim wants were made."""
        return self.replicate_count >= self.claim.full_count


def prove(
    claims: Sequence[Claim],
    folder: Path,
    first_seed: int,
    count: int | None = None,
    processes: int = PROCESSES,
    *,
    is_judged_only: bool = False,
) -> list[Outcome]:
    """Run what is missing of each claim's replicates and judge them. Those of other code count as missing.

    Args:
        claims: in the order of the page.
        folder: takes `<source>.jsonl`; claims that share a replicate share its file.
        first_seed: seeds run upwards from here.
        count: replicates per claim; null: the full count of each.
        processes: how many at once.
        is_judged_only: judge the replicates that are there, and make none.

    Raises:
        UserError: if a file of results has a line that is no replicate, or a replicate fails (with its claim and seed).
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted: dict[str, tuple[Claim, int]] = {}
    for claim in claims:
        number = max(count or claim.full_count, wanted.get(claim.source, (claim, 0))[1])
        wanted[claim.source] = (claim, number)
    versions = {source: version_of(claim) for source, (claim, _) in wanted.items()}
    for source, (claim, number) in () if is_judged_only else wanted.items():
        seeds = range(first_seed, first_seed + number)
        run_missing(claim, folder / f"{source}.jsonl", versions[source], seeds, processes)
    outcomes = []
    for claim in claims:
        rows = read_rows(folder / f"{claim.source}.jsonl", versions[claim.source])
        seeds = range(first_seed, first_seed + (count or claim.full_count))
        kept = [rows[seed] for seed in seeds if seed in rows]
        frame = pl.DataFrame([row["numbers"] for row in kept], infer_schema_length=None)
        verdict = claim.summarise(frame) if kept else Verdict("not run yet", None)
        minutes = sum(row["seconds"] for row in kept) / 60
        outcomes.append(Outcome(claim, verdict, len(kept), seeds[0], seeds[-1], minutes))
    return outcomes


def version_of(claim: Claim) -> str:
    """`code_version` of the module that makes a claim's replicates."""
    return code_version(Path(inspect.getfile(claim.replicate)))


def run_missing(claim: Claim, path: Path, version: str, seeds: Iterable[int], processes: int) -> None:
    """Make the replicates that the file has not, and add them to it as they come. Those of other code are dropped."""
    from tqdm import tqdm

    done = read_rows(path, version)
    missing = [seed for seed in seeds if seed not in done]
    if not missing:
        return
    kept = path.with_suffix(".kept")
    kept.write_text("".join(json.dumps(row) + "\n" for row in done.values()), encoding="utf-8")
    kept.replace(path)
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(THREADS)
    try:
        with (
            ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool,
            path.open("a", encoding="utf-8") as file,
            tqdm(total=len(missing), desc=claim.source, unit="world", file=sys.stderr) as bar,
        ):
            running = {pool.submit(timed, claim.replicate, seed): seed for seed in missing}
            for future in as_completed(running):
                try:
                    numbers, seconds = future.result()
                except Exception as error:
                    pool.shutdown(cancel_futures=True)
                    kind = type(error).__name__
                    raise UserError(f"{claim.name}, seed {running[future]}: {kind}: {error}") from error
                row = {"seed": running[future], "version": version, "seconds": seconds, "numbers": numbers}
                file.write(json.dumps(row) + "\n")
                file.flush()
                bar.update()
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def timed(replicate: Callable[[int], Numbers], seed: int) -> tuple[Numbers, float]:
    """A replicate and the seconds it took."""
    began = time.monotonic()
    numbers = replicate(seed)
    return numbers, round(time.monotonic() - began, 2)


def read_rows(path: Path, version: str) -> dict[int, dict]:
    """The replicates of one version of the code that a file has, by seed; a last line that was cut off is left out.

    Raises:
        UserError: if another line is none of ours.
    """
    if not path.is_file():
        return {}
    rows = {}
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            seed = int(row["seed"])
        except (json.JSONDecodeError, KeyError, TypeError, ValueError):
            if number == len(lines):
                break
            raise UserError(f"{path}, line {number} is no replicate: delete the file and run again") from None
        if row.get("version") == version:
            rows[seed] = row
    return rows
