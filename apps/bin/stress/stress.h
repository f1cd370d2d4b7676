#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The parts of the program `stress`. Each takes one random step when it is called, and looks whether everything it has
 * made so far is as it must be. What is refused for lack of memory, tasks or descriptors is a result like any other.
 *
 * Error numbers are the supervisor's own (abi_errno.h), below 0.
 */

/* --- main.c: what all parts share */

/* Pseudo-random, the same in every run for the same seed and task. */
unsigned stress_pick(unsigned count);
uint64_t stress_seed(void);

/* How many steps were begun. */
uint64_t stress_step_number(void);

/* Something is not as it must be: says what, with step, seed and task, and ends the program with status 1. */
_Noreturn void stress_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Fails unless @is_so. */
void stress_check(bool is_so, const char *what);

/* Fails unless @result is @wanted. */
void stress_check_equal(int64_t result, int64_t wanted, const char *what);

/* Whether @result is an error for lack of memory, tasks, descriptors or room; it is counted. */
bool stress_is_refused(int64_t result);

/* What task @task of the sequence writes at @position: of every place another byte. */
uint8_t stress_byte(uint64_t position);

/* --- children.c */

/* fork: returns 0 in the child, its pid, or an error: refused. */
int64_t child_fork(void);

/* The child's end: all its checks have held. */
_Noreturn void child_end(void);

/* The child ends in child_end(), or by the signal (0: none). */
void child_wait(int64_t pid, int signal_number);

/* --- The parts: a step each, and what some do before all steps and after them. */

void memory_begin(void);
void memory_step(void);

void heap_step(void);

void pipes_begin(void);
void pipes_step(void);

void files_begin(void);
void files_step(void);

void tasks_step(void);

void signals_begin(void);
void signals_step(void);

void forks_begin(void);
void forks_step(void);

void locks_begin(void);
void locks_step(void);

void names_begin(void);
void names_step(void);
void names_end(void);

void seals_step(void);

void sharers_step(void);
