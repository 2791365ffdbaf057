/* Makes of a machine what the linker of a Moddable build makes of it in flash. */
#ifndef PIPIT_XS_FLASH_H
#define PIPIT_XS_FLASH_H

#include "xsAll.h"

/*
 * Freezes the machine as the linker does, and makes its memory read-only; it can only be cloned from then on.
 * A program that writes to flash all the same ends with a segmentation fault, as it would on a device.
 */
void flash_seal(txMachine* machine);

#endif
