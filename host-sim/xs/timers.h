/* One-shot timers, for host-sim/xs/timer.ts. */
#ifndef PIPIT_XS_TIMERS_H
#define PIPIT_XS_TIMERS_H

#include "natives.h"

extern const struct native timer_natives[];

/* Milliseconds until the next timer is due, 0 when one is already; -1: there is none. */
int timers_wait(void);

/* Runs the timer that was due first, if one is, and the jobs that come of it. */
void timers_run(txMachine* machine);

#endif
