#include "natives.h"

#include <stdlib.h>
#include <sys/random.h>

#include "figures.h"
#include "files.h"
#include "native-crypto.h"
#include "native-files.h"
#include "timers.h"
#include "xs.h"

static struct {
	int count;
	char** texts;
} command_line;

void natives_set_arguments(int count, char* arguments[]) {
	command_line.count = count;
	command_line.texts = arguments;
}

/* arguments(): string[] */
static void host_arguments(xsMachine* the) {
	xsResult = xsNewArray(0);
	for (int i = 0; i < command_line.count; i++) xsCall1(xsResult, xsID("push"), xsString(command_line.texts[i]));
}

/* readText(path: string): string */
static void host_readText(xsMachine* the) {
	size_t size;
	char* text = read_file(xsToString(xsArg(0)), &size);
	xsResult = xsStringBuffer(text, (xsIntegerValue)size);
	free(text);
}

/* random(count: number): ArrayBuffer */
static void host_random(xsMachine* the) {
	xsIntegerValue count = xsToInteger(xsArg(0));
	xsResult = xsArrayBuffer(NULL, count);
	/* The kernel gives as much as 256 bytes at once, always. */
	for (xsIntegerValue at = 0; at < count; at += 256)
		if (getrandom((char*)xsToArrayBuffer(xsResult) + at, (size_t)(count - at < 256 ? count - at : 256), 0) < 0)
			xsUnknownError("the kernel has no random bytes");
}

/* figures(label: string): void */
static void host_figures(xsMachine* the) {
	figures_print(the, xsToString(xsArg(0)), stdout);
}

/* trace(...texts): void, as Moddable's: the caller ends the line. */
static void host_trace(xsMachine* the) {
	for (xsIntegerValue i = 0; i < xsToInteger(xsArgc); i++) fputs(xsToString(xsArg(i)), stdout);
}

static const struct {
	char* name;
	xsCallback function;
	xsIntegerValue length;
} functions[] = {
	{"arguments", host_arguments, 0},
	{"readText", host_readText, 1},
	{"random", host_random, 1},
	{"figures", host_figures, 1},
	{"digest", native_digest, 2},
	{"hmac", native_hmac, 3},
	{"pbkdf2", native_pbkdf2, 4},
	{"setTimer", native_set_timer, 2},
	{"clearTimer", native_clear_timer, 1},
	{"makeFolder", native_make_folder, 1},
	{"listFolder", native_list_folder, 1},
	{"readFile", native_read_file, 1},
	{"replaceFile", native_replace_file, 2},
	{"removeFile", native_remove_file, 1},
};

void natives_install(xsMachine* machine) {
	xsBeginHost(machine);
	xsVars(1);
	xsVar(0) = xsNewObject();
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		xsResult = xsNewHostFunction(functions[i].function, functions[i].length);
		xsDefine(xsVar(0), xsID(functions[i].name), xsResult, xsDontEnum | xsDontSet | xsDontDelete);
	}
	xsDefine(xsGlobal, xsID("host"), xsVar(0), xsDontEnum);
	xsResult = xsNewHostFunction(host_trace, 1);
	xsDefine(xsGlobal, xsID("trace"), xsResult, xsDontEnum);
	xsEndHost(machine);
}
