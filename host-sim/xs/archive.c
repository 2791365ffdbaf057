#include "archive.h"

#include <stdlib.h>
#include <string.h>

static const char MAGIC[8] = "pipitXS1";

/* What is left to read of the file. */
struct rest {
	const char* name;
	char* at;
	size_t size;
};

static void refuse(const struct rest* rest) {
	fprintf(stderr, "%s is no archive of this host, or is cut short; compile it again\n", rest->name);
	exit(EXIT_FAILURE);
}

static char* take(struct rest* rest, size_t size) {
	if (size > rest->size) refuse(rest);
	char* taken = rest->at;
	rest->at += size;
	rest->size -= size;
	return taken;
}

/* Whether the symbols are what they say: so many, the first of them without a name. */
static bool are_symbols(const char* at, size_t size) {
	uint16_t count;
	if (size < sizeof count) return false;
	memcpy(&count, at, sizeof count);
	const char* end = at + size;
	at += sizeof count;
	for (int i = 1; i < count && at != NULL; i++) {
		at = memchr(at, '\0', (size_t)(end - at));
		if (at != NULL) at++;
	}
	return count > 0 && at != NULL;
}

/* The code itself is trusted, as it is in flash: XS does not check it. */
struct archive* archive_parse(char* bytes, size_t size, const char* name) {
	struct rest rest = {name, bytes, size};
	if (size < sizeof MAGIC || memcmp(take(&rest, sizeof MAGIC), MAGIC, sizeof MAGIC) != 0) refuse(&rest);

	struct archive* archive = calloc(1, sizeof *archive);
	while (rest.size > 0) {
		uint32_t sizes[3];
		memcpy(sizes, take(&rest, sizeof sizes), sizeof sizes);
		struct module module = {.symbols_size = sizes[1], .code_size = sizes[2]};
		module.name = take(&rest, sizes[0]);
		module.symbols = take(&rest, sizes[1]);
		module.code = (signed char*)take(&rest, sizes[2]);
		bool has_name = sizes[0] > 1 && memchr(module.name, '\0', sizes[0]) == module.name + sizes[0] - 1;
		if (!has_name || !are_symbols(module.symbols, sizes[1])) refuse(&rest);
		archive->modules = realloc(archive->modules, (archive->count + 1) * sizeof module);
		archive->modules[archive->count++] = module;
	}
	return archive;
}

const struct module* archive_find(const struct archive* archive, const char* name) {
	for (size_t i = 0; i < archive->count; i++)
		if (strcmp(archive->modules[i].name, name) == 0) return &archive->modules[i];
	return NULL;
}

bool archive_write_magic(FILE* file) {
	return fwrite(MAGIC, sizeof MAGIC, 1, file) == 1;
}

bool archive_write_module(FILE* file, const struct module* module) {
	uint32_t sizes[] = {(uint32_t)strlen(module->name) + 1, module->symbols_size, module->code_size};
	return fwrite(sizes, sizeof sizes, 1, file) == 1 && fwrite(module->name, sizes[0], 1, file) == 1 &&
		   fwrite(module->symbols, sizes[1], 1, file) == 1 && fwrite(module->code, sizes[2], 1, file) == 1;
}
