/* What the modules of the host get from C. */
#ifndef PIPIT_XS_NATIVES_H
#define PIPIT_XS_NATIVES_H

#include "xsAll.h"

/* Makes the global object `host`, whose type is in native.ts, and Moddable's `trace`. */
void natives_install(txMachine* machine);

/* What `host.arguments()` returns. */
void natives_set_arguments(int count, char* arguments[]);

#endif
