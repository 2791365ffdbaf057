/* Modules: from an archive into a machine. */
#ifndef PIPIT_XS_MODULES_H
#define PIPIT_XS_MODULES_H

#include "archive.h"
#include "xsAll.h"

/*
 * Puts the identifiers of `machine` into all code of the archive, for it and the machines that are cloned
 * from it to run. The archive is where modules are found from then on.
 */
void modules_link(txMachine* machine, const struct archive* archive);

/* Runs the module of this name, and those it imports, unless that was done before. */
void modules_import(txMachine* machine, const char* name);

#endif
