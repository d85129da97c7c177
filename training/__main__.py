"""``python -m training``."""

import sys

from training.cli import main
from training.huge_pages import use_huge_pages

if __name__ == "__main__":
    if "train" in sys.argv[1:2]:
        use_huge_pages()
    raise SystemExit(main())
