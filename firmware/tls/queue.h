/* A queue of bytes, which takes no memory while it is empty. What was in it is wiped. */
#ifndef PIPIT_TLS_QUEUE_H
#define PIPIT_TLS_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zeros: empty. */
struct queue {
	uint8_t* memory;
	size_t capacity;
	size_t start;
	size_t size;
};

/* Makes the queue longer. Returns where the new bytes go; NULL: there is no memory, and the queue is as it was. */
uint8_t* queue_extend(struct queue* queue, size_t size);

/* The same, with a copy of these bytes. False: there is no memory. */
bool queue_push(struct queue* queue, const void* bytes, size_t size);

/* The bytes in it; those that were used are dropped by the other function. */
static inline const uint8_t* queue_bytes(const struct queue* queue) {
	return queue->memory + queue->start;
}
void queue_drop(struct queue* queue, size_t size);

#endif
