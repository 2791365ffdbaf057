/* Native sensor programs for JavaScript, over XS's C interface. */
#ifndef PIPIT_XS_PROGRAMS_H
#define PIPIT_XS_PROGRAMS_H

#include "xsmc.h"

/* (name: string, config: Float64Array): object. Throws when there is no such program, or no memory. */
void xs_program_begin(xsMachine* the);

/* (program: object, window: Float64Array, records: Float64Array): number of records, -1 for a failure */
void xs_program_samples(xsMachine* the);

#endif
