/*
 * The firmware: ARCHIVE MODULE [ARGUMENT...] are what QEMU hands over as its command line.
 *
 * Runs a module of an archive in a machine with the memory of an ESP32-C3, as the XS host does it
 * (host-sim/xs/main.c), with the same exit statuses. All other modules of the archive are in the image.
 */
#include "main.h"

#include <stdio.h>
#include <stdlib.h>

#include "chip-figures.h"
#include "entropy.h"
#include "files.h"
#include "image.h"
#include "interface.h"
#include "loop.h"
#include "machine.h"
#include "modules.h"
#include "processor.h"
#include "storage.h"

struct command_line command_line;

/* What XS's machines have in common, of which a device has none before its only machine. XS has no header for it. */
extern void* gxSharedCluster;

static void fail(const char* what) {
	fprintf(stderr, "%s\n", what);
	exit(EXIT_FAILURE);
}

int main(int count, char* arguments[]) {
	if (count < 3) fail("what to run was not handed over: ARCHIVE MODULE [ARGUMENT...]");
	const char* path = arguments[1];
	const char* main_module = arguments[2];
	command_line = (struct command_line){count - 3, arguments + 3};
	size_t size;
	char* bytes = read_file(path, &size);
	txMachine* image = machine_in_flash(archive_parse(bytes, size, path), main_module, true);
	gxSharedCluster = NULL;

	processor_start();
	if (!entropy_start()) fail("there is no device for random bytes (virtio-rng)");
	if (!interface_start()) fail("there is no network (virtio-net), or it gives no address");
	storage_start("flash/storage");
	txMachine* machine = machine_in_ram(board_named("esp32c3"), image);
	chip_figures_print(machine, "created");
	modules_import(machine, main_module);
	loop_run(machine);
	chip_figures_print(machine, "end");
	machine_end(machine);
	return EXIT_SUCCESS;
}
