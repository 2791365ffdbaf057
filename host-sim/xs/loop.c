#include "loop.h"

#include "machine.h"
#include "native-net.h"
#include "net.h"
#include "timers.h"

/* Sockets come before timers: what has arrived in time is not late because a timer is due as well. */
void loop_run(txMachine* machine) {
	machine_run_jobs(machine);
	for (;;) {
		int delay = timers_wait();
		if (delay < 0 && !sockets_are_open()) return;
		net_wait(sockets_are_due() ? 0 : delay);
		sockets_run(machine);
		timers_run(machine);
	}
}
