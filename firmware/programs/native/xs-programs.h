/*
 * Native sensor programs for JavaScript, over XS's C interface. Numbers come as the bytes of doubles: XS gives C
 * no arrays of numbers.
 */
#ifndef PIPIT_XS_PROGRAMS_H
#define PIPIT_XS_PROGRAMS_H

#include "xsmc.h"

/* (name: string, config: Uint8Array): object. Throws when there is no such program, or no memory. */
void xs_program_begin(xsMachine* the);

/* (program: object, window: Uint8Array, records: Uint8Array): number of records, -1 for a failure */
void xs_program_samples(xsMachine* the);

#endif
