"""Rule C14: every instruction of the ways into and out of the supervisor, one by one, through QEMU's debugger stub.

The user's registers are wild at each trap: zero, all ones, addresses of the supervisor's own structures. At every
instruction the invariants of arch/riscv64/trap.S are looked at; and at every instruction of the first and last 40 of
each way a timer interrupt is made pending, which must change nothing until the sret.
"""

import gdb_stub
import pytest
from wild_machine import (A0, A7, ALL_ONES, CLOCK_GETTIME, ECALL, ECALL_FROM_USER, EFAULT, ENOSYS, GETPID, LOAD, MXR,
                          OWN_UNKNOWN, PC, S1, SIE, SP, SPAWN, SPIN, SPP, STIP, STORE, SUM, SUPERVISOR,
                          TIMER_INTERRUPT, TP, USER, YIELD, WildMachine)

EDGE = 40
WILD_SETS = 10
STARTING_YIELDS = 50
STEPS_MAX, TICKS_MAX, TRIES_MAX = 20000, 10, 30


class Stepper(WildMachine):
    """Goes through traps step by step."""

    interrupted = None  # registers of the supervisor at the last trap inside it

    def check_status(self, pc, is_inner=False):
        """A trap inside a user copy finds SUM set, and has it set again when it returns."""
        status = self.stub.get("sstatus")
        assert status & (SIE | MXR) == 0, f"{pc:#x}: sstatus {status:#x}"
        assert status & SUM == 0 or is_inner or pc in self.layout.user_copy, f"{pc:#x}: SUM is set"

    def check_stack(self, registers):
        assert registers[SP] in self.layout.stack and registers[SP] % 16 == 0, f"sp {registers[SP]:#x}"

    def check_in_c(self):
        registers, scratch = self.stub.registers(), self.stub.get("sscratch")
        pc = registers[PC]
        self.check_status(pc)
        self.check_stack(registers)
        assert scratch == 0, f"{pc:#x}: sscratch {scratch:#x}"
        assert registers[TP] == self.layout.hart, f"{pc:#x}: tp {registers[TP]:#x}"

    def check_in_assembly(self, pc, way, at, is_inner):
        """Returns how far along the way we are, at least @at."""
        registers, scratch = self.stub.registers(), self.stub.get("sscratch")
        tp, sp = registers[TP], registers[SP]
        self.check_status(pc, is_inner)
        assert self.stub.get("priv") == SUPERVISOR
        if is_inner:
            # On behalf of a trap inside the supervisor: the hart is in tp, or for a moment in sscratch.
            self.check_stack(registers)
            assert tp == self.layout.hart or (tp, scratch) == (0, self.layout.hart), f"{pc:#x}: tp {tp:#x}"
            return at
        for i in range(at, len(way)):
            if tp in way[i][0] and scratch in way[i][1] and sp in way[i][2]:
                return i
        pytest.fail(f"{pc:#x}: tp {tp:#x}, sscratch {scratch:#x}, sp {sp:#x}, behind step {at} of the way")

    def way(self, user, frame, after, frame_after):
        """What tp, sscratch and sp hold, in the order of a way from U-mode through the supervisor and back."""
        hart, stack, zero, frame, frame_after = {self.layout.hart}, self.layout.stack, {0}, {frame}, {frame_after}
        tp, sp, tp_after, sp_after = {user[TP]}, {user[SP]}, {after[TP]}, {after[SP]}
        return [(tp, frame, sp), (frame, tp, sp), (frame, zero, sp), (frame, zero, stack), (hart, zero, stack),
                (frame_after, zero, stack), (frame_after, frame_after, stack), (frame_after, frame_after, sp_after),
                (tp_after, frame_after, sp_after)]

    def enter(self, user):
        """Set all registers, and go to the first instruction of the trap that @user's pc makes."""
        is_interrupt = user[PC] == SPIN
        self.stub.set_registers(user)
        for _ in range(TICKS_MAX):
            assert self.stub.get("sscratch") == self.frame
            self.stub.step()
            if self.stub.get("pc") == user[PC]:
                continue  # the emulator has stopped in front of it, or jumped to itself before it looked at what is due
            assert self.stub.get("pc") == self.layout.entry
            if (self.stub.get("scause") == TIMER_INTERRUPT) == is_interrupt:
                return
            # A tick of the scheduler's own.
            self.stub.run_to(user[PC])
        pytest.fail("there are nothing but ticks")

    def is_inner(self):
        return self.stub.get("sstatus") & SPP != 0

    def look(self, pc, way, at):
        """Check what holds in front of the instruction at @pc. Returns how far along the way we are, at least @at."""
        if pc not in self.layout.assembly:
            self.check_in_c()
            return at
        is_inner = self.is_inner()
        if pc == self.layout.entry and is_inner:
            assert self.stub.get("scause") < 1 << 63, "an interrupt came in the supervisor"
            self.interrupted = self.stub.registers()
        if pc in self.layout.returns and not is_inner:
            at = len(way) - 1
        return self.check_in_assembly(pc, way, at, is_inner)

    def step_out(self, pc):
        """Step at @pc; returns whether that is a return to U-mode."""
        is_return, is_inner = pc in self.layout.returns, self.is_inner()
        self.stub.step()
        if is_return and is_inner and self.interrupted:
            assert self.stub.registers()[:PC] == self.interrupted[:PC]
        return is_return and not is_inner

    def walk(self, way):
        """Step from the trap's first instruction to U-mode, looking at each. Returns the addresses stepped on."""
        at, passed, self.interrupted = 0, [], None
        while len(passed) < STEPS_MAX:
            pc = self.stub.get("pc")
            at = self.look(pc, way, at)
            passed.append(pc)
            if self.step_out(pc):
                return passed
        pytest.fail("there is no end")

    def follow(self, passed, step, end):
        """
        Step to the instruction number @step of a way. Where it leaves what was @passed (something else was due, or no
        longer), go on to its @end and return False.
        """
        for i in range(step + 1):
            pc = self.stub.get("pc")
            if pc != passed[i]:
                if pc != end:
                    self.stub.run_to(end)
                return False
            if i < step:
                self.stub.step()
        return True

    def walk_with_interrupt(self, way, passed):
        """
        The rest of a way that is being followed, with a timer interrupt that is pending from here on. What runs in C
        behind that is run through; an interrupt that came there would be seen at the trap's entry.
        """
        pairs = zip(passed, passed[1:])
        landings = {pc for before, pc in pairs if pc in self.layout.assembly and before not in self.layout.assembly}
        assert self.stub.get("priv") == SUPERVISOR
        self.make_timer_pending()
        at, self.interrupted = 0, None
        for _ in range(STEPS_MAX):
            pc = self.stub.get("pc")
            at = self.look(pc, way, at)
            if pc not in self.layout.assembly:
                self.stub.run_to(self.layout.entry, *landings)
            elif self.step_out(pc):
                return
        pytest.fail("there is no end")

    def check_registers(self, wanted):
        """In U-mode, or at the trap of an interrupt that came at once, with exactly these."""
        got = self.stub.registers()
        if self.stub.get("priv") != USER:
            assert got[PC] == self.layout.entry and self.stub.get("scause") == TIMER_INTERRUPT
            got[PC] = self.stub.get("sepc")
        assert got == wanted, ", ".join(f"{gdb_stub.X_NAMES[i] if i < 32 else 'pc'}: {got[i]:#x}, not {wanted[i]:#x}"
                                        for i in range(33) if got[i] != wanted[i])

    def check_user(self, wanted):
        """In `wild`, with exactly these registers; and then in U-mode."""
        self.check_registers(wanted)
        assert self.stub.get("sscratch") == self.frame
        if self.stub.get("priv") != USER:
            self.stub.run_to(wanted[PC])

    def check_interrupted(self, wanted):
        """The interrupt that was pending comes now, and is over when the task is where it would be without it."""
        if self.stub.get("priv") == USER:
            self.stub.step()
        assert self.stub.get("pc") == self.layout.entry
        assert self.stub.get("scause") == TIMER_INTERRUPT and self.stub.get("sepc") == wanted[PC]
        self.stub.run_to(wanted[PC])
        self.check_user(wanted)


