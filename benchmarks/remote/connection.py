"""Running commands on a host over the user's own ssh, and copying files there once."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from benchmarks.errors import BenchmarkError
from runtime.whole_file import file_sha256

# Below the home folder there: files by the hash of their content, so that none is copied twice.
CACHE = ".cache/edgeframe-benchmarks"
_OPTIONS = ("-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=15")
_SSH_FAILED = 255


class Connection:
    """A host as ssh knows it: `pi@kitchen`, or a name of ~/.ssh/config."""

    def __init__(self, host: str) -> None:
        self.host = host

    def run(self, command: str, stdin: Path | None = None) -> str:
        """What a shell command prints there. Raises BenchmarkError: no connection, or its exit status is not 0."""
        source = stdin.open("rb") if stdin else subprocess.DEVNULL
        try:
            done = subprocess.run(
                ["ssh", *_OPTIONS, self.host, command], stdin=source, capture_output=True, check=False
            )
        except FileNotFoundError:
            raise BenchmarkError("ssh is not installed; on Debian: sudo apt install openssh-client") from None
        finally:
            if not isinstance(source, int):
                source.close()
        if done.returncode:
            words = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
            if done.returncode == _SSH_FAILED:
                raise BenchmarkError(f"{self.host}: cannot be reached ({words[0]}); try it: ssh {self.host} true")
            raise BenchmarkError(f"{self.host}: {command.split(maxsplit=1)[0]} failed there ({words[0]})")
        return done.stdout.decode(errors="replace")

    def send(self, file: Path) -> str:
        """Copy a file unless it is there already; its path there, from the home folder."""
        digest = file_sha256(file)[:20]
        folder = f"{CACHE}/{digest}"
        path = f"{folder}/{file.name}"
        there = shlex.quote(path)
        if self.run(f"test -f {there} && echo there || true").strip() != "there":
            # Its name is given last, so that what a broken connection leaves is not taken for the file.
            self.run(f"mkdir -p {folder} && cat > {there}.part && mv {there}.part {there}", stdin=file)
        return path
