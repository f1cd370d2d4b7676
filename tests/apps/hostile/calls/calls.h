#pragma once

#include "hostile.h"

/* The parts of calls, each a file: one call after the other. See main.c. */
void try_files(void);
void try_descriptors(void);
void try_terminal(void);
void try_paths(void);
void try_memory(void);
void try_tasks(void);
void try_copies(void);
void try_limits(void);
void try_signals(void);
void try_clocks(void);
void try_machine(void);
void try_own_calls(void);
void try_objects(void);

/* The wait4 status of this program, started as `calls WHAT ARGUMENT`. */
int64_t status_of_self(const char *what, const char *argument);

/* What limits.c does in a task of its own. Returns the status to end with. */
int be_limited(uint64_t descriptors);

/* What signals.c does in tasks of its own. Returns the status to end with. */
int be_signal_child(const char *what);
