/* The memory that TLS takes, counted apart: mbedTLS and firmware/tls allocate by these functions. */
#ifndef PIPIT_XS_TLS_HEAP_H
#define PIPIT_XS_TLS_HEAP_H

#include "system-heap.h"

extern struct system_heap tls_heap;

void* tls_heap_calloc(size_t count, size_t size);
void tls_heap_free(void* block);

#endif
