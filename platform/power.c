/*
 * The last thing that a machine does.
 *
 * The firmware's system reset takes no exit status (QEMU ends with 0 whatever the reason). The device sifive,test0
 * does: a store of status << 16 | 0x3333 ends the emulator with that status. So failure goes through the device and
 * success through the firmware, each with the other as its second choice; a line on the console is the third.
 */
#include "power.h"

#include "console.h"
#include "arch_device.h"
#include "cpu.h"
#include "mmio.h"
#include "sbi.h"

#define SBI_RESET_SHUTDOWN 0
#define SBI_RESET_COLD_REBOOT 1
#define SBI_REASON_NONE 0
#define SBI_REASON_FAILURE 1

#define EXIT_DEVICE_BYTES 4
#define EXIT_PASS 0x5555u
#define EXIT_FAIL 0x3333u
#define EXIT_RESET 0x7777u
#define EXIT_STATUS_SHIFT 16
#define EXIT_STATUS_MASK 0xffu

static volatile uint8_t *exit_device; /* NULL: none. Fixed by power_init(). */

void power_init(const struct machine *machine)
{
    exit_device = machine->has_exit_device ? arch_device_map(machine->exit_device, EXIT_DEVICE_BYTES) : NULL;
}

static void put_text(const char *text)
{
    size_t size = 0;

    while (text[size] != 0) {
        size++;
    }
    console_put(text, size);
}

/* For whoever reads the console. The formatted output of the log may be what has just failed. */
static void put_status(uint32_t status)
{
    char digits[] = "000\n";

    for (size_t i = 3; i > 0; i--, status /= 10) {
        digits[i - 1] = (char)('0' + status % 10);
    }
    put_text("pando: exit ");
    put_text(digits[0] != '0' ? digits : digits[1] != '0' ? digits + 1 : digits + 2);
}

static _Noreturn void halt(const char *text)
{
    put_text(text);
    for (;;) {
        cpu_wait();
    }
}

_Noreturn void power_off(uint32_t status)
{
    status &= EXIT_STATUS_MASK;
    if (status != 0 && exit_device) {
        mmio_write32(exit_device, status << EXIT_STATUS_SHIFT | EXIT_FAIL);
    }
    if (status != 0 || !exit_device) {
        put_status(status);
    }
    sbi_system_reset(SBI_RESET_SHUTDOWN, status == 0 ? SBI_REASON_NONE : SBI_REASON_FAILURE);
    if (status == 0 && exit_device) {
        mmio_write32(exit_device, EXIT_PASS);
    }
    halt("pando: the firmware can't power off: halted\n");
}

_Noreturn void power_restart(void)
{
    sbi_system_reset(SBI_RESET_COLD_REBOOT, SBI_REASON_NONE);
    if (exit_device) {
        mmio_write32(exit_device, EXIT_RESET);
    }
    halt("pando: the firmware can't restart: halted\n");
}
