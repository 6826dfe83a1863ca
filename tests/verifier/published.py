"""Find published vectors that are too many to restate, where a copy of them lies beside the checkout."""

import os
from pathlib import Path

VECTORS = Path(__file__).parents[1] / "vectors"
SPECIFICATION = Path(__file__).parents[2] / "verifier" / "spec"


def published(pattern: str) -> list[Path]:
    """List the published files that match; none in a clone that stands alone, where the restated ones must do.

    The folder is ``shared`` beside the checkout, or what the environment variable FAIRLOT_SHARED names.
    """
    folder = Path(os.environ.get("FAIRLOT_SHARED") or Path(__file__).parents[3] / "shared")
    return sorted((folder / "vectors").glob(pattern)) if folder.is_dir() else []