# --- Registers at a trap

def wild_registers(layout, frame):
    """Sets of x0 ... x31, pc. Those that a way needs are set over it."""
    chaos = [0x9E3779B97F4A7C15 * (i + 1) & ALL_ONES for i in range(33)]
    sets = [
        chaos,
        [0] * 33,
        [ALL_ONES] * 33,
        [layout.hart] * 33,
        [frame] * 33,
        [layout.symbols["boot_stack_top"] - 16] * 33,
        [layout.symbols["boot_stack_bottom"] - 8] * 33,
        [layout.entry] * 33,
        [(value | 1) & 0x3FFFFFFFFF for value in chaos],
        [1 << 63 | i for i in range(33)],
    ]
    assert len(sets) == WILD_SETS
    return [[0] + values[1:] for values in sets]


def call(number, result, *arguments):
    """A system call that returns to the instruction behind it with @result."""
    def prepare(stepper, registers):
        user = list(registers)
        user[A7], user[PC] = number, ECALL
        for i, argument in enumerate(arguments):
            user[A0 + i] = stepper.fresh_page() if argument == "fresh" else argument
        after = list(user)
        after[A0], after[PC] = (stepper.pid if number == GETPID else result) & ALL_ONES, ECALL + 4
        return user, after
    return prepare


def access(instruction):
    """A load or store that faults: the task is to do it again."""
    def prepare(stepper, registers):
        user = list(registers)
        user[S1], user[PC] = stepper.fresh_page(), instruction
        return user, user
    return prepare


