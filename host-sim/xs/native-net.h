/* Sockets (net.h), for host-sim/xs/tcp.ts and udp.ts. */
#ifndef PIPIT_XS_NATIVE_NET_H
#define PIPIT_XS_NATIVE_NET_H

#include "natives.h"

extern const struct native net_natives[];

bool sockets_are_open(void);

/* Whether there is something to be told that net_wait() would not wake up for. */
bool sockets_are_due(void);

/* Tells each socket what has happened to it, and runs the jobs that come of it. */
void sockets_run(txMachine* machine);

#endif
