/* Functions for programs from C files that were linked beside the firmware (EXTRA in the Makefile). */
#ifndef PIPIT_CHIP_EXTRA_H
#define PIPIT_CHIP_EXTRA_H

#include "natives.h"

/* Empty, unless one of those files has a table of this name. */
extern const struct native extra_natives[];

/* Makes them properties of the global object. */
void extra_install(txMachine* machine);

#endif
