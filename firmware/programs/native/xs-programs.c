#include "xs-programs.h"

#include "program.h"
#include "xs.h"

#include <stdlib.h>

struct running {
	const struct program* program;
	_Alignas(16) uint8_t state[];
};

static void forget(void* running) {
	free(running);
}

/* Where the numbers are. They may move as soon as the machine allocates. */
static void* numbers_of(xsMachine* the, xsSlot* slot, size_t count) {
	void* at;
	xsUnsignedValue size;
	xsmcGetBufferWritable(*slot, &at, &size);
	if (size < count * sizeof(double)) xsRangeError("%d numbers are needed", (int)count);
	return at;
}

void xs_program_begin(xsMachine* the) {
	const struct program* program = program_named(xsmcToString(xsArg(0)));
	if (program == NULL) xsRangeError("this firmware has no such program");
	struct running* running = aligned_alloc(16, (sizeof *running + program->state_size + 15) & ~(size_t)15);
	if (running == NULL) xsUnknownError("no memory for the program");
	running->program = program;
	xsResult = xsNewHostObject(forget);
	xsmcSetHostData(xsResult, running);
	if (!program->begin(running->state, numbers_of(the, &xsArg(1), program->parameters)))
		xsUnknownError("the program failed as it began");
}

void xs_program_samples(xsMachine* the) {
	struct running* running = xsmcGetHostDataValidate(xsArg(0), forget);
	const struct program* program = running->program;
	const void* window = numbers_of(the, &xsArg(1), program->window);
	void* records = numbers_of(the, &xsArg(2), 3 * program->records);
	xsmcSetInteger(xsResult, program->samples(running->state, window, records));
}
