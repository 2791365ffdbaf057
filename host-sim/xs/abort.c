#include "abort.h"

#include "arena.h"
#include "figures.h"

_Static_assert(EXIT_OUT_OF_MEMORY == 10 + XS_NOT_ENOUGH_MEMORY_EXIT, "exit status");
_Static_assert(EXIT_STACK_OVERFLOW == 10 + XS_STACK_OVERFLOW_EXIT, "exit status");
_Static_assert(EXIT_UNHANDLED_EXCEPTION == 10 + XS_UNHANDLED_EXCEPTION_EXIT, "exit status");
_Static_assert(EXIT_OUT_OF_KEYS == 10 + XS_NO_MORE_KEYS_EXIT, "exit status");
_Static_assert(EXIT_UNHANDLED_REJECTION == 10 + XS_UNHANDLED_REJECTION_EXIT, "exit status");

static bool is_error(txSlot* value) {
	if (value->kind != XS_REFERENCE_KIND) return false;
	txSlot* internal = value->value.reference->next;
	return internal != NULL && internal->kind == XS_ERROR_KIND;
}

/* The stack of an error, which begins with its message, or the text of any other value that was thrown. */
static void print_exception(txMachine* the, const char* what) {
	fxBeginHost(the); /* there may be no frame any more, which the getter of a stack needs */
	mxTry(the) {
		mxPush(mxException);
		mxException = mxUndefined;
		if (is_error(the->stack)) mxGetID(mxID(_stack));
		fprintf(stderr, "%s: %s\n", what, fxToString(the, the->stack));
	}
	mxCatch(the) {
		fprintf(stderr, "%s, of which there is no text\n", what);
	}
	fxEndHost(the);
}

static void print_memory(txMachine* the) {
	struct arena* arena = the->arena;
	if (arena->failed.heap != NULL)
		fprintf(stderr, "out of memory: the %s heap needs %zu more bytes of the static block, where %zu of %zu are free\n",
			arena->failed.heap, arena->failed.bytes, arena_free(arena), arena->size);
	else
		fprintf(stderr, "out of memory: the %s heap is full, and has a fixed size\n",
			the->freeHeap == NULL ? "slot" : "chunk");
	figures_print_contents(the, stderr);
}

/* Prints the functions that are running, the innermost first, with the slots that the stack had before each. */
static void print_calls(txMachine* the) {
	for (txSlot* frame = the->frame; frame != NULL; frame = frame->next) {
		txSlot* function = frame + 3; /* the order is in XS's fxBeginHost() */
		if (function->kind != XS_REFERENCE_KIND) continue;
		txSlot* name = mxBehaviorGetProperty(the, function->value.reference, mxID(_name), 0, XS_OWN);
		bool has_name = name != NULL && mxIsStringPrimitive(name) && name->value.string[0] != '\0';
		fprintf(stderr, "%8d %s\n", (int)(the->stackTop - frame), has_name ? name->value.string : "(anonymous)");
	}
}

/* XS calls this, and nothing of the machine may run after it. */
void fxAbort(txMachine* the, int status) {
	switch (status) {
	case XS_NOT_ENOUGH_MEMORY_EXIT: print_memory(the); break;
	case XS_STACK_OVERFLOW_EXIT:
		fprintf(stderr, "stack overflow: the stack has %d slots\n", (int)(the->stackTop - the->stackBottom));
		print_calls(the);
		break;
	case XS_UNHANDLED_EXCEPTION_EXIT: print_exception(the, "unhandled exception"); break;
	case XS_UNHANDLED_REJECTION_EXIT: print_exception(the, "unhandled rejection"); break;
	case XS_NO_MORE_KEYS_EXIT: fprintf(stderr, "out of keys: the table of property names is full\n"); break;
	default: fprintf(stderr, "XS has aborted with its status %d\n", status); break;
	}
	fflush(stdout);
	exit(10 + status);
}
