/*
 * A QEMU plugin that counts how often each instruction address is executed: what `make profile` reads.
 * Debian's QEMU has no header for plugins; the few functions of its API version 1 that are needed are declared here.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_info;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { PLUGIN_INLINE_ADD_U64 = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
                                           void (*callback)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*callback)(qemu_plugin_id_t id, void *data), void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int operation, void *counter,
                                                uint64_t amount);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;
__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info,
                                                               int argc, char **argv);

enum { SLOTS = 1 << 20 };

static struct slot {
    uint64_t address; /* 0: free */
    uint64_t count;
} slots[SLOTS];

static const char *output = "profile.txt";

static uint64_t *counter_of(uint64_t address)
{
    for (size_t i = address * 0x9e3779b97f4a7c15u >> 44;; i = (i + 1) % SLOTS) {
        if (slots[i].address == 0 || slots[i].address == address) {
            slots[i].address = address;
            return &slots[i].count;
        }
    }
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

        qemu_plugin_register_vcpu_insn_exec_inline(insn, PLUGIN_INLINE_ADD_U64,
                                                   counter_of(qemu_plugin_insn_vaddr(insn)), 1);
    }
}

static void at_exit(qemu_plugin_id_t id, void *data)
{
    FILE *file = fopen(output, "w");

    (void)id;
    (void)data;
    for (size_t i = 0; file != NULL && i < SLOTS; i++) {
        if (slots[i].count != 0) {
            fprintf(file, "%016llx %llu\n", (unsigned long long)slots[i].address, (unsigned long long)slots[i].count);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv)
{
    (void)info;
    if (argc > 0 && strncmp(argv[0], "output=", 7) == 0) {
        output = strdup(argv[0] + 7);
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, at_exit, NULL);
    return 0;
}
