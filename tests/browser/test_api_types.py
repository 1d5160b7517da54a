"""The web app is compiled against what the service says of itself."""

import subprocess

from tests.browser.conftest import FRONTEND


def test_the_web_apps_types_are_those_of_the_services_openapi() -> None:
    done = subprocess.run(
        ["npm", "run", "--silent", "api:types", "--", "--check"], cwd=FRONTEND, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
