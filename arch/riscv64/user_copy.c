/* The checks in front of user_access.S. */
#include "abi_errno.h"
#include "arch.h"
#include "checked.h"

int user_copy_bytes(void *to, const void *from, size_t size);
int64_t user_copy_string(char *to, const char *from, size_t capacity);

int arch_copy_in(void *to, uaddr_t from, size_t size)
{
    arch_assert_unlocked();
    if (!fits_below(from.value, size, SV39_USER_END)) {
        return -EFAULT;
    }
    return user_copy_bytes(to, (const void *)from.value, size);
}

int arch_copy_out(uaddr_t to, const void *from, size_t size)
{
    arch_assert_unlocked();
    if (!fits_below(to.value, size, SV39_USER_END)) {
        return -EFAULT;
    }
    return user_copy_bytes((void *)to.value, from, size);
}

int64_t arch_copy_in_string(char *to, uaddr_t from, size_t capacity)
{
    arch_assert_unlocked();
    if (from.value >= SV39_USER_END) {
        return -EFAULT;
    }
    uint64_t room = SV39_USER_END - from.value;
    int64_t length = user_copy_string(to, (const char *)from.value, capacity < room ? capacity : room);

    /* A string that runs into the end of the users' half has no end that it could be given. */
    return length == -ENAMETOOLONG && room <= capacity ? -EFAULT : length;
}
