#pragma once

#include "list.h"

/* A wait queue: tasks in the order in which they came. */
struct wait_queue {
    struct list tasks; /* struct task.queue */
};

#define WAIT_QUEUE(name) \
    { \
        { \
            &(name).tasks, &(name).tasks \
        } \
    }
