"""`python -m runtime` is the command `runtime`."""

from runtime.process import run_command

run_command()
