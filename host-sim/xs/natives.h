/* What the modules of the host get from C: functions, of which each subject has a table. */
#ifndef PIPIT_XS_NATIVES_H
#define PIPIT_XS_NATIVES_H

#include "xsAll.h"

/* The last of a table has no name. */
struct native {
	char* name;
	void (*function)(txMachine* machine);
	int length; /* how many arguments it takes */
};

/* Makes the global object `host`, whose type is in native.ts, and Moddable's `trace`. */
void natives_install(txMachine* machine);

#endif
