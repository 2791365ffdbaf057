/*
 * An archive of modules as byte code: the compiler writes it (compiler.c), and a machine runs its code in
 * place, as a microcontroller does from flash.
 *
 * The file is the magic number, and after it, for each module, the sizes of its name, names and code as
 * 32-bit integers in the machine's byte order, and then these three:
 * - its name, which is its path without the ending, NUL-terminated: "firmware/xmpp/jid";
 * - XS's symbols: how many, as a 16-bit integer, and then NUL-terminated names, to whose indexes the code
 *   refers;
 * - XS's byte code.
 */
#ifndef PIPIT_XS_ARCHIVE_H
#define PIPIT_XS_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct module {
	const char* name;
	char* symbols;
	uint32_t symbols_size;
	signed char* code;
	uint32_t code_size;
};

struct archive {
	size_t count;
	struct module* modules;
};

/*
 * Finds the modules in the bytes of an archive, which belong to it from then on. Exits with a message, in which
 * it has this name, when they are none.
 */
struct archive* archive_parse(char* bytes, size_t size, const char* name);

/* NULL: there is no such module. */
const struct module* archive_find(const struct archive* archive, const char* name);

/* Both return whether all was written. */
bool archive_write_magic(FILE* file);
bool archive_write_module(FILE* file, const struct module* module);

#endif
