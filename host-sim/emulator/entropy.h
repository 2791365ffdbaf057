/* Random bytes, from the host's kernel by virtio: what the hardware generator of an ESP32-C3 gives. */
#ifndef PIPIT_CHIP_ENTROPY_H
#define PIPIT_CHIP_ENTROPY_H

#include <stdbool.h>
#include <stddef.h>

/* Returns false when the board has no such device. */
bool entropy_start(void);

/* Waits until there are as many. */
void entropy_read(void* bytes, size_t size);

#endif
