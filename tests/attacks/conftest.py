"""Where the attacks' own modules are found."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "grading"))
sys.path.insert(0, str(Path(__file__).parent))

collect_ignore = ["hostile", "planted", "battery.py"]
