/* Bytes that JavaScript owns. They are in the machine's heap, and move as soon as something is allocated there. */
#ifndef PIPIT_XS_BYTES_H
#define PIPIT_XS_BYTES_H

#include "bytes.h"
#include "xsmc.h"

/* Of an ArrayBuffer, or of a view of one. Throws a TypeError for anything else. */
static inline struct bytes xs_bytes(xsMachine* the, xsSlot* slot) {
	void* at;
	xsUnsignedValue size;
	xsmcGetBufferReadable(*slot, &at, &size);
	return (struct bytes){at, size};
}

#endif
