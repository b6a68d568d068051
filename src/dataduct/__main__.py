"""Lets `python -m dataduct` run the command line."""

from dataduct.cli.main import main

if __name__ == "__main__":
    main()
