#include "system.h"

#include <sys/mman.h>
#include <sys/random.h>

#include "files.h"
#include "main.h"
#include "native-files.h"
#include "xs.h"

double system_monotonic(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The kernel gives as much as 256 bytes at once, always. */
bool system_random(void* bytes, size_t size) {
	for (size_t at = 0; at < size; at += 256)
		if (getrandom((char*)bytes + at, size - at < 256 ? size - at : 256, 0) < 0) return false;
	return true;
}

void* system_memory(size_t size) {
	void* memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

void system_protect(void* memory, size_t size) {
	if (mprotect(memory, size, PROT_READ) == 0) return;
	perror("the memory that stands for flash cannot be made read-only");
	exit(EXIT_FAILURE);
}

/* arguments(): string[] */
static void native_arguments(xsMachine* the) {
	xsResult = xsNewArray(0);
	for (int i = 0; i < command_line.count; i++) xsCall1(xsResult, xsID("push"), xsString(command_line.arguments[i]));
}

/* readText(path: string): string */
static void native_read_text(xsMachine* the) {
	size_t size;
	char* text = read_file(xsToString(xsArg(0)), &size);
	xsResult = xsStringBuffer(text, (xsIntegerValue)size);
	free(text);
}

const struct native system_natives[] = {
	{"arguments", native_arguments, 0},
	{"readText", native_read_text, 1},
	{"makeFolder", native_make_folder, 1},
	{"listFolder", native_list_folder, 1},
	{"readFile", native_read_file, 1},
	{"replaceFile", native_replace_file, 2},
	{"removeFile", native_remove_file, 1},
	{0},
};
