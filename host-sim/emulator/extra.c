#include "extra.h"

#include "xs.h"

__attribute__((weak)) const struct native extra_natives[] = {{0}};

void extra_install(xsMachine* machine) {
	xsBeginHost(machine);
	for (const struct native* native = extra_natives; native->name != NULL; native++) {
		xsResult = xsNewHostFunction(native->function, native->length);
		xsDefine(xsGlobal, xsID(native->name), xsResult, xsDontEnum);
	}
	xsEndHost(machine);
}
