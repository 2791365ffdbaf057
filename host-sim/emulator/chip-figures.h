/* What has been used of the chip. */
#ifndef PIPIT_CHIP_FIGURES_H
#define PIPIT_CHIP_FIGURES_H

#include "xsAll.h"

/*
 * Prints two lines of JSON. One is the machine's (figures.h). The other has the same label as `chip`, and
 * - `instructions` that were executed so far, but for those that figures take; a number only when QEMU counts
 *   them (-icount shift=0);
 * - `stackPeak` and `stackSize`, bytes of the C stack;
 * - `heapPeak` and `heapSize`, the bytes that the C heap has ever reached to, and what RAM has for it: the block
 *   of the machine's own memory is in it, and what XS, TLS and connections take beside that;
 * - `tls` and `tlsPeak`, the bytes of it that TLS takes, and the most that it ever took;
 * - `lwipPeak`, the most bytes that were in use of lwIP's own heap, and `buffersPeak`, of its receive buffers.
 */
void chip_figures_print(txMachine* machine, char* label);

#endif
