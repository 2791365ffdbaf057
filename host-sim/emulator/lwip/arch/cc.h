/* What lwIP asks of the compiler, beside what it finds by itself. */
#ifndef PIPIT_CHIP_CC_H
#define PIPIT_CHIP_CC_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* For port numbers, and for the numbers that connections and queries begin with: nobody should guess them. */
uint32_t interface_random(void);
#define LWIP_RAND() interface_random()

#define LWIP_PLATFORM_ASSERT(message) \
	do { \
		printf("lwIP: %s (%s:%d)\n", message, __FILE__, __LINE__); \
		exit(EXIT_FAILURE); \
	} while (0)

#endif
