#include "archive.h"

#include <stdlib.h>
#include <string.h>

#include "files.h"

static const char MAGIC[8] = "pipitXS1";

/* What is left to read of the file. */
struct rest {
	const char* path;
	char* at;
	size_t size;
};

static char* take(struct rest* rest, size_t size) {
	if (size > rest->size) {
		fprintf(stderr, "%s is no archive of this host, or is cut short; compile it again\n", rest->path);
		exit(EXIT_FAILURE);
	}
	char* taken = rest->at;
	rest->at += size;
	rest->size -= size;
	return taken;
}

struct archive* archive_read(const char* path) {
	struct rest rest = {.path = path};
	rest.at = read_file(path, &rest.size);
	char* magic = take(&rest, sizeof MAGIC);
	if (memcmp(magic, MAGIC, sizeof MAGIC) != 0) take(&rest, SIZE_MAX);

	struct archive* archive = calloc(1, sizeof *archive);
	while (rest.size > 0) {
		uint32_t sizes[3];
		memcpy(sizes, take(&rest, sizeof sizes), sizeof sizes);
		struct module module = {.symbols_size = sizes[1], .code_size = sizes[2]};
		module.name = take(&rest, sizes[0]);
		module.symbols = take(&rest, sizes[1]);
		module.code = (signed char*)take(&rest, sizes[2]);
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
