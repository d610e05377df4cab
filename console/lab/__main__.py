"""`python -m console.lab`, which is what `console demo` runs."""

import sys

if __name__ == "__main__":
    try:
        from console.lab.demo import main
    except ModuleNotFoundError as missing:
        sys.exit(f'console: {missing.name} is not installed. The demo needs more: pip install "console[lab]"')
    main(prog_name="console demo")
