#include "boards.h"

#include <string.h>

/*
 * `esp32c3` is `creation` of manifests/esp32.json. Its static block is that of the Moddable SDK's target; chunks and
 * slots begin with what the firmware comes to need anyway, for with the 1,536 bytes and 512 slots of the SDK it
 * collects garbage two and a half times as often before it grows. `esp32` is the SDK's own, from
 * build/devices/esp32/targets/nodemcu.
 */
static const struct board boards[] = {
	{
		.name = "esp32c3",
		.static_size = 94208,
		.chunk_size = 12288,
		.chunk_increment = 1024,
		.slot_count = 2304,
		.slot_increment = 64,
	},
	{
		.name = "esp32",
		.static_size = 0,
		.chunk_size = 78848,
		.chunk_increment = 0,
		.slot_count = 4928,
		.slot_increment = 0,
	},
};

const struct board* board_named(const char* name) {
	for (size_t i = 0; i < sizeof boards / sizeof *boards; i++)
		if (strcmp(boards[i].name, name) == 0) return &boards[i];
	return NULL;
}
