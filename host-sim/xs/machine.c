#include "machine.h"

#include "arena.h"
#include "figures.h"
#include "flash.h"
#include "modules.h"
#include "natives.h"

/* What a manifest's `keys` and `creation` say of tables, by Moddable's own defaults. */
#define NAME_MODULO 53
#define SYMBOL_MODULO 3

/* Bytes; the firmware takes a fraction of it. */
#define FLASH_SIZE (4 * 1024 * 1024)

static txMachine* create_roomy(void) {
	txCreation creation = {
		.initialChunkSize = 256 * 1024,
		.incrementalChunkSize = 64 * 1024,
		.initialHeapCount = 16 * 1024,
		.incrementalHeapCount = 1024,
		.stackCount = 4096,
		.initialKeyCount = 4096,
		.incrementalKeyCount = 256,
		.nameModulo = NAME_MODULO,
		.symbolModulo = SYMBOL_MODULO,
	};
	return fxCreateMachine(&creation, "flash", arena_new(FLASH_SIZE), XS_NO_ID);
}

txMachine* machine_in_flash(const struct archive* archive, const char* main, bool figures) {
	txMachine* flash = create_roomy();
	natives_install(flash);
	if (figures) figures_print(flash, "built-ins", stdout);
	modules_link(flash, archive);
	for (size_t i = 0; i < archive->count; i++) {
		if (strcmp(archive->modules[i].name, main) == 0) continue;
		modules_import(flash, archive->modules[i].name);
		machine_run_jobs(flash);
	}
	if (figures) figures_print(flash, "flash", stdout);
	flash_seal(flash);
	system_heap_reset();
	return flash;
}

txMachine* machine_in_ram(const struct board* board, txMachine* flash) {
	txCreation creation = {
		.initialChunkSize = board->chunk_size,
		.incrementalChunkSize = board->chunk_increment,
		.initialHeapCount = board->slot_count,
		.incrementalHeapCount = board->slot_increment,
		.stackCount = STACK_COUNT,
		.initialKeyCount = 32,
		.incrementalKeyCount = 32,
		.nameModulo = NAME_MODULO,
		.symbolModulo = SYMBOL_MODULO,
	};
	return fxCloneMachine(&creation, flash, "ram", arena_new(board->static_size));
}

void machine_run_jobs(txMachine* the) {
	do {
		while (the->promise_jobs) {
			the->promise_jobs = 0;
			fxRunPromiseJobs(the);
		}
		fxEndJob(the); /* finalizers may queue more */
	} while (the->promise_jobs);
}

void machine_end(txMachine* the) {
	fxCheckUnhandledRejections(the, 1);
}