def interrupt():
    """A timer interrupt at an instruction that asked for nothing."""
    def prepare(stepper, registers):
        stepper.make_timer_pending()
        user = list(registers)
        user[PC] = SPIN
        return user, user
    return prepare


WAYS = {
    "call": call(GETPID, 0),
    "yield": call(YIELD, 0),
    "unknown-call": call(ALL_ONES, -ENOSYS),
    "call-behind-the-table": call(288, -ENOSYS),
    "own-call": call(SPAWN, -EFAULT, 8),
    "unknown-own-call": call(OWN_UNKNOWN, -ENOSYS),
    "copy-out": call(CLOCK_GETTIME, 0, 1, "fresh"),
    "copy-out-nowhere": call(CLOCK_GETTIME, -EFAULT, 1, 0x1000),
    "load": access(LOAD),
    "store": access(STORE),
    "interrupt": interrupt(),
}
# In these a user copy meets a page that is not there.
WAYS_WITH_COPIES = {"own-call", "copy-out", "copy-out-nowhere"}


@pytest.fixture(scope="module")
def kept():
    return {}


def kept_machine(kept, kind, machine):
    """One for the whole file; after a failure the next one."""
    if kind not in kept or not kept[kind].is_alive():
        kept[kind] = kind(machine)
    return kept[kind]


@pytest.fixture
def stepper(kept, machine):
    return kept_machine(kept, Stepper, machine)


def prepared(stepper, way):
    """(registers at the trap, registers behind it) of all wild sets."""
    for registers in wild_registers(stepper.layout, stepper.frame):
        yield way(stepper, registers)


@pytest.mark.parametrize("name", WAYS)
def test_c14_every_instruction_of_a_trap_with_wild_registers(stepper, name):
    for user, after in prepared(stepper, WAYS[name]):
        stepper.enter(user)
        passed = stepper.walk(stepper.way(user, stepper.frame, after, stepper.frame))
        assert len(passed) > 50
        assert (stepper.layout.entry in passed[1:]) == (name in WAYS_WITH_COPIES)
        stepper.check_user(after)


def edges(layout, passed):
    """The first and last EDGE steps of a way, and of the traps inside the supervisor that it met."""
    chosen = set(range(min(EDGE, len(passed)))) | set(range(max(0, len(passed) - EDGE), len(passed)))
    for i in range(1, len(passed) - 1):
        if passed[i] == layout.entry:
            chosen |= set(range(i, i + EDGE))
        if passed[i] in layout.returns:
            chosen |= set(range(i - EDGE, i + 1))
    return sorted(chosen)


def until_found(search):
    """The first result of @search that is not None."""
    return next(found for found in (search() for _ in range(TRIES_MAX)) if found is not None)


def usual(walk):
    """A way that @walk goes twice: how long it is depends on what else is due."""
    seen = []

    def is_repeated():
        passed = walk()
        seen.append(passed)
        return passed if passed in seen[:-1] else None
    return until_found(is_repeated)


# Each way through trap.S once.
@pytest.mark.parametrize("name", ["call", "unknown-own-call", "copy-out", "load", "interrupt"])
def test_c14_an_interrupt_that_is_pending_in_the_supervisor_comes_behind_the_sret(stepper, name):
    sets = wild_registers(stepper.layout, stepper.frame)

    def walk_once():
        user, after = WAYS[name](stepper, sets[0])
        stepper.enter(user)
        passed = stepper.walk(stepper.way(user, stepper.frame, after, stepper.frame))
        stepper.check_user(after)
        return passed

    def follow_to(step):
        user, after = WAYS[name](stepper, sets[step % WILD_SETS])
        stepper.enter(user)
        if stepper.follow(passed, step, after[PC]):
            return user, after
        stepper.check_user(after)
        return None

    passed = usual(walk_once)
    steps, came = edges(stepper.layout, passed), 0
    for step in steps:
        user, after = until_found(lambda step=step: follow_to(step))
        stepper.walk_with_interrupt(stepper.way(user, stepper.frame, after, stepper.frame), passed)
        if stepper.stub.get("sip") & STIP:
            stepper.check_interrupted(after)
            came += 1
        else:
            stepper.check_user(after)
    # In the way of an interrupt, the handler itself answers those of the first steps.
    assert came == len(steps) or (name == "interrupt" and came >= EDGE - 5)


