#include "system.h"

#include "chip-figures.h"
#include "clock.h"
#include "entropy.h"
#include "files.h"
#include "image.h"
#include "main.h"
#include "native-files.h"
#include "processor.h"
#include "xs.h"

double system_monotonic(void) {
	return (double)clock_ticks() / TICKS_PER_MILLISECOND;
}

bool system_random(void* bytes, size_t size) {
	entropy_read(bytes, size);
	return true;
}

/* Of the image, or of RAM once that is sealed. */
void* system_memory(size_t size) {
	return calloc(1, size);
}

/* Nothing but the image is ever made read-only, and that as a whole. */
void system_protect(void* memory, size_t size) {
	image_seal();
}

/* From the linker script. */
extern char stack_limit[];

/* What XS has to leave on the C stack: for C code that it calls without looking, as Moddable does on an ESP32. */
#define STACK_MARGIN 512

/* The linker sends XS here (--wrap), whose own function knows only the systems it was made for. */
char* __wrap_fxCStackLimit(void) {
	return stack_limit + STACK_GUARD + STACK_MARGIN;
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

/* chipFigures(label: string): void */
static void native_chip_figures(xsMachine* the) {
	chip_figures_print(the, xsToString(xsArg(0)));
}

const struct native system_natives[] = {
	{"arguments", native_arguments, 0},
	{"readText", native_read_text, 1},
	{"makeFolder", native_make_folder, 1},
	{"listFolder", native_list_folder, 1},
	{"readFile", native_read_file, 1},
	{"replaceFile", native_replace_file, 2},
	{"removeFile", native_remove_file, 1},
	{"chipFigures", native_chip_figures, 1},
	{0},
};
