/* The small things that XS asks of a platform. */
#include "xsAll.h"
#include "xsScript.h"

/* machine_run_jobs() runs them. */
void fxQueuePromiseJobs(txMachine* the) {
	the->promise_jobs = 1;
}

/* For `eval` and `new Function`: as on a device, there is no parser in the machine. */
txScript* fxParseScript(txMachine* the, void* stream, txGetter getter, txUnsigned flags) {
	(void)stream;
	(void)getter;
	(void)flags;
	mxUnknownError("there is no parser in this machine");
	return NULL;
}
