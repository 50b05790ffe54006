"""`python -m astrolabe`: the astrolabe command."""

from astrolabe.cli.main import main

if __name__ == "__main__":
    main()
