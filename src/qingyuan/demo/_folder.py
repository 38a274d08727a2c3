"""The folder of the demonstration: what may be replaced, and the papers and times of what is put into it."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

import numpy as np

from qingyuan.errors import QingyuanError
from qingyuan.office.clock import CHINA
from qingyuan.office.home import Home

#: The day on which the waybill matter begins; generated files carry its time.
EPOCH = datetime(2026, 3, 2, 8, 0, tzinfo=CHINA)


def clear(home_path: Path) -> None:
    """Remove an earlier demonstration; refuse to touch anything else."""
    if not home_path.exists():
        return
    if (home_path / "office.json").exists():
        with Home.open(home_path) as home:
            ours = (home.settings.seed or "").startswith("demo-")
        if ours:
            shutil.rmtree(home_path)
            return
    if any(home_path.iterdir()):
        raise QingyuanError(
            "demo.folder-in-use",
            zh="目录已有其他内容，演示不会覆盖",
            en="the folder holds something else; the demonstration does not overwrite it",
            where=str(home_path),
            remedy_zh="请用 --home 另选目录",
            remedy_en="choose another folder with --home",
        )


def fix_times(folder: Path) -> None:
    """Give generated files the time of the story, so that manifests repeat."""
    stamp = EPOCH.timestamp()
    for path in sorted((folder / "material").rglob("*")):
        os.utime(path, (stamp, stamp), follow_symlinks=False)


def note(folder: Path, name: str, text: str) -> Path:
    """Write a paper of the matter, with the time at which the matter began; return its path."""
    path = folder / "notes" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    os.utime(path, (EPOCH.timestamp(), EPOCH.timestamp()))
    return path


def new_waybills(folder: Path) -> Path:
    """Write a sample of new waybills that carry no clear personal information."""
    rng = np.random.default_rng(7)
    lines = ["运单号,收件人,收件电话,收件地址"]
    for number in rng.integers(10**11, 10**12, 200):
        tail = int(rng.integers(1000, 9999))
        lines.append(f"YD{number},王**,138****{tail},浙江省义乌市****")
    return note(folder, "新出运单样本.csv", "\r\n".join(lines) + "\r\n")
