#include "boards.h"

#include <string.h>

/* From `creation` in build/devices/esp32/targets/esp32c3 and .../nodemcu of the Moddable SDK. */
static const struct board boards[] = {
	{
		.name = "esp32c3",
		.static_size = 94208,
		.chunk_size = 1536,
		.chunk_increment = 512,
		.slot_count = 512,
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
