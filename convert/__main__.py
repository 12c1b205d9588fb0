"""`python -m convert`."""

from runtime.process import run_room

if __name__ == "__main__":
    run_room("convert")
