"""How the window's process computes and keeps memory."""

from __future__ import annotations

import subprocess
import sys


def test_it_is_settled_before_numpy_is_there_and_computes_in_one_thread() -> None:
    asked = (
        "import sys\n"
        "from app import process, start\n"
        "assert 'numpy' not in sys.modules\n"
        "process.settle()\n"
        "import numpy as np\n"
        "a = np.ones((300, 300), np.float32)\n"
        "a @ a\n"
        "import os\n"
        "print(len(os.listdir('/proc/self/task')) if os.path.isdir('/proc/self/task') else 1)\n"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"
