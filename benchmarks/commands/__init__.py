"""The sub-commands of `python -m benchmarks`, one module each; the table is in benchmarks.cli."""
