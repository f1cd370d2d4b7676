/* For tests that have no harts: whatever they lock is held by this one. tests/stub/arch_stub.c has better ones. */
#include "lock.h"

__attribute__((weak)) struct lock_holder *lock_this_holder(void)
{
    static struct lock_holder holder;

    return &holder;
}
