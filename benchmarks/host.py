"""The machine that figures were measured on."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from runtime.host import read_governor

_PACKAGES = ("edgeframe", "numpy", "pillow", "ai-edge-litert", "tflite-runtime", "tensorflow", "onnxruntime")
# The board's name on a device with a device tree (a Raspberry Pi), the processor's on a PC.
_BOARD_FILE = Path("/proc/device-tree/model")
_PROCESSOR_FILE = Path("/proc/cpuinfo")
# Of two sizes of memory that are one: sold ones differ by a third at least.
_MEMORY_TOLERANCE = 1.1


@dataclass(frozen=True)
class Host:
    """processor: the board's or the processor's name. cores: those that this process may use.
    memory_bytes: None where the system does not tell. packages: `name version` of what may have been involved.
    governor: of the processor's frequency, None where there is none. is_emulated: another processor plays this one.
    is_debug_build: of Python.
    """

    name: str
    processor: str
    cores: int
    memory_bytes: int | None
    system: str
    python: str
    packages: tuple[str, ...]
    governor: str | None = None
    is_emulated: bool = False
    is_debug_build: bool = False

    def is_same_machine(self, other: Host) -> bool:
        """Whether figures of both may stand in one measurement; what is installed may have changed."""
        ours, theirs = ((host.name, host.processor, host.cores, host.system) for host in (self, other))
        return ours == theirs

    def is_alike(self, other: Host) -> bool:
        """Whether figures of one may be held against the other's: the same machine by another name, as the runners of a
        CI are, counts. Of memory, what the kernel keeps to itself may differ.
        """
        ours, theirs = ((host.processor, host.cores, host.system) for host in (self, other))
        memory = [host.memory_bytes for host in (self, other) if host.memory_bytes]
        return ours == theirs and (len(memory) < 2 or max(memory) <= _MEMORY_TOLERANCE * min(memory))

    def __str__(self) -> str:
        memory = "" if self.memory_bytes is None else f", {self.memory_bytes / 2**30:.1f} GiB"
        return f"{self.processor}, {self.cores} cores{memory}, {self.system}, Python {self.python}"


def describe_host() -> Host:
    """This machine."""
    processor = _read_board() or _read_processor() or platform.processor() or platform.machine()
    return Host(
        name=platform.node(),
        processor=processor,
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_bytes=_read_memory(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        packages=tuple(filter(None, map(_installed, _PACKAGES))),
        governor=read_governor(),
        is_emulated=is_emulated(platform.machine(), processor),
        is_debug_build=hasattr(sys, "gettotalrefcount"),
    )


def is_emulated(machine: str, processor: str) -> bool:
    """Whether a processor of this name cannot be one of this kind (`aarch64`, `x86_64`), or says that it is QEMU's."""
    is_arm = machine.startswith(("aarch64", "arm"))
    return "QEMU" in processor or (is_arm and any(maker in processor for maker in ("Intel", "AMD")))


def _read_board() -> str:
    return _BOARD_FILE.read_text().strip("\0\n ") if _BOARD_FILE.exists() else ""


def _read_processor() -> str:
    if not _PROCESSOR_FILE.exists():
        return ""
    lines = (line.partition(":") for line in _PROCESSOR_FILE.read_text().splitlines())
    return next((value.strip() for name, _, value in lines if name.strip() == "model name"), "")


def _read_memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _installed(distribution: str) -> str:
    try:
        return f"{distribution} {metadata.version(distribution)}"
    except metadata.PackageNotFoundError:
        return ""
