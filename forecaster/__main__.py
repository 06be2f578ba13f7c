"""`python -m forecaster`: the command line, where the command itself is not on the path."""

from forecaster.cli import main

if __name__ == "__main__":
    main()
