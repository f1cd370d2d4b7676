"""Rule C12 on a machine whose ticks come every few microseconds: two tasks lose the hart again and again while they
hold all floating-point registers.

A million times each, as the rule asks, is `make test K=floating FLOATING_TIMES=1000000`.
"""

import os

from hostile_apps import Cases, initrd
from wild_machine import DebuggedMachine, Layout

# Of the clock of 10 MHz.
TICK = 60
TIMES = int(os.environ.get("FLOATING_TIMES", "20000"))
SECONDS = 30 + TIMES // 2000


def test_c12_registers_held_while_preempted_are_exact(machine):
    debugged = DebuggedMachine(machine, initrd=initrd())
    ticks = Layout().symbols["tick_ticks"]
    debugged.stub.resume()
    debugged.console.wait_for_prompt()
    debugged.stub.interrupt()
    debugged.stub.write_word(ticks, TICK)
    debugged.stub.resume()
    Cases(debugged.console, f"floating exact {TIMES}", timeout=SECONDS).check("c12_", 5)
    assert debugged.console.poweroff() == 0
    debugged.stub.close()
