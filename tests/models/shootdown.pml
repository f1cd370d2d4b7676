/*
 * Shootdown and the reuse of frames, ASIDs and regions by several harts: mm/table.c, mm/space.c, and what the
 * scheduler does when a hart goes over to another space.
 *
 * Each hart does, in any order and for ever: enter a space, leave it, map a page, replace one (copy on write), take a
 * page or a page table out of any space, make and destroy spaces, replace a region's text, and destroy a region and
 * make another one. All of it with the one lock held, but for the time in which pages are zeroed or copied.
 *
 * Properties
 *   - A hart that is in a space never has a translation that it could use, to a page or to a page table, of a frame
 *     that isn't that space's (or, for text, its region's) any more.
 *   - satp never points to the root of a space that is gone.
 *   - No frame is freed twice, and none is lost when somebody else was faster while the lock was dropped.
 *
 * The translation buffer. A hart may read ahead at any moment, from whatever its satp points to and through page
 * tables that it remembers. More translations can only make things worse, so the one that has read everything that it
 * may stands for all others: settle() takes in, after each step, all that is to be found, and nothing is ever evicted
 * except by a fence. A buffer is a set of frames: for each ASID the pages and the page tables, and the global text.
 *
 * Abstracted away: addresses (a space has one page, one table and one page of its region's text), permissions, entries
 * that are remembered as invalid, references to frames. Epochs, generations and serials of regions never repeat, so
 * only "is it still the same" is kept of them: verified[s] is 1 + the hart whose epoch it equals. Switching is one step,
 * because it happens with the lock held and nobody else looks at what it changes; what the hart reads ahead in the
 * middle of it is there. Frames go back to whose they were: a translation to a free one is an error already.
 *
 * Three searches, each of all states: pages, tables, spaces and ASIDs; -DREGION_SEARCH: spaces, ASIDs and regions;
 * -DRELOCK_SEARCH: pages that are mapped and copied with the lock dropped, in spaces that stay.
 *
 * What the harts' number asks for: as many ASIDs as harts, since all that the others run are kept at a rollover.
 *
 * Mistakes that must be found, with -DNAME
 *     NO_LOCAL_FENCE              a change is not fenced on the hart that makes it
 *     NO_REMOTE_FENCE             nor on others that are in the space
 *     NO_STALE_BITS               others are not told to fence later
 *     NO_OWN_STALE_BIT            nor is the hart itself, when it changes a space that it is not in
 *     STALE_BIT_NOT_FENCED        the bit is cleared, but nothing fenced
 *     VERIFIED_KEPT               a change leaves the space verified on a hart that has a stale bit now
 *     LEAF_FENCE_FOR_TABLE        a table is taken out with the fence that is for pages
 *     FREED_BEFORE_ANSWERS        frames are freed before the other harts have answered
 *     NO_ROLLOVER_FENCE           a hart enters a space of a new generation without a fence
 *     ROLLOVER_FENCE_BEFORE_SATP  or with one while satp still has the ASID that is given away
 *     NO_ROLLOVER_EPOCH           spaces stay verified when a generation ends
 *     RUNNING_ASID_NOT_RESERVED   an ASID is given out that another hart runs with
 *     ASID_OF_DEAD_USED           the ASID of a destroyed space is given out in the same generation
 *     DESTROYED_WHILE_LOADED      a space is destroyed while another hart's satp has it
 *
 * Mistakes that must be found, with -DREGION_SEARCH and -DNAME
 *     NO_REGION_FENCE             no fence between spaces of different regions
 *     REGION_FENCE_BEFORE_SATP    or with one while satp still leads to the old region
 *     NO_REGION_EPOCH             spaces of the old region stay verified
 *     SERIAL_USED_AGAIN           a new region has the serial of one that is gone
 *     UNLOAD_FENCES_ITS_OWN       unloading fences only harts that are in a space of the region
 *
 * Mistakes that must be found, with -DRELOCK_SEARCH and -DNAME
 *     NO_LOOK_AFTER_RELOCK        what was found before the lock was dropped is believed
 */

