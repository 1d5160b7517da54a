"""Puts the built web app into the wheel, as service/web. Run by hatchling."""

import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebApp(BuildHookInterface[Any]):
    """Builds the web app if its sources are newer, and adds it; an editable install serves it from where it is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        if (root / "justw").exists():
            subprocess.run([root / "justw", "_web"], check=True)
            built = root / "frontend" / "dist"
        else:  # an unpacked source distribution
            built = root / "service" / "web"
        if not (built / "index.html").exists():
            raise FileNotFoundError(f"The web app is not built: {built} has no index.html. Run ./justw setup first.")
        build_data["force_include"][str(built)] = "service/web"
