"""`aeroflux run` that is ended by SIGTERM unwinds as after Ctrl-C: what is half written is removed."""

import os
import subprocess
import sys
from pathlib import Path

# A run in the middle of its work, which cleans up behind itself as every download and writer does.
PROGRAM = """
import sys, time
from pathlib import Path
from aeroflux_assets import cli
from aeroflux_assets.defs import runner

part = Path(sys.argv[1])

def working(*_, **__):
    part.write_text("half")
    try:
        print("ready", flush=True)
        time.sleep(60)
    finally:
        part.unlink()

runner.run_all = working
sys.argv[1:] = ["run"]
cli.main()
"""


def test_a_run_that_is_terminated_unwinds(tmp_path: Path) -> None:
    part = tmp_path / "half.part"
    env = {**os.environ, "AEROFLUX_DATA": str(tmp_path / "data")}
    command = [sys.executable, "-c", PROGRAM, str(part)]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        said = run.stdout.readline()
        assert said == "ready\n", run.stderr.read()
        assert part.exists()
        run.terminate()
        code, told = run.wait(timeout=60), run.stderr.read()
    assert not part.exists()
    assert code > 0  # its own exit, not the signal's
    assert "Traceback" not in told
