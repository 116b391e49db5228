import os
import subprocess
import sys

import pytest


@pytest.mark.skipif(not hasattr(os, "setpriority"), reason="this system has no niceness")
def test_gives_way_and_never_takes_it_back() -> None:
    program = (
        "import os; from engine import priority; "
        "priority.give_way(priority.TRAINING); priority.give_way(priority.ENGINE); print(os.nice(0))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert int(told) == max(10, os.nice(0))
