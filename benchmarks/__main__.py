"""`python -m benchmarks`."""

from runtime.process import run_room

if __name__ == "__main__":
    run_room("benchmarks")
