"""A Raspberry Pi without a Raspberry Pi, for tests: Debian's 64-bit Arm system in a folder, on an emulated processor.

Its parts come from `tests/install_parts.sh pi`. The processor is one that a Raspberry Pi has, in what it can do
(`QEMU_CPU`) and in what the system tells of it (`/proc/cpuinfo`): without the latter LiteRT does not use XNNPACK,
beside this machine's own it crashes, and with every extension that qemu knows of it computes nonsense. Timings in it
mean nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
# What qemu calls the processor of a Raspberry Pi 4 and 5: the number of its kind, and what Linux says it can do.
PROCESSORS = {
    "cortex-a72": ("0xd08", "fp asimd evtstrm crc32 cpuid"),
    "cortex-a76": (
        "0xd0b",
        "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp",
    ),
}
_SYSTEM = "python3-minimal,python3,libstdc++6,libc-bin,coreutils,dash,bash,zlib1g"
# The release as it was made: the index of its security updates changes while it is read.
_NO_UPDATES = '--setup-hook=sed -i /security/d "$1/etc/apt/sources.list"'
# Of bookworm: its Python, and the platforms whose wheels its C library runs.
_PLATFORMS = ("manylinux2014", "manylinux_2_27", "manylinux_2_28", "manylinux_2_31", "manylinux_2_34")
_WHEELS = ("--only-binary=:all:", "--python-version=311", *(f"--platform={name}_aarch64" for name in _PLATFORMS))
# Mounts of a namespace of its own end with the command, and so does what is registered in them.
_ENTER = """[ -e /proc/sys/fs/binfmt_misc/register ] || mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
[ -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ] || update-binfmts --enable qemu-aarch64
exec chroot "$@"
"""


def missing_parts() -> str:
    """What is not on this machine of what the emulated one is made of; empty where all of it is."""
    missing = [tool for tool in ("mmdebstrap", "qemu-aarch64-static", "proot") if shutil.which(tool) is None]
    return ", ".join(missing + ([] if os.geteuid() == 0 else ["root's rights"]))


class RaspberryPi:
    """A system in the folder `root`, which is made here and is the caller's to remove (0.6 GB)."""

    def __init__(self, root: Path) -> None:
        self.root = root
        chosen = ("--architectures=arm64", "--variant=extract", f"--include={_SYSTEM}", _NO_UPDATES)
        _done("mmdebstrap", "--quiet", *chosen, "bookworm", root)
        cores = root / "sys" / "devices" / "system" / "cpu"
        cores.mkdir(parents=True)
        for name in ("possible", "present", "online"):
            (cores / name).write_text("0-3\n")
        entered = _run(*self._by_kernel("cortex-a72"), "true")
        self._enter = self._by_kernel if entered.returncode == 0 else self._by_tracing

    def install(self, name: str, *packages: str) -> None:
        """Put what pip takes for packages, and what they need there, into an environment of its own."""
        target = self.root / "opt" / name
        _done(sys.executable, "-m", "pip", "install", "-q", *_WHEELS, "--target", target, *packages)

    def run(self, name: str, processor: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        """`python3 -m runtime arguments...` of an environment, in the root folder of the emulated machine."""
        (self.root / "proc" / "cpuinfo").write_text(_describe(processor))
        home = ("PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/root", f"PYTHONPATH=/opt/{name}")
        python = ("env", "-i", *home, f"QEMU_CPU={processor}", "python3", "-m", "runtime")
        return _run(*self._enter(processor), *python, *arguments)

    def _by_kernel(self, _: str) -> tuple[object, ...]:
        return "unshare", "--mount", "--propagation", "private", "sh", "-c", _ENTER, "sh", self.root

    def _by_tracing(self, processor: str) -> tuple[object, ...]:
        """Where the kernel starts no foreign programs, or this user may mount nothing."""
        return "proot", "-q", f"qemu-aarch64-static -cpu {processor}", "-r", self.root, "-w", "/"


def _describe(processor: str) -> str:
    kind, features = PROCESSORS[processor]
    lines = (f"Features\t: {features}", "CPU implementer\t: 0x41", "CPU architecture: 8", f"CPU part\t: {kind}")
    return "".join("\n".join((f"processor\t: {core}", *lines, "", "")) for core in range(4))


def _run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False, timeout=400)


def _done(*command: object) -> None:
    done = _run(*command)
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
