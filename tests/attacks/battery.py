"""Grades every hostile submission and its twin as the user who runs this, and writes down what happened.

Usage: `python battery.py FOLDER [--skip RUNG,...] [--plant MODULE] [--only NAME,...]`. `FOLDER/battery.json` holds, per
attack, the points, the twin's, and what was damaged.
"""

import argparse
import copy
import json
import os
import re
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "grading"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from hostile import ATTACKS
from hostile.sheets import HIDDEN_NUMBER, SHEETS
from hostile.world import World, wait_until_gone
from sheets import submit, write_job

from seglab.errors import InputError
from seglab.grading.judging.worker import grade_job
from seglab.grading.processes.zygote import Zygote
from seglab.grading.repair import repair
from seglab.grading.sandbox import cgroups, linux

LIMITS = {
    "call_seconds": 2,
    "cell_seconds": 4,
    "notebook_seconds": 40,
    "memory_mb": 512,
    "judge_memory_mb": 512,
    "disk_mb": 32,
    "tasks": 100,
}
REPORT = re.compile(r"tried (\d+), reached (\[.*)")


class Battery:
    """Grades attacks and twins.

    Args:
        folder: An empty folder.
        world: The `World`.
        settings: Settings of every job, beside the limits.
        plant: Name of a module of `planted`, or `None`.
    """

    def __init__(self, folder, world, settings, plant=None):
        self.folder, self.world, self.settings, self.plant = folder, world, settings, plant
        self.twins, self.count, self.rungs, self.before = {}, 0, {}, set()

    def run(self, attacks):
        """Grade attacks; return a `dict` from name to facts, those of one sheet after those of another."""
        results = {}
        for name in ("numpy", "tensorflow"):
            heavy = name == "tensorflow"
            chosen = [item for item in attacks if ("tensorflow" in SHEETS[item.sheet].imports) == heavy]
            if chosen:
                self._run_with_one_zygote(chosen, results)
        return results

    def _run_with_one_zygote(self, attacks, results):
        imports = tuple(dict.fromkeys(name for item in attacks for name in SHEETS[item.sheet].imports))
        imports += (f"tests.attacks.planted.{self.plant}",) if self.plant else ()
        self.imports = imports
        with Zygote(imports, {**LIMITS, **self.settings}) as zygote:
            if zygote.ready["missing"]:
                raise RuntimeError(f"not imported: {zygote.ready['missing']}")
            for item in attacks:
                for repaired in (True, False) if item.mutate else (True,):
                    begun = time.monotonic()
                    facts = self._attack(item, zygote, repaired)
                    facts["seconds"] = round(time.monotonic() - begun, 2)
                    results[item.name if repaired else f"{item.name} (not repaired)"] = facts
            if zygote.process.poll() is not None:
                raise RuntimeError("the zygote has ended")
        left = wait_until_gone(os.getpid(), {self.world.watcher.pid})
        if left:
            raise RuntimeError(f"processes left: {left}")

    def _attack(self, item, zygote, repaired):
        twin = self._twin(item, zygote)
        facts = {"twin": twin["score"], "twin_error": twin["error"] or twin["limits_hit"], "honest": item.points}
        folder = self.folder / f"job-{self.count}"
        known = {**self.world.facts, "JOB": str(folder), "ZYGOTE": zygote.process.pid}
        facts["doubts"], book = None, submit(SHEETS[item.sheet].master, **item.submission(known))
        if item.mutate:
            book = copy.deepcopy(book)
            raw = item.mutate(book)
            raw = json.dumps(book).encode() if raw is None else raw
            if repaired:
                found = repair(SHEETS[item.sheet].master, raw)
                facts["doubts"] = found.queue
                book = found.notebook
        if book is None:
            return {**facts, "score": 0.0, "damage": self.world.damage(), "error": None, "limits": [], "report": None}
        files = {**item.twin_files(), **item.artifacts}
        result = self._grade(folder, item, book, files, zygote, item.tamper)
        text = json.dumps(result)
        damage = self.world.damage()
        changed = [name for name, content in files.items() if self._differs(folder, name, content)]
        damage += [f"{name} of the job changed" for name in changed]
        damage += ["the secret is in the result"] if self.world.secret in text else []
        said = [str(cell["error"]) for cell in result["cells"].values()]
        damage += ["a student may read a hidden input"] if any(str(HIDDEN_NUMBER) in line for line in said) else []
        damage += self._processes(zygote)
        report = REPORT.search("\n".join([*result["log"], *(cell["detail"] for cell in result["cells"].values())]))
        wrong = [name for name, cell in result["cells"].items() if not 0 <= cell["points"] <= cell["max"]]
        damage += [f"impossible points of {name}" for name in wrong]
        return {
            **facts,
            "score": result["score"],
            "damage": damage,
            "error": result["error"],
            "limits": result["limits_hit"],
            "report": report and [int(report[1]), report[2]],
            "log": [line[:300] for line in result["log"]][:5],
            "cells": {name: [cell["points"], cell["detail"][:200]] for name, cell in result["cells"].items()},
        }

    def _twin(self, item, zygote):
        answers, files = item.twin(), item.twin_files()
        key = json.dumps([item.sheet, answers, sorted(files), [len(content) for content in files.values()]])
        if key not in self.twins:
            book = submit(SHEETS[item.sheet].master, **answers)
            folder = self.folder / f"twin-{len(self.twins)}"
            self.twins[key] = self._grade(folder, replace(item, settings={}), book, files, zygote)
            self.rungs = self.twins[key]["rungs"]
            self.world.damage()
        return self.twins[key]

    def _grade(self, folder, item, book, files, zygote, tamper=None):
        self.count += 1
        sheet = SHEETS[item.sheet]
        settings = {**LIMITS, **sheet.settings, **self.settings, **item.settings}
        write_job(folder, sheet.master, book, artifacts=files, imports=self.imports, **settings)
        if tamper:
            tamper(folder, self.world)
            files.clear()
        try:
            return grade_job(folder, zygote)
        except InputError as error:
            return {"score": 0.0, "cells": {}, "log": [], "limits_hit": [], "error": f"refused: {error}"}

    def _differs(self, folder, name, content):
        path = folder / name
        return path.is_symlink() or not path.is_file() or path.read_bytes() != content

    def _processes(self, zygote):
        """Whatever runs below this process beside the zygote and its warm judges."""
        hosts = len(zygote.hosts)
        allowed = {self.world.watcher.pid, zygote.process.pid}
        left = wait_until_gone(os.getpid(), allowed, 0)
        if len(left) > hosts:
            time.sleep(0.3)
            left = wait_until_gone(os.getpid(), allowed, 0)
        return [f"{len(left) - hosts} processes left"] if len(left) > hosts else []


