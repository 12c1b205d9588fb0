"""The sub-commands of `runtime`, one module each; the table is in runtime.cli."""