#ifndef HARTS
#define HARTS 2
#endif
#define SPACES 2 /* 1, 2; 0 is the supervisor's root */
#define REGIONS 2 /* 1, 2; a space may have any, or, in the search for spaces, only the first */
#define ASIDS HARTS /* 1, 2, ... */
#define ALL_ASIDS (((1 << ASIDS) - 1) << 1)
#define FRAMES (3 * SPACES + 2 * REGIONS) /* 1, 2, ... */

#define BIT(i) (1 << (i))
#define HAS(set, i) (((set) & BIT(i)) != 0)
#define TLB(hart, asid) ((hart) * (ASIDS + 1) + (asid))
#define OF_REGION(r) (SPACES + (r))
#define HELD (SPACES + REGIONS + 1) /* taken, not mapped yet */
/* Each space and region has frames of its own, so that searches differ in less. */
#define TABLE_OF(s) (3 * (s) - 2)
#define PAGES_OF(s) (3 * (s) - 1)
#define TEXTS_OF(r) (3 * SPACES + 2 * (r) - 1)

/* What a fence drops: pages of one ASID, pages and tables of one ASID, everything. */
#define NONE 0
#define PAGES 1
#define ASID 2
#define ALL 3

#define HAS_PAGE(s) (table[s] != 0 && entry[table[s]] != 0)
#define IN_OTHER(hart, s) ((hart) < HARTS && (hart) != me && space[hart] == s)
#if HARTS == 2
#define IN_OTHERS(s) (IN_OTHER(0, s) || IN_OTHER(1, s))
#define ALL_ANSWERED (asked[0] == NONE && asked[1] == NONE)
#else
#define IN_OTHERS(s) (IN_OTHER(0, s) || IN_OTHER(1, s) || IN_OTHER(2, s))
#define ALL_ANSWERED (asked[0] == NONE && asked[1] == NONE && asked[2] == NONE)
#endif

#ifdef REGION_SEARCH
#define HAS_PAGES false
#define HAS_REGIONS true
#else
#define HAS_PAGES true
#define HAS_REGIONS false
#endif
#ifdef RELOCK_SEARCH
#define DROPS_LOCK true
#define PAGES_EACH 2
#else
#define DROPS_LOCK false
#define PAGES_EACH 1
#endif
#ifdef FREED_BEFORE_ANSWERS
#define ANSWERED true
#else
#define ANSWERED ALL_ANSWERED
#endif
#ifdef LEAF_FENCE_FOR_TABLE
#define TABLE_FENCE PAGES
#else
#define TABLE_FENCE ASID
#endif
#ifdef DESTROYED_WHILE_LOADED
#define MAY_DESTROY true
#else
#define MAY_DESTROY (!DROPS_LOCK && !IN_OTHERS(s))
#endif
#ifdef NO_LOOK_AFTER_RELOCK
#define LOOKS_AGAIN false
#else
#define LOOKS_AGAIN true
#endif
#ifdef UNLOAD_FENCES_ITS_OWN
#define MUST_UNLOAD(hart, r) (space[hart] != 0 && region_of[space[hart]] == r)
#else
#define MUST_UNLOAD(hart, r) true
#endif

/* The supervisor's lock. */
bool locked;

/* Of each frame: 0 free, a space, OF_REGION, HELD; and of a frame that is a page table: its entry. */
byte owner[FRAMES + 1];
byte entry[FRAMES + 1];

/* Spaces. */
bool alive[SPACES + 1];
bool current[SPACES + 1]; /* its ASID is of the present generation */
byte asid[SPACES + 1];
byte stale[SPACES + 1]; /* harts that must fence its ASID */
byte verified[SPACES + 1];
byte table[SPACES + 1]; /* the root's entry */
byte region_of[SPACES + 1];

byte text[REGIONS + 1]; /* of each region, the frame of its text */

byte given = 1; /* the ASIDs that this generation has given out; 0 always is */

/* Harts, what the supervisor keeps. */
byte space[HARTS];
byte region[HARTS]; /* whose text may be in its buffer; 0: of none that there is */
bool fenced[HARTS]; /* since the present generation began */

