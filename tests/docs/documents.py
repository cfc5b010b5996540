"""Commands and outputs of documents: fenced `sh` blocks are run in order, `text` blocks are held to
what the command before them printed."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
GAP = "…"


@dataclass
class Step:
    """A block of commands, and the outputs that the document shows for it."""

    commands: str
    shown: list[str] = field(default_factory=list)

    @property
    def demo(self) -> bool:
        """Is it the demonstration, which takes a minute?"""
        return self.commands.strip() == "make demo"


def steps(path: Path) -> list[Step]:
    out: list[Step] = []
    for language, text in FENCE.findall(path.read_text("utf-8")):
        if language == "sh":
            out.append(Step(text))
        elif language == "text" and out:
            out[-1].shown.append(text)
    return out


def run(commands: str, folder: Path) -> str:
    """What the commands print, on stdout and stderr; fails with the first that fails."""
    binaries = Path(sys.executable).parent
    environment = os.environ | {
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "400",
        "http_proxy": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        check=False,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout}"
    return done.stdout


def hold(shown: str, printed: str) -> None:
    """Each line that the document shows was printed, in this order; `…` stands for what is left out."""
    rest = printed.splitlines()
    for line in (line.rstrip() for line in shown.splitlines()):
        if line.strip(f" {GAP}") == "":
            continue
        pieces = [re.escape(piece) for piece in line.split(GAP)]
        wanted = re.compile(r".*".join(pieces) + r"\s*$")
        at = next((i for i, there in enumerate(rest) if wanted.match(there)), None)
        assert at is not None, f"not printed (or not in this order): {line}\n\n{printed}"
        rest = rest[at + 1 :]
