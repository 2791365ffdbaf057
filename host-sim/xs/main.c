/*
 * The host: pipit-xs [--board NAME] [--figures] ARCHIVE MODULE [ARGUMENT...]
 *
 * Runs a module of an archive in a machine with a board's memory, until it has no jobs, timers or sockets left.
 * All other modules of the archive are in flash. A machine that cannot go on ends the process with a status of
 * its own (abort.h); 1 is for what is wrong on the command line or with a file.
 */
#include "main.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "figures.h"
#include "files.h"
#include "loop.h"
#include "machine.h"
#include "modules.h"

struct command_line command_line;

static void usage(const char* program) {
	fprintf(stderr, "usage: %s [--board esp32c3|esp32] [--figures] ARCHIVE MODULE [ARGUMENT...]\n", program);
	exit(EXIT_FAILURE);
}

int main(int count, char* arguments[]) {
	setvbuf(stdout, NULL, _IOLBF, 0); /* others read it as the program runs */
	static const struct option options[] = {
		{"board", required_argument, NULL, 'b'},
		{"figures", no_argument, NULL, 'f'},
		{0},
	};
	const struct board* board = board_named("esp32c3");
	bool figures = false;
	for (int option; (option = getopt_long(count, arguments, "+", options, NULL)) != -1;) {
		if (option == 'b') board = board_named(optarg);
		else if (option == 'f') figures = true;
		else usage(arguments[0]);
	}
	if (board == NULL || count - optind < 2) usage(arguments[0]);
	const char* path = arguments[optind];
	const char* main_module = arguments[optind + 1];
	command_line = (struct command_line){count - optind - 2, arguments + optind + 2};
	size_t size;
	char* bytes = read_file(path, &size);
	const struct archive* archive = archive_parse(bytes, size, path);

	txMachine* flash = machine_in_flash(archive, main_module, figures);
	txMachine* machine = machine_in_ram(board, flash);
	if (figures) figures_print(machine, "created", stdout);
	modules_import(machine, main_module);
	loop_run(machine);
	if (figures) figures_print(machine, "end", stdout);
	machine_end(machine);
	return EXIT_SUCCESS;
}