/* Harts, the machine. */
byte satp_asid[HARTS];
bool inside[HARTS]; /* it may use translations: it is through with entering */
short pages[HARTS * (ASIDS + 1)];
short tables[HARTS * (ASIDS + 1)];
short texts[HARTS];
byte asked[HARTS]; /* the fence that another hart waits for */

hidden byte x, f, need, spare, now_at;

/* Every hart reads all that it can; then nobody may have what is not his. */
inline settle()
{
    for (x : 0 .. HARTS - 1) {
        if
        :: space[x] != 0 ->
            assert(alive[space[x]]);
            now_at = TLB(x, satp_asid[x]);
            if
            :: table[space[x]] != 0 -> tables[now_at] = tables[now_at] | BIT(table[space[x]])
            :: else -> skip
            fi;
            for (f : 1 .. 3 * SPACES) {
                if
                :: HAS(tables[now_at], f) && entry[f] != 0 -> pages[now_at] = pages[now_at] | BIT(entry[f])
                :: else -> skip
                fi
            }
            texts[x] = texts[x] | BIT(text[region_of[space[x]]]);
            if
            :: inside[x] ->
                for (f : 1 .. FRAMES) {
                    assert(!HAS(pages[now_at] | tables[now_at], f) || owner[f] == space[x]);
                    assert(!HAS(texts[x], f) || owner[f] == OF_REGION(region_of[space[x]]))
                }
            :: else -> skip
            fi
        :: else -> skip
        fi
    }
}

inline fence(hart, of_asid, kind)
{
    if
    :: kind == ALL ->
        for (f : 0 .. ASIDS) {
            pages[TLB(hart, f)] = 0;
            tables[TLB(hart, f)] = 0
        }
        texts[hart] = 0
    :: kind == ASID ->
        pages[TLB(hart, of_asid)] = 0;
        tables[TLB(hart, of_asid)] = 0
    :: kind == PAGES -> pages[TLB(hart, of_asid)] = 0
    :: else -> skip
    fi
}

inline new_epoch(hart)
{
    for (f : 1 .. SPACES) {
        if
        :: verified[f] == (hart) + 1 -> verified[f] = 0
        :: else -> skip
        fi
    }
}

/* The first free one of @count frames; 0 if there is none. */
inline take(frame, first, count, for_whom)
{
    frame = 0;
    for (f : (first) .. (first) + (count) - 1) {
        if
        :: frame == 0 && owner[f] == 0 ->
            frame = f;
            owner[f] = for_whom
        :: else -> skip
        fi
    }
}

inline give_back(frame)
{
    if
    :: frame != 0 ->
        assert(owner[frame] != 0);
        owner[frame] = 0;
        entry[frame] = 0
    :: else -> skip
    fi
}

inline lock()
{
    !locked;
    locked = true
}

/* After a store to an entry of space @s: fence where it runs, remember where it doesn't. Then wait until ANSWERED. */
inline shoot(s, kind)
{
    for (x : 0 .. HARTS - 1) {
        if
        :: space[x] == s && x == me ->
#ifndef NO_LOCAL_FENCE
            fence(x, asid[s], kind);
#endif
            skip
        :: space[x] == s && x != me ->
#ifndef NO_REMOTE_FENCE
            asked[x] = (kind > asked[x] -> kind : asked[x]);
#endif
            skip
        :: space[x] != s ->
#ifdef NO_OWN_STALE_BIT
            stale[s] = (x != me -> stale[s] | BIT(x) : stale[s]);
#else
#ifndef NO_STALE_BITS
            stale[s] = stale[s] | BIT(x);
#endif
#endif
            skip
        fi
    }
#ifndef VERIFIED_KEPT
    verified[s] = 0;
#endif
    settle()
}

