/* One-shot timers, for host-sim/xs/timer.ts. */
#ifndef PIPIT_XS_TIMERS_H
#define PIPIT_XS_TIMERS_H

#include "xsAll.h"

/* setTimer(callback: () => void, delay: number): number, a handle of 1 or more */
void native_set_timer(txMachine* the);

/* clearTimer(handle: number): void */
void native_clear_timer(txMachine* the);

/* Milliseconds until the next timer is due, 0 when one is already; -1: there is none. */
int timers_wait(void);

/* Runs the timer that was due first, if one is. */
void timers_run(txMachine* machine);

#endif
