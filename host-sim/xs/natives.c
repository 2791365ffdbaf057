#include "natives.h"

#include "figures.h"
#include "native-net.h"
#include "native-tls.h"
#include "system.h"
#include "timers.h"
#include "xs.h"

/* random(count: number): ArrayBuffer */
static void native_random(xsMachine* the) {
	xsIntegerValue count = xsToInteger(xsArg(0));
	xsResult = xsArrayBuffer(NULL, count);
	if (!system_random(xsToArrayBuffer(xsResult), (size_t)count)) xsUnknownError("the system has no random bytes");
}

/* figures(label: string): void */
static void native_figures(xsMachine* the) {
	figures_print(the, xsToString(xsArg(0)), stdout);
}

static const struct native common_natives[] = {
	{"random", native_random, 1},
	{"figures", native_figures, 1},
	{0},
};

/* Only in a host that sensor programs are linked into. */
extern const struct native program_natives[] __attribute__((weak));

static const struct native* const tables[] = {
	common_natives,
	timer_natives,
	net_natives,
	tls_natives,
	system_natives,
	program_natives,
};

/* trace(...texts): void, as Moddable's: the caller ends the line. */
static void native_trace(xsMachine* the) {
	for (xsIntegerValue i = 0; i < xsToInteger(xsArgc); i++) fputs(xsToString(xsArg(i)), stdout);
}

void natives_install(xsMachine* machine) {
	xsBeginHost(machine);
	xsVars(1);
	xsVar(0) = xsNewObject();
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (const struct native* native = tables[i]; native != NULL && native->name != NULL; native++) {
			xsResult = xsNewHostFunction(native->function, native->length);
			xsDefine(xsVar(0), xsID(native->name), xsResult, xsDontEnum | xsDontSet | xsDontDelete);
		}
	xsDefine(xsGlobal, xsID("host"), xsVar(0), xsDontEnum);
	xsResult = xsNewHostFunction(native_trace, 1);
	xsDefine(xsGlobal, xsID("trace"), xsResult, xsDontEnum);
	xsEndHost(machine);
}
