#include "storage.h"

#include <semihost.h>

#include "files.h"
#include "native-files.h"
#include "xs.h"
#include "xsmc.h"

/* From the linker script. */
extern char storage_begin[], storage_end[];

/* What stands for a file: after it come its path, with a NUL, and its bytes. They follow one another. */
struct file {
	uint32_t path_size;
	uint32_t size;
};

static size_t used; /* bytes of the region */
static const char* host_path;

/* The files are not aligned to anything. */
static struct file file_at(const char* at) {
	struct file file;
	memcpy(&file, at, sizeof file);
	return file;
}

static const char* path_at(const char* at) {
	return at + sizeof(struct file);
}

static size_t size_at(const char* at) {
	struct file file = file_at(at);
	return sizeof file + file.path_size + file.size;
}

static char* find(const char* path) {
	for (char* at = storage_begin; at < storage_begin + used; at += size_at(at))
		if (strcmp(path_at(at), path) == 0) return at;
	return NULL;
}

static bool is_whole(void) {
	size_t at = 0;
	while (used - at > sizeof(struct file)) {
		struct file file = file_at(storage_begin + at);
		size_t left = used - at - sizeof file;
		if (file.path_size == 0 || file.path_size > left || file.size > left - file.path_size) return false;
		if (storage_begin[at + sizeof file + file.path_size - 1] != '\0') return false;
		at += sizeof file + file.path_size + file.size;
	}
	return at == used;
}

void storage_start(const char* path) {
	host_path = path;
	FILE* file = fopen(path, "rb");
	if (file == NULL) return;
	used = fread(storage_begin, 1, (size_t)(storage_end - storage_begin), file);
	fclose(file);
	if (is_whole()) return;
	fprintf(stderr, "%s is no storage of this chip, or is cut short\n", path);
	exit(EXIT_FAILURE);
}

/* Whenever the chip is ended, the host has the old file or the new one. Without either, the chip cannot go on. */
static void commit(void) {
	char successor[C_PATH_MAX];
	snprintf(successor, sizeof successor, "%s.new", host_path);
	FILE* file = fopen(successor, "wb");
	bool written = file != NULL && fwrite(storage_begin, 1, used, file) == used;
	if (file != NULL && fclose(file) != 0) written = false;
	if (written && sys_semihost_rename(successor, host_path) == 0) return;
	fprintf(stderr, "%s: the host cannot write it\n", host_path);
	exit(EXIT_FAILURE);
}

static void take_out(char* at) {
	size_t size = size_at(at);
	memmove(at, at + size, used - (size_t)(at - storage_begin) - size);
	used -= size;
}

/* A copy, which stays where it is while the machine allocates. */
struct path {
	char text[C_PATH_MAX];
};

static struct path path_of(xsMachine* the, xsSlot* slot) {
	struct path path;
	xsmcToStringBuffer(*slot, path.text, sizeof path.text);
	return path;
}

/* Folders are only a part of the paths of their files. */
void native_make_folder(xsMachine* the) {
}

void native_list_folder(xsMachine* the) {
	struct path folder = path_of(the, &xsArg(0));
	size_t length = strlen(folder.text);
	xsmcVars(1);
	xsmcSetNewArray(xsResult, 0);
	xsIntegerValue count = 0;
	for (const char* at = storage_begin; at < storage_begin + used; at += size_at(at)) {
		const char* path = path_at(at);
		if (strncmp(path, folder.text, length) != 0 || path[length] != '/') continue;
		xsmcSetString(xsVar(0), (char*)path + length + 1);
		xsmcSetIndex(xsResult, count++, xsVar(0));
	}
}

void native_read_file(xsMachine* the) {
	struct path path = path_of(the, &xsArg(0));
	const char* at = find(path.text);
	if (at == NULL) return;
	struct file file = file_at(at);
	xsmcSetArrayBuffer(xsResult, (char*)path_at(at) + file.path_size, (xsIntegerValue)file.size);
}

void native_replace_file(xsMachine* the) {
	struct path path = path_of(the, &xsArg(0));
	void* bytes;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(1), &bytes, &size);
	struct file file = {strlen(path.text) + 1, size};
	char* old = find(path.text);
	size_t freed = old == NULL ? 0 : size_at(old);
	if (sizeof file + file.path_size + size > (size_t)(storage_end - storage_begin) - used + freed)
		xsUnknownError("%s: the storage is full", path.text);
	if (old != NULL) take_out(old);
	char* at = storage_begin + used;
	memcpy(at, &file, sizeof file);
	memcpy(at + sizeof file, path.text, file.path_size);
	memcpy(at + sizeof file + file.path_size, bytes, size);
	used += size_at(at);
	commit();
}

void native_remove_file(xsMachine* the) {
	struct path path = path_of(the, &xsArg(0));
	char* at = find(path.text);
	xsmcSetBoolean(xsResult, at != NULL);
	if (at == NULL) return;
	take_out(at);
	commit();
}