class Switcher(Stepper):
    """A second task is always ready, one that yields as soon as it runs: so each yield is a switch."""

    def __init__(self, machine):
        super().__init__(machine, "tasks yield & ")
        # Let it become a task that does nothing but yield.
        for _ in range(STARTING_YIELDS):
            self.call(YIELD)
        self.stub.set("pc", ECALL)
        self.stub.set("a7", YIELD)
        self.stub.run_to(*self.layout.returns)
        self.other_frame = self.stub.get("sscratch")
        assert self.other_frame not in (0, self.frame)
        self.stub.run_to(ECALL + 4)

    def prepare_yield(self, registers):
        """In front of wild's yield: (the way to the other task, its registers, wild's when it is its turn again)."""
        user, after = WAYS["yield"](self, registers)
        other = self.saved(self.other_frame)
        self.enter(user)
        return self.way(user, self.frame, other, self.other_frame), other, after

    def find_way_back(self, other, after):
        """
        In the other task, which yields: go on to its trap, and return the way from there to wild. None when a tick has
        switched to wild first.
        """
        for _ in range(TICKS_MAX):
            if self.stub.run_to(self.layout.entry, after[PC]) == after[PC]:
                return None
            if self.stub.get("scause") == ECALL_FROM_USER:
                return self.way(other, self.other_frame, after, self.frame)
        pytest.fail("there are nothing but ticks")


@pytest.fixture
def switcher(kept, machine):
    return kept_machine(kept, Switcher, machine)


def test_c14_every_instruction_of_a_switch_with_wild_registers(switcher):
    backs = 0
    for registers in wild_registers(switcher.layout, switcher.frame):
        way, other, after = switcher.prepare_yield(registers)
        assert len(switcher.walk(way)) > 100
        switcher.check_registers(other)
        way = switcher.find_way_back(other, after)
        if way:
            switcher.walk(way)
            backs += 1
        switcher.check_user(after)
    assert backs > 5  # in the others a tick came first


def test_c14_an_interrupt_that_is_pending_in_a_switch_comes_behind_it(switcher):
    layout = switcher.layout
    sets = wild_registers(layout, switcher.frame)

    def go_there(step=0):
        return switcher.prepare_yield(sets[step % WILD_SETS])

    def go_back(step=0):
        """(the way back, wild's registers behind it); None when a tick has gone back first."""
        way, other, after = go_there(step)
        switcher.walk(way)
        way = switcher.find_way_back(other, after)
        if way is None:
            switcher.check_user(after)
        return way and (way, after)

    def walk_there():
        way, other, after = go_there()
        passed = switcher.walk(way)
        switcher.check_registers(other)
        switcher.stub.run_to(after[PC])
        return passed

    def walk_back():
        way, after = until_found(go_back)
        passed = switcher.walk(way)
        switcher.check_user(after)
        return passed

    def follow_there(there, step):
        way, other, after = go_there(step)
        return (way, other, after) if switcher.follow(there, step, after[PC]) else None

    def follow_back(back, step):
        way, after = until_found(lambda: go_back(step))
        return (way, after) if switcher.follow(back, step, after[PC]) else None

    there, back = usual(walk_there), usual(walk_back)
    for step in edges(layout, there):
        way, other, after = until_found(lambda step=step: follow_there(there, step))
        switcher.walk_with_interrupt(way, there)
        switcher.check_registers(other)
        assert switcher.stub.get("sip") & STIP
        if switcher.stub.get("pc") != layout.entry:
            switcher.stub.run_to(layout.entry)
        assert switcher.stub.get("scause") == TIMER_INTERRUPT and switcher.stub.get("sepc") == other[PC]
        switcher.stub.run_to(after[PC])
        switcher.check_user(after)
    for step in edges(layout, back):
        way, after = until_found(lambda step=step: follow_back(back, step))
        switcher.walk_with_interrupt(way, back)
        switcher.check_interrupted(after)
