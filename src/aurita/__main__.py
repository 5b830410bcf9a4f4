"""`python -m aurita`."""

from aurita.command import main

if __name__ == "__main__":
    main()
