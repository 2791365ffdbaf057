/* Bytes that somebody else owns. */
#ifndef PIPIT_TLS_BYTES_H
#define PIPIT_TLS_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct bytes {
	const uint8_t* at;
	size_t size;
};

#endif
