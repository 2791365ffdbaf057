#include "files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char* path) {
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	exit(EXIT_FAILURE);
}

char* read_file(const char* path, size_t* size) {
	FILE* file = fopen(path, "rb");
	if (file == NULL) fail(path);
	char* bytes = NULL;
	size_t room = 0;
	*size = 0;
	do {
		if (room - *size < 2) bytes = realloc(bytes, room = 2 * room + 4096);
		if (bytes == NULL) fail(path);
		*size += fread(bytes + *size, 1, room - *size - 1, file);
		if (ferror(file)) fail(path); /* a folder, for one, can be opened but not read */
	} while (!feof(file));
	fclose(file);
	bytes[*size] = '\0';
	return bytes;
}
