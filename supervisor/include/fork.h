#pragma once

struct task;

/*
 * The last step of clone, with all registers of @task, the current one, in its frame: its last child gets a copy of
 * them and is ready to run; the task has its result, and waits when the child holds it. The supervisor's lock is held.
 */
void fork_finish(struct task *task);
