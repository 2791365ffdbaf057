#include "queue.h"

#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>
#include <string.h>

static void release(struct queue* queue) {
	if (queue->memory != NULL) mbedtls_platform_zeroize(queue->memory, queue->capacity);
	mbedtls_free(queue->memory);
}

uint8_t* queue_extend(struct queue* queue, size_t size) {
	size_t end = queue->start + queue->size;
	if (size > queue->capacity - end) {
		struct queue larger = {.capacity = queue->size + size, .size = queue->size};
		larger.memory = mbedtls_calloc(1, larger.capacity);
		if (larger.memory == NULL) return NULL;
		if (queue->size > 0) memcpy(larger.memory, queue_bytes(queue), queue->size);
		release(queue);
		*queue = larger;
		end = queue->size;
	}
	queue->size += size;
	return queue->memory + end;
}

bool queue_push(struct queue* queue, const void* bytes, size_t size) {
	if (size == 0) return true;
	uint8_t* room = queue_extend(queue, size);
	if (room != NULL) memcpy(room, bytes, size);
	return room != NULL;
}

void queue_drop(struct queue* queue, size_t size) {
	queue->start += size;
	queue->size -= size;
	if (queue->size > 0) return;
	release(queue);
	*queue = (struct queue){0};
}