/* A new generation: what others run keeps its ASID. */
inline roll_over()
{
    given = 1;
    for (f : 1 .. SPACES) {
        current[f] = false
    }
    for (x : 0 .. HARTS - 1) {
        fenced[x] = false;
#ifndef NO_ROLLOVER_EPOCH
        new_epoch(x);
#endif
        if
        :: x != me && space[x] != 0 ->
            current[space[x]] = true;
#ifndef RUNNING_ASID_NOT_RESERVED
            given = given | BIT(asid[space[x]]);
#endif
            skip
        :: else -> skip
        fi
    }
}

inline new_asid(s)
{
    if
    :: (given & ALL_ASIDS) == ALL_ASIDS -> roll_over()
    :: else -> skip
    fi;
    f = 1;
    do
    :: HAS(given, f) -> f++
    :: else -> break
    od;
    assert(f <= ASIDS);
    given = given | BIT(f);
    asid[s] = f;
    current[s] = true;
    stale[s] = 0
}

inline write_satp(s)
{
    inside[me] = false;
    space[me] = s;
    satp_asid[me] = asid[s];
    settle()
}

inline enter_carefully(s)
{
    need = NONE;
    if
    :: region[me] != region_of[s] ->
        region[me] = region_of[s];
#ifdef REGION_FENCE_BEFORE_SATP
        fence(me, 0, ALL);
        settle();
#else
#ifndef NO_REGION_FENCE
        need = ALL;
#endif
#endif
#ifndef NO_REGION_EPOCH
        new_epoch(me);
#endif
        skip
    :: else -> skip
    fi;
    if
    :: !current[s] -> new_asid(s)
    :: else -> skip
    fi;
    if
    :: !fenced[me] ->
        fenced[me] = true;
#ifdef ROLLOVER_FENCE_BEFORE_SATP
        fence(me, 0, ALL);
        settle();
#else
#ifndef NO_ROLLOVER_FENCE
        need = ALL;
#endif
#endif
        skip
    :: else -> skip
    fi;
    if
    :: HAS(stale[s], me) ->
        stale[s] = stale[s] & ~BIT(me);
#ifndef STALE_BIT_NOT_FENCED
        need = (need > ASID -> need : ASID);
#endif
        skip
    :: else -> skip
    fi;
    write_satp(s);
    fence(me, asid[s], need);
    verified[s] = me + 1
}

inline enter(s)
{
    if
    :: verified[s] == me + 1 -> write_satp(s)
    :: else -> enter_carefully(s)
    fi;
    inside[me] = true;
    settle()
}

inline destroy(s)
{
    if
    :: space[me] == s -> write_satp(0)
    :: else -> skip
    fi;
    if
    :: table[s] != 0 ->
        spare = entry[table[s]];
        give_back(spare);
        spare = table[s];
        give_back(spare)
    :: else -> skip
    fi;
    table[s] = 0;
    alive[s] = false;
#ifdef ASID_OF_DEAD_USED
    given = (current[s] -> given & ~BIT(asid[s]) : given);
#endif
    current[s] = false;
    asid[s] = 0;
    stale[s] = 0;
    verified[s] = 0;
    region_of[s] = 0;
    settle()
}

