"""A small virtual machine with a camera in its kernel (vivid), for tests: this machine's own kernel has none.

Debian's stock kernel in qemu, a busybox to start it, and this machine's files as its read-only root, so that the
checkout and its virtual environment are there as they are here. Its parts come from `tests/install_parts.sh
kernel_camera`. It emulates the processor, so that it needs no /dev/kvm and its timings mean nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

PARTS = Path(os.environ.get("EDGEFRAME_PARTS", Path.home() / ".cache" / "edgeframe-tests"))
_MODULES = ("virtio_pci", "9pnet_virtio", "9p", "vivid")
# One video node that is a webcam.
_VIVID_OPTIONS = "n_devs=1 num_inputs=1 input_types=0 node_types=0x1"
_FINISHED = "exit status of the script:"
_INIT = f"""#!/bin/busybox sh
box=/bin/busybox
$box mount -t proc proc /proc
$box mount -t sysfs sys /sys
$box mount -t devtmpfs dev /dev
while read module; do
    case $module in vivid.*) options="{_VIVID_OPTIONS}";; *) options=;; esac
    $box insmod /modules/$module $options
done < /modules/order
$box mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=512000,cache=loose root /host
for folder in proc sys dev; do $box mount -o bind /$folder /host/$folder; done
$box chroot /host /bin/sh $($box sed 's/.*script=//' /proc/cmdline)
echo "{_FINISHED} $?"
$box poweroff -f
"""


def missing_parts() -> str:
    """What is not on this machine of what the virtual one is made of; empty where all of it is."""
    tools = ("qemu-system-x86_64", "busybox", "cpio", "modprobe", "v4l2-ctl")
    missing = [tool for tool in tools if shutil.which(tool) is None]
    return ", ".join(missing + ([] if _kernels() else [f"a kernel in {PARTS}/kernel"]))


def run_in_machine(script: str, folder: Path, timeout: float) -> tuple[int, str]:
    """Run a shell script as root in the machine, from `folder` (an empty one outside /proc, /sys and /dev).

    Returns its exit status and what it wrote to stdout and stderr; raises AssertionError when the machine did not
    come to its end within `timeout` seconds.
    """
    version = _kernels()[0].name.partition("-")[2]
    (folder / "script.sh").write_text(script)
    command = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-smp", "2", "-m", "2048", "-nographic"]
    command += ["-no-reboot", "-nic", "none", "-kernel", str(_kernels()[0]), "-initrd", str(_pack(folder, version))]
    command += ["-virtfs", "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap"]
    command += ["-append", f"console=ttyS0 quiet panic=-1 script={folder / 'script.sh'}"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as late:
        raise AssertionError(f"no end after {timeout:g} s:\n{(late.stdout or b'').decode(errors='replace')}") from None
    shown = done.stdout.decode(errors="replace").replace("\r", "")
    written, finished, status = shown.rpartition(_FINISHED)
    assert finished, f"the machine ended before the script did:\n{shown}\n{done.stderr.decode(errors='replace')}"
    return int(status.split()[0]), written


def _kernels() -> list[Path]:
    return sorted((PARTS / "kernel" / "boot").glob("vmlinuz-*"))


def _pack(folder: Path, version: str) -> Path:
    """The initial file system: busybox, the modules in the order of their dependencies, and what runs first."""
    tree = folder / "tree"
    for name in ("bin", "modules", "proc", "sys", "dev", "host"):
        (tree / name).mkdir(parents=True)
    shutil.copy(str(shutil.which("busybox")), tree / "bin" / "busybox")
    (tree / "init").write_text(_INIT)
    (tree / "init").chmod(0o755)
    modules: dict[str, None] = {}  # a set that keeps the order
    for name in _MODULES:
        show = ["modprobe", "-d", str(PARTS / "kernel"), "-S", version, "--show-depends", name]
        shown = subprocess.run(show, capture_output=True, text=True, check=True).stdout
        modules.update(dict.fromkeys(line.split()[1] for line in shown.splitlines() if line.startswith("insmod")))
    for module in modules:
        shutil.copy(module, tree / "modules")
    (tree / "modules" / "order").write_text("".join(f"{Path(module).name}\n" for module in modules))
    packed = folder / "initial.cpio"
    files = "\n".join(str(path.relative_to(tree)) for path in sorted(tree.rglob("*")))
    with packed.open("wb") as output:
        subprocess.run(
            ["cpio", "-o", "-H", "newc", "--quiet"], input=files.encode(), stdout=output, cwd=tree, check=True
        )
    return packed
