#ifndef PIPIT_XS_FILES_H
#define PIPIT_XS_FILES_H

#include <stddef.h>

/* All of a file, with a NUL behind it. Exits with a message when it cannot be read. */
char* read_file(const char* path, size_t* size);

#endif
