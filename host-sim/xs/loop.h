/* The event loop. */
#ifndef PIPIT_XS_LOOP_H
#define PIPIT_XS_LOOP_H

#include "xsAll.h"

/* Runs a machine's jobs, timers and sockets, until there are no more of them. */
void loop_run(txMachine* machine);

#endif