def main(arguments=None):
    """Run the battery; see the module's text."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--skip", default="", help="rungs of the ladder to leave out")
    parser.add_argument("--plant", help="module of planted")
    parser.add_argument("--only", default="", help="names of attacks")
    parser.add_argument("--without", default="", help="sheets to leave out")
    options = parser.parse_args(arguments)
    folder = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    scratch = folder / "scratch"
    scratch.mkdir(mode=0o711)
    tempfile.tempdir = str(scratch)
    linux.prctl(linux.SET_SUBREAPER, 1)  # what escapes is found below this process
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    names = [name for name in options.only.split(",") if name] or list(ATTACKS)
    attacks = [ATTACKS[name] for name in names if ATTACKS[name].sheet not in options.without.split(",")]
    settings = {"skip": [name for name in options.skip.split(",") if name], "hide": [str(folder / "canary")]}
    settings |= {"allow_weak_sandbox": True} if options.plant or "seccomp" in settings["skip"] else {}
    begun = time.monotonic()
    with World(folder) as world:
        battery = Battery(folder, world, settings, options.plant)
        results = battery.run(attacks)
    left = sorted(path.name for path in scratch.iterdir() if not path.name.startswith("seglab-matplotlib"))
    groups = [path for path in cgroups.leftovers(f"{os.getpid()}-") if os.path.isdir(path)]
    facts = {"user": os.getuid(), "rungs": battery.rungs, "left": left + groups, "attacks": results}
    facts["seconds"] = round(time.monotonic() - begun, 1)
    (folder / "battery.json").write_text(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()
