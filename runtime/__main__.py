"""`python -m runtime` is the command `runtime`."""

from runtime.cli import run_command

run_command()
