"""The command without its script: ``python -m tarazy score SNAP --out FILE.parquet``."""

from serving.commands import main

if __name__ == "__main__":
    main()
