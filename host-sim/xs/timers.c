#include "timers.h"

#include <limits.h>
#include <math.h>

#include "machine.h"
#include "system-heap.h"
#include "system.h"
#include "xs.h"

struct timer {
	struct timer* next; /* the one that is due next */
	int handle;
	double due;
	xsSlot callback;
};

static struct timer* first;
static int last_handle;

/* setTimer(callback: () => void, delay: number): number, a handle of 1 or more */
static void native_set_timer(xsMachine* the) {
	double delay = xsToNumber(xsArg(1));
	struct timer* timer = system_malloc(sizeof *timer);
	if (timer == NULL) xsUnknownError("no memory for a timer");
	*timer = (struct timer){.handle = ++last_handle, .due = system_monotonic() + delay, .callback = xsArg(0)};
	xsRemember(timer->callback);

	struct timer** place = &first;
	while (*place != NULL && (*place)->due <= timer->due) place = &(*place)->next;
	timer->next = *place;
	*place = timer;
	xsResult = xsInteger(timer->handle);
}

/* Takes a timer out of the list, whose callback is not safe from the garbage collector from here on. */
static xsSlot take(xsMachine* the, struct timer** place) {
	struct timer* timer = *place;
	xsSlot callback = xsAccess(timer->callback);
	xsForget(timer->callback);
	*place = timer->next;
	system_free(timer);
	return callback;
}

/* clearTimer(handle: number): void */
static void native_clear_timer(xsMachine* the) {
	int handle = xsToInteger(xsArg(0));
	for (struct timer** place = &first; *place != NULL; place = &(*place)->next) {
		if ((*place)->handle == handle) {
			take(the, place);
			return;
		}
	}
}

const struct native timer_natives[] = {
	{"setTimer", native_set_timer, 2},
	{"clearTimer", native_clear_timer, 1},
	{0},
};

int timers_wait(void) {
	if (first == NULL) return -1;
	double delay = ceil(first->due - system_monotonic());
	return delay <= 0 ? 0 : delay > INT_MAX ? INT_MAX : (int)delay;
}

void timers_run(xsMachine* machine) {
	if (timers_wait() != 0) return;
	xsBeginHost(machine);
	xsVars(1);
	xsVar(0) = take(the, &first);
	xsCallFunction0(xsVar(0), xsGlobal);
	xsEndHost(machine);
	machine_run_jobs(machine);
}
