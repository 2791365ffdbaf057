/* How much memory a machine takes. */
#ifndef PIPIT_XS_FIGURES_H
#define PIPIT_XS_FIGURES_H

#include <stdio.h>

#include "xsAll.h"

/*
 * Collects garbage, and prints a line of JSON: `label`, and, with peaks since the line before,
 * - `slotSize` in bytes; `slots` and their `peak` count; `chunks` and `chunksPeak` in bytes;
 * - `stackPeak` and `stackSize` in slots; `keys`, the property names that flash does not have;
 * - `aliases`, the objects in flash that a machine could have a copy of its own of (4 bytes each);
 * - `collections` of garbage so far, modulo 65,536;
 * - `arena`, the size in bytes of the static block, 0 where there is none, and `arenaLeastFree` in it;
 * - `system` and `systemPeak`, the bytes that XS took from the system's heap.
 */
void figures_print(txMachine* machine, const char* label, FILE* file);

/* Prints what is in the heaps, for people. */
void figures_print_contents(txMachine* machine, FILE* file);

#endif
