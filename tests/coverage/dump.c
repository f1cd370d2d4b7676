/*
 * The counters of a supervisor that was built for coverage, printed on the console before the machine ends.
 *
 * Only `make coverage` compiles this file; the linker's --wrap puts it between power_off() or power_restart() and
 * whoever calls them, and a panic ends that way too. It has no counters of its own, and takes those of all others into
 * a buffer before it prints: what prints is counted as well, and numbers would change that are half printed.
 *
 *     pando: coverage: BYTES bytes, CRC
 *     hexadecimal digits, 64 bytes a line
 *     pando: coverage: end
 *
 * The bytes are, for each object file: the path of its .gcda and a NUL, the size of the .gcda as 32 bits, its bytes;
 * numbers are little-endian. CRC is the CRC-32 of zlib in hexadecimal. tests/coverage/counters.py reads all this.
 */
#include "console.h"
#include "power.h"

#include <gcov.h>
#include <stdio.h>
#include <string.h>

#define DUMP_BYTES_MAX (384u << 10)
#define LINE_BYTES 64u
#define CRC_POLYNOMIAL 0xedb88320u

/* One of each object file, collected by -fprofile-info-section: see coverage.lds. */
extern const struct gcov_info *const coverage_info_start[], *const coverage_info_end[];

_Noreturn void __real_power_off(uint32_t status);
_Noreturn void __real_power_restart(void);
_Noreturn void __wrap_power_off(uint32_t status);
_Noreturn void __wrap_power_restart(void);

static uint8_t dump[DUMP_BYTES_MAX];
static size_t dump_size_bytes; /* of all there was to take; beyond DUMP_BYTES_MAX the rest is not there */

static void take(const void *bytes, unsigned size_bytes, void *unused)
{
    (void)unused;
    if (dump_size_bytes <= DUMP_BYTES_MAX && size_bytes <= DUMP_BYTES_MAX - dump_size_bytes) {
        memcpy(dump + dump_size_bytes, bytes, size_bytes);
    }
    dump_size_bytes += size_bytes;
}

/* The size's place, behind the path, is known when the contents begin. */
static void take_path(const char *path, void *size_offset)
{
    const uint32_t unknown = 0;

    take(path, (unsigned)strlen(path) + 1, NULL);
    *(size_t *)size_offset = dump_size_bytes;
    take(&unknown, sizeof(unknown), NULL);
}

/* Only profiles of values would ask for memory, and --coverage makes none. */
static void *allocate_nothing(unsigned size_bytes, void *unused)
{
    (void)size_bytes;
    (void)unused;
    return NULL;
}

static void take_file(const struct gcov_info *info)
{
    size_t size_offset = 0;

    __gcov_info_to_gcda(info, take_path, take, allocate_nothing, &size_offset);
    if (dump_size_bytes <= DUMP_BYTES_MAX) {
        uint32_t size_bytes = (uint32_t)(dump_size_bytes - size_offset - sizeof(size_bytes));

        memcpy(dump + size_offset, &size_bytes, sizeof(size_bytes));
    }
}

static uint32_t dump_crc(void)
{
    uint32_t crc = ~0u;

    for (size_t i = 0; i < dump_size_bytes; i++) {
        crc ^= dump[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc % 2 != 0 ? CRC_POLYNOMIAL : 0);
        }
    }
    return ~crc;
}

static void put_text(const char *text)
{
    console_put(text, strlen(text));
}

static void put_line(const uint8_t *bytes, size_t size_bytes)
{
    static const char digits[] = "0123456789abcdef";
    char line[2 * LINE_BYTES + 1];
    size_t length = 0;

    for (size_t i = 0; i < size_bytes; i++) {
        line[length++] = digits[bytes[i] >> 4];
        line[length++] = digits[bytes[i] & 0xf];
    }
    line[length++] = '\n';
    console_put(line, length);
}

static void put_dump(void)
{
    char line[80];

    for (const struct gcov_info *const *info = coverage_info_start; info < coverage_info_end; info++) {
        take_file(*info);
    }
    if (dump_size_bytes > DUMP_BYTES_MAX) {
        snprintf(line, sizeof(line), "\npando: coverage: %lu bytes do not fit\n", dump_size_bytes);
        put_text(line);
        return;
    }
    snprintf(line, sizeof(line), "\npando: coverage: %lu bytes, %08x\n", dump_size_bytes, dump_crc());
    put_text(line);
    for (size_t i = 0; i < dump_size_bytes; i += LINE_BYTES) {
        put_line(dump + i, dump_size_bytes - i < LINE_BYTES ? dump_size_bytes - i : LINE_BYTES);
    }
    put_text("pando: coverage: end\n");
}

_Noreturn void __wrap_power_off(uint32_t status)
{
    put_dump();
    __real_power_off(status);
}

_Noreturn void __wrap_power_restart(void)
{
    put_dump();
    __real_power_restart();
}
