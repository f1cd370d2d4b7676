/* Records of getdents64: struct abi_dirent64, the name with its NUL, zeros up to a multiple of 8. */
#include "directory_record.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "arch.h"
#include "place.h"

#include <string.h>

enum { RECORD_BYTES_MAX = (ABI_DIRENT64_NAME_OFFSET + PLACE_NAME_MAX + 1 + 7) / 8 * 8 };

int directory_record_write(struct directory_writer *writer, const char *name, size_t name_size_bytes, uint64_t inode,
                           uint32_t type, uint64_t next)
{
    _Alignas(struct abi_dirent64) char bytes[RECORD_BYTES_MAX];
    struct abi_dirent64 *record = (struct abi_dirent64 *)bytes;
    size_t length = (ABI_DIRENT64_NAME_OFFSET + name_size_bytes + 1 + 7) / 8 * 8;

    if (length > writer->size_bytes - writer->done_bytes) {
        return -EINVAL;
    }
    memset(bytes, 0, length);
    record->inode = inode;
    record->next_offset = (int64_t)next;
    record->record_bytes = (uint16_t)length;
    record->type = (uint8_t)type;
    memcpy(bytes + ABI_DIRENT64_NAME_OFFSET, name, name_size_bytes);
    if (arch_copy_out(uaddr(writer->to.value + writer->done_bytes), bytes, length)) {
        return -EFAULT;
    }
    writer->done_bytes += length;
    return 0;
}
