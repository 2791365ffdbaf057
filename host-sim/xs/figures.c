#include "figures.h"

#include "arena.h"
#include "tls-heap.h"

static size_t least_free(const struct arena* arena) {
	return arena->size == 0 ? 0 : arena->least_free;
}

void figures_print(txMachine* the, const char* label, FILE* file) {
	fxCollectGarbage(the);
	fprintf(file,
		"{\"label\":\"%s\",\"slotSize\":%zu,\"slots\":%d,\"slotsPeak\":%d,\"chunks\":%d,\"chunksPeak\":%d,"
		"\"stackPeak\":%d,\"stackSize\":%d,\"keys\":%d,\"aliases\":%d,\"collections\":%d,"
		"\"arena\":%zu,\"arenaLeastFree\":%zu,\"system\":%zu,\"systemPeak\":%zu,\"tls\":%zu,\"tlsPeak\":%zu}\n",
		label, sizeof(txSlot), (int)the->currentHeapCount, (int)the->peakHeapCount, (int)the->currentChunksSize,
		(int)the->peakChunksSize, (int)(the->stackTop - the->stackPeak), (int)(the->stackTop - the->stackBottom),
		the->keyIndex - the->keyOffset, the->aliasCount, the->garbageCollectionCount, the->arena->size,
		least_free(the->arena), system_heap.current, system_heap.peak,
		tls_heap.current, tls_heap.peak);
	the->peakHeapCount = the->currentHeapCount;
	the->peakChunksSize = the->currentChunksSize;
	the->stackPeak = the->stack;
	system_heap.peak = system_heap.current;
	tls_heap.peak = tls_heap.current;
}

/* The kinds of slots that a heap can be full of. The others are few. */
static const char* const kinds[256] = {
	[XS_NULL_KIND] = "null",
	[XS_BOOLEAN_KIND] = "boolean",
	[XS_INTEGER_KIND] = "integer",
	[XS_NUMBER_KIND] = "number",
	[XS_STRING_KIND] = "string",
	[XS_STRING_X_KIND] = "string in flash",
	[XS_REFERENCE_KIND] = "reference",
	[XS_CLOSURE_KIND] = "closure",
	[XS_INSTANCE_KIND] = "object",
	[XS_ARRAY_KIND] = "array",
	[XS_ARRAY_BUFFER_KIND] = "array buffer",
	[XS_CODE_X_KIND] = "function",
	[XS_DATA_VIEW_KIND] = "view",
	[XS_HOME_KIND] = "home of a function",
	[XS_KEY_KIND] = "key",
	[XS_MAP_KIND] = "map",
	[XS_MODULE_KIND] = "module",
	[XS_PRIVATE_KIND] = "private fields",
	[XS_PROMISE_KIND] = "promise",
	[XS_TYPED_ARRAY_KIND] = "typed array",
	[XS_ENTRY_KIND] = "entry",
};

void figures_print_contents(txMachine* the, FILE* file) {
	int counts[256] = {0};
	for (txSlot* heap = the->firstHeap; heap != NULL; heap = heap->next)
		for (txSlot* slot = heap + 1; slot < heap->value.reference; slot++) counts[(txU1)slot->kind]++;
	fprintf(file, "chunks: %d bytes\nslots: %d of %zu bytes, and of these:\n", (int)the->currentChunksSize,
		(int)the->currentHeapCount, sizeof(txSlot));
	for (int kind = 0; kind < 256; kind++)
		if (kinds[kind] != NULL && counts[kind] > 0) fprintf(file, "%8d %s\n", counts[kind], kinds[kind]);
}
