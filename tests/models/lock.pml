/*
 * The supervisor's lock: a word that amoswap takes, and a ticket for those that find it taken, of whom only the one
 * whose turn it is touches the word.
 *
 *     lock:    word was 0 -> have it                         (amoswap.w.aq)
 *              else  mine = next++; wait until serving == mine;
 *                    amoswap the word until it was 0; serving++
 *     unlock:  word = 0                                      (after fence rw, w)
 *
 * Properties
 *   - One hart at most has the lock.
 *   - One hart at most swaps the word over and over.
 *   - Who waits gets the lock in the order of the tickets. (Who comes by while it is free may be faster: among waiters
 *     nobody is overtaken, by newcomers anybody may be.)
 *   - No state from which nothing goes on.
 *
 * Abstracted away: the order of memory accesses (each step is seen by all at once), the wrap of tickets, which are
 * counted modulo more than there are harts.
 *
 * Mistakes that must be found, with -DNAME
 *     LOAD_THEN_STORE    the word is looked at, then stored
 *     TICKET_NOT_ATOMIC  two harts may draw the same ticket
 *     SERVED_TOO_EARLY   the next one's turn comes before this one has the lock
 *     WAITS_NOT          who has a ticket swaps the word at once
 */

#ifndef HARTS
#define HARTS 4
#endif
#define TICKETS (HARTS + 1)

byte word, next, serving;
byte inside, swapping;

active [HARTS] proctype hart()
{
    byte mine, seen;

again:
#ifdef LOAD_THEN_STORE
    seen = word;
    word = 1;
#else
    atomic {
        seen = word;
        word = 1
    }
#endif
    if
    :: seen == 0 -> goto critical
    :: else -> skip
    fi;

#ifdef TICKET_NOT_ATOMIC
    mine = next;
    next = (mine + 1) % TICKETS;
#else
    atomic {
        mine = next;
        next = (next + 1) % TICKETS
    }
#endif
#ifndef WAITS_NOT
    serving == mine;
#endif
#ifdef SERVED_TOO_EARLY
    serving = (serving + 1) % TICKETS;
#endif
    swapping++;
    assert(swapping == 1);
    atomic {
        word == 0; /* a swap of a word that is 1 changes nothing */
        word = 1;
        swapping--
    }
#ifndef SERVED_TOO_EARLY
    assert(serving == mine); /* in the order of the tickets */
    serving = (serving + 1) % TICKETS;
#endif

critical:
    inside++;
    assert(inside == 1);
    inside--;
    atomic {
        word = 0;
        mine = 0;
        seen = 0
    };
    goto again
}
