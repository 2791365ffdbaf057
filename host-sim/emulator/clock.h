/* Time: a counter that does not jump, and the time of day, which the host sets. */
#ifndef PIPIT_CHIP_CLOCK_H
#define PIPIT_CHIP_CLOCK_H

#include <stdint.h>

#define TICKS_PER_MILLISECOND 10000

/* Since the chip was switched on. */
uint64_t clock_ticks(void);

#endif