/* With the lock held: what is done, and whether somebody must answer before something can be freed. */
proctype hart(byte me)
{
    byte s; /* a space, or the region of that number */
    byte frame, other;

again:
    atomic {
        lock();
        if
        :: s = 1
        :: s = 2
        fi;
        if
        :: alive[s] && space[me] != s -> d_step { enter(s) }; skip; goto done
        :: space[me] == s -> d_step { write_satp(0) }; skip; goto done
        :: !alive[s] ->
            if
            :: region_of[s] = 1
            :: HAS_REGIONS -> region_of[s] = 2
            fi;
            alive[s] = true;
            goto done
        :: alive[s] && MAY_DESTROY -> d_step { destroy(s) }; skip; goto done
        :: alive[s] && HAS_PAGE(s) -> /* take the page out */
            d_step {
                frame = entry[table[s]];
                entry[table[s]] = 0;
                settle();
                shoot(s, PAGES)
            };
            skip;
            goto free
        :: alive[s] && table[s] != 0 -> /* take the table out, with what is in it */
            d_step {
                other = table[s];
                frame = entry[other];
                table[s] = 0;
                settle();
                shoot(s, TABLE_FENCE)
            };
            skip;
            goto free
        :: HAS_PAGES && space[me] == s && !HAS_PAGE(s) -> goto map
        :: DROPS_LOCK && space[me] == s && HAS_PAGE(s) -> goto copy
        :: HAS_REGIONS -> goto replace_text
        :: HAS_REGIONS && region_of[1] != s && region_of[2] != s -> goto replace_region
        :: goto done
        fi
    }

map: /* a fault where nothing is: zero pages with the lock dropped, then look again */
    atomic {
        d_step { take(frame, PAGES_OF(s), PAGES_EACH, HELD) };
        if
        :: frame == 0 -> goto done
        :: else -> locked = !DROPS_LOCK
        fi;
        if
        :: DROPS_LOCK -> goto relock
        :: else -> skip
        fi
    }
    goto zeroed;
relock:
    atomic { lock() };
zeroed:
    atomic {
        d_step {
            if
            :: LOOKS_AGAIN && HAS_PAGE(s) -> skip
            :: else ->
                if
                :: table[s] == 0 ->
                    take(table[s], TABLE_OF(s), 1, s);
                    assert(table[s] != 0)
                :: else -> skip
                fi;
                assert(entry[table[s]] == 0);
                entry[table[s]] = frame;
                owner[frame] = s;
                frame = 0
            fi;
            give_back(frame);
            settle()
        };
        skip;
        goto done
    }

copy: /* the first write to a page that others have too: copy it with the lock dropped, then look again */
    atomic {
        d_step { take(frame, PAGES_OF(s), PAGES_EACH, HELD) };
        if
        :: frame == 0 -> goto done
        :: else -> other = entry[table[s]]; locked = false
        fi
    }
    atomic {
        lock();
        d_step {
            if
            :: !LOOKS_AGAIN || (table[s] != 0 && entry[table[s]] == other) ->
                entry[table[s]] = frame;
                owner[frame] = s;
                frame = 0;
                settle();
                shoot(s, PAGES)
            :: else -> other = 0
            fi
        };
        skip;
        goto free
    }

replace_text: /* unload one library of region s, load another one */
    atomic {
        d_step {
            frame = text[s];
            take(text[s], TEXTS_OF(s), 2, OF_REGION(s));
            settle();
            for (x : 0 .. HARTS - 1) {
                if
                :: x == me -> fence(x, 0, ALL)
                :: x != me && MUST_UNLOAD(x, s) -> asked[x] = ALL
                :: else -> skip
                fi
            }
            settle()
        };
        skip;
        goto free
    }

replace_region: /* destroy region s, which no space has, and make another one */
    atomic {
        d_step {
            frame = text[s];
            take(text[s], TEXTS_OF(s), 2, OF_REGION(s));
            give_back(frame);
            frame = 0;
#ifndef SERIAL_USED_AGAIN
            for (x : 0 .. HARTS - 1) {
                region[x] = (region[x] == s -> 0 : region[x])
            }
#endif
            settle()
        };
        skip;
        goto done
    }

free:
    atomic {
        ANSWERED;
        d_step {
            give_back(frame);
            give_back(other);
            settle()
        }
    }

done:
    atomic {
        d_step {
            s = 0;
            frame = 0;
            other = 0;
            locked = false
        };
        skip;
        goto again
    }
}

/* The firmware of each hart: it answers although the hart has interrupts disabled, or waits for the lock. */
proctype firmware(byte me)
{
end:
    do
    :: atomic {
           asked[me] != NONE;
           d_step {
               fence(me, satp_asid[me], asked[me]);
               asked[me] = NONE;
               settle()
           };
           skip
       }
    od
}

init
{
    byte r;

    atomic {
        for (r : 1 .. REGIONS) {
            take(text[r], TEXTS_OF(r), 2, OF_REGION(r))
        }
        for (r : 0 .. HARTS - 1) {
            run hart(r);
            run firmware(r)
        }
    }
}
