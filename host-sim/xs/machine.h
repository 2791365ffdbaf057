/* The two machines: one that stands for flash, and the app's, which is cloned from it. */
#ifndef PIPIT_XS_MACHINE_H
#define PIPIT_XS_MACHINE_H

#include <stdbool.h>

#include "archive.h"
#include "boards.h"
#include "xsAll.h"

/*
 * Makes a read-only machine with the built-ins, and all modules of the archive but `main`, which have been
 * run: what the linker of a Moddable build puts into flash ("preload"). With `figures`, prints how much
 * memory the built-ins take, and how much all of it takes.
 */
txMachine* machine_in_flash(const struct archive* archive, const char* main, bool figures);

/* Makes the app's machine, with the RAM of a board. */
txMachine* machine_in_ram(const struct board* board, txMachine* flash);

/* Runs promise jobs until there are none. */
void machine_run_jobs(txMachine* machine);

/* Rejections that nothing has handled are unhandled now at the latest. */
void machine_end(txMachine* machine);

#endif
