"""The wheel, in an empty environment, runs the product with nothing from the checkout."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]


def run_uv(*arguments: str | Path) -> None:
    own = ROOT / ".tools" / "bin" / "uv"
    subprocess.run([own if own.exists() else "uv", *arguments], check=True, timeout=300)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_wheel_alone_serves_the_whole_product(tmp_path: Path) -> None:
    run_uv("build", "--quiet", "--out-dir", tmp_path / "dist", ROOT)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    empty = tmp_path / "empty"
    run_uv("venv", "--quiet", empty)
    run_uv("pip", "install", "--quiet", "--python", empty / "bin" / "python", wheel)

    environment = {"HOME": str(tmp_path), "PATH": os.defpath}
    with subprocess.Popen(
        [empty / "bin" / "livelane", "serve", "--port", "0"],
        cwd="/",
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        try:
            found = re.search(r"runs at http://localhost:(\d+) on .* in (\S+)\. Ctrl-C", process.stdout.readline())
            assert found
            assert Path(found[2]) == tmp_path / ".local" / "share" / "livelane"
            url = f"http://127.0.0.1:{found[1]}"
            page = httpx.get(url, timeout=20).text
            script = re.search(r'src="\./(assets/[^"]+\.js)"', page)
            assert script
            assert httpx.get(f"{url}/{script[1]}").status_code == 200
            until = time.monotonic() + 20
            while (said := httpx.get(f"{url}/health/ready", timeout=20).json())["status"] != "ready":
                assert time.monotonic() < until, said
                time.sleep(0.1)
            assert httpx.get(f"{url}/api/boards").status_code == 401
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
