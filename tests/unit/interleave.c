/*
 * See interleave.h. Harts are threads, of which only the one that has the baton runs.
 *
 * A schedule is the list of decisions who goes on. Depth first: the next one is like the last up to its last decision
 * that had another choice left, takes that, and always the first choice (to go on) from there. All else must be the same
 * in each run, or the decisions would not fit: that is checked.
 */
#include "interleave.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

#include "check.h"
#include "harts.h"
#include "stub.h"

#define DECISIONS_MAX 4096u
#define NOBODY INTERLEAVE_HARTS_MAX

enum state { READY, WAITS_FOR_LOCK, DONE };

struct decision {
    unsigned chosen;
    unsigned choices;
};

static const struct interleave *running;
static unsigned hart_count;
static enum state states[INTERLEAVE_HARTS_MAX];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t passed = PTHREAD_COND_INITIALIZER;
static unsigned baton; /* who runs; NOBODY: all are done */

static struct decision decisions[DECISIONS_MAX];
static unsigned decision_count; /* that are given; what is behind is up to decide() */
static unsigned decided;
static unsigned preemptions_left;
static bool is_random;
static uint64_t random_state;

static unsigned choose(unsigned choices)
{
    struct decision *decision = &decisions[decided];

    CHECK(decided < DECISIONS_MAX);
    if (is_random) {
        decision->chosen = (unsigned)(check_random(&random_state) >> 20) % choices;
    } else if (decided >= decision_count) {
        *decision = (struct decision){ .chosen = 0, .choices = choices };
        decision_count++;
    }
    CHECK(is_random || decision->choices == choices);
    return decisions[decided++].chosen;
}

/* Who goes on: @self first if it can, then the others in turn. */
static unsigned decide(unsigned self)
{
    unsigned ready[INTERLEAVE_HARTS_MAX], count = 0;
    bool could_go_on = self != NOBODY && states[self] == READY;

    for (unsigned i = 0; i < hart_count; i++) {
        unsigned hart = ((self == NOBODY ? 0 : self) + i) % hart_count;

        if (states[hart] == READY) {
            ready[count++] = hart;
        }
    }
    if (count == 0) {
        for (unsigned i = 0; i < hart_count; i++) {
            CHECK_EQUAL(states[i], DONE); /* else all wait for ever */
        }
        return NOBODY;
    }
    if (could_go_on && preemptions_left == 0) {
        return self;
    }
    unsigned chosen = count == 1 ? 0 : choose(count);

    if (could_go_on && chosen != 0 && !is_random) {
        preemptions_left--;
    }
    return ready[chosen];
}

static void wait_for_baton(unsigned self)
{
    while (baton != self) {
        pthread_cond_wait(&passed, &mutex);
    }
}

/* A point where another hart may go on. */
static void pass(unsigned self)
{
    unsigned next = decide(self);

    if (next == self) {
        return;
    }
    pthread_mutex_lock(&mutex);
    baton = next;
    pthread_cond_broadcast(&passed);
    if (states[self] != DONE) {
        wait_for_baton(self);
    }
    pthread_mutex_unlock(&mutex);
}

static void before_lock(void)
{
    unsigned self = arch_hart_index();

    pass(self);
    while (supervisor_lock.is_held) {
        states[self] = WAITS_FOR_LOCK;
        pass(self);
    }
}

static void after_unlock(void)
{
    stub_check_tlbs();
    for (unsigned i = 0; i < hart_count; i++) {
        if (states[i] == WAITS_FOR_LOCK) {
            states[i] = READY;
        }
    }
    pass(arch_hart_index());
}

static const struct stub_scheduler scheduler = { before_lock, after_unlock };

static void *run_hart(void *context)
{
    unsigned self = (unsigned)(uintptr_t)context;

    pthread_mutex_lock(&mutex);
    wait_for_baton(self);
    pthread_mutex_unlock(&mutex);
    stub_be_hart(self);
    arch_lock();
    running->works[self]();
    arch_unlock();
    states[self] = DONE;
    pass(self);
    return NULL;
}

static void run_schedule(const struct interleave *interleave)
{
    pthread_t threads[INTERLEAVE_HARTS_MAX];

    running = interleave;
    interleave->begin();
    harts_keep_still();
    stub_run_on(0);
    arch_unlock();
    decided = 0;
    for (hart_count = 0; hart_count < INTERLEAVE_HARTS_MAX && interleave->works[hart_count] != NULL; hart_count++) {
        states[hart_count] = READY;
    }
    baton = NOBODY;
    stub_scheduler = &scheduler;
    for (unsigned i = 0; i < hart_count; i++) {
        CHECK_EQUAL(pthread_create(&threads[i], NULL, run_hart, (void *)(uintptr_t)i), 0);
    }
    unsigned first = decide(NOBODY);

    pthread_mutex_lock(&mutex);
    baton = first;
    pthread_cond_broadcast(&passed);
    pthread_mutex_unlock(&mutex);
    for (unsigned i = 0; i < hart_count; i++) {
        pthread_join(threads[i], NULL);
    }
    stub_scheduler = NULL;
    arch_lock();
    interleave->end();
}

/* To the next schedule. False: there is none. */
static bool advance(void)
{
    while (decision_count > 0) {
        struct decision *last = &decisions[decision_count - 1];

        if (++last->chosen < last->choices) {
            return true;
        }
        decision_count--;
    }
    return false;
}

uint64_t interleave_all(const char *name, const struct interleave *interleave, unsigned preemptions)
{
    uint64_t schedules = 0;

    is_random = false;
    decision_count = 0;
    do {
        preemptions_left = preemptions;
        run_schedule(interleave);
        schedules++;
    } while (advance());
    printf("%s: all %" PRIu64 " schedules with up to %u preemptions\n", name, schedules, preemptions);
    return schedules;
}

void interleave_randomly(const char *name, const struct interleave *interleave, uint64_t schedules)
{
    is_random = true;
    random_state = 0x2545f4914f6cdd1dull;
    preemptions_left = UINT32_MAX;
    for (uint64_t i = 0; i < schedules; i++) {
        run_schedule(interleave);
    }
    printf("%s: %" PRIu64 " schedules by chance\n", name, schedules);
}
