#include "flash.h"

#include "arena.h"

static void freeze(txSlot* instance) {
	instance->flag |= XS_DONT_PATCH_FLAG;
	for (txSlot* property = instance->next; property != NULL; property = property->next)
		property->flag |= XS_DONT_DELETE_FLAG | (property->kind == XS_ACCESSOR_KIND ? 0 : XS_DONT_SET_FLAG);
}

static void freeze_function(txMachine* the, txSlot* function) {
	freeze(function);
	if ((function->flag & XS_CAN_CONSTRUCT_FLAG) == 0) return;
	for (txSlot* property = function->next; property != NULL; property = property->next)
		if (property->ID == mxID(_prototype) && property->kind == XS_REFERENCE_KIND)
			freeze(property->value.reference);
}

/*
 * The linker freezes scopes, functions and the prototypes of classes, and the objects of which a machine
 * cannot have a copy of its own. Of others it makes a copy in its RAM when it changes one: "aliases", for
 * which it has a table with an entry for each, used or not.
 */
static void freeze_instance(txMachine* the, txSlot* instance) {
	txSlot* internal = instance->next;
	if (internal == NULL || (internal->flag & XS_INTERNAL_FLAG) == 0) return;
	if (mxIsFunction(instance)) {
		freeze_function(the, instance);
		return;
	}
	switch (internal->kind) {
	case XS_ARRAY_BUFFER_KIND:
	case XS_DATA_VIEW_KIND:
	case XS_MAP_KIND:
	case XS_PROMISE_KIND:
	case XS_PROXY_KIND:
	case XS_REGEXP_KIND:
	case XS_SET_KIND:
	case XS_TYPED_ARRAY_KIND:
	case XS_WEAK_MAP_KIND:
	case XS_WEAK_REF_KIND:
	case XS_WEAK_SET_KIND: freeze(instance); break;
	default:
		if (internal->ID == XS_ENVIRONMENT_BEHAVIOR) freeze(instance);
	}
}

/* Declared functions: a variable that holds one is constant to the linker. */
static void freeze_variable(txSlot* variable) {
	if (variable != NULL && variable->kind == XS_REFERENCE_KIND && mxIsFunction(variable->value.reference))
		variable->flag |= XS_DONT_SET_FLAG;
}

static void freeze_slot(txMachine* the, txSlot* slot) {
	if (slot->kind == XS_INSTANCE_KIND) freeze_instance(the, slot);
	if (slot->kind == XS_CLOSURE_KIND) freeze_variable(slot->value.closure);
}

/*
 * Says of a value in a chunk that it is in flash. Chunks of strings are shared between slots, and the garbage
 * collector of a clone would move one that comes into a slot of its own.
 */
static void leave_in_place(txMachine* the, txSlot* slot) {
	switch (slot->kind) {
	case XS_STRING_KIND: slot->kind = XS_STRING_X_KIND; break;
	case XS_BIGINT_KIND: slot->kind = XS_BIGINT_X_KIND; break;
	case XS_KEY_KIND: slot->kind = XS_KEY_X_KIND; break;
	case XS_CODE_KIND: slot->kind = XS_CODE_X_KIND; break;
	case XS_REGEXP_KIND: slot->value.regexp.data = NULL; break; /* what a match writes to is made in RAM then */
	case XS_ARRAY_KIND:
		for (txIndex i = 0; i < fxGetIndexSize(the, slot); i++) leave_in_place(the, slot->value.array.address + i);
		break;
	}
}

/* The linker's global object is an ordinary one: that of other machines writes down what was found in it. */
static void make_ordinary(txSlot* global) {
	global->flag &= ~XS_EXOTIC_FLAG;
	global->next = global->next->next;
}

static void for_each_slot(txMachine* the, void (*act)(txMachine*, txSlot*)) {
	for (txSlot* heap = the->firstHeap; heap != NULL; heap = heap->next)
		for (txSlot* slot = heap + 1; slot < heap->value.reference; slot++) act(the, slot);
}

void flash_seal(txMachine* the) {
	make_ordinary(mxGlobal.value.reference);
	for_each_slot(the, freeze_slot);
	fxShareMachine(the); /* collects garbage for the last time, for which values have to be known as chunks */
	for_each_slot(the, leave_in_place);
	arena_protect(the->arena);
}
