/*
 * Devices that QEMU's board brings instead of a chip's own: virtio 1.2 over MMIO (4.2.2), with split queues
 * (2.7). All of them are polled; their interrupts only end a sleep.
 */
#ifndef PIPIT_CHIP_VIRTIO_H
#define PIPIT_CHIP_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum virtio_type { VIRTIO_NETWORK = 1, VIRTIO_ENTROPY = 4 };

struct virtio {
	volatile uint32_t* registers;
};

#define VIRTIO_QUEUE_LENGTH 8 /* a power of two */

/* Buffers of which each is one descriptor: the driver has them, or, once it gave them away, the device. */
struct virtio_queue {
	struct {
		uint64_t address;
		uint32_t size;
		uint16_t flags;
		uint16_t next;
	} descriptors[VIRTIO_QUEUE_LENGTH];
	struct {
		uint16_t flags;
		uint16_t index;
		uint16_t ring[VIRTIO_QUEUE_LENGTH];
	} available;
	struct {
		uint16_t flags;
		volatile uint16_t index;
		struct {
			uint32_t id;
			uint32_t size;
		} ring[VIRTIO_QUEUE_LENGTH];
	} used;
	uint16_t seen; /* of those that were used */
} __attribute__((aligned(16)));

/* Finds a device, and begins to set it up with these features (bits 0 to 31). Returns false when there is none. */
bool virtio_open(struct virtio* device, enum virtio_type type, uint32_t features);

void virtio_add_queue(struct virtio* device, uint32_t number, struct virtio_queue* queue);

/* Sets it going. */
void virtio_start(struct virtio* device);

/* A byte of what is special to a type of device. */
uint8_t virtio_configuration(const struct virtio* device, size_t offset);

/* Gives buffer `id` of a queue to the device, to read from it, or to write to it. */
void virtio_give(struct virtio* device, uint32_t number, struct virtio_queue* queue, uint16_t id, void* buffer,
	size_t size, bool to_write);

/* Takes back the oldest buffer that the device has used: its id, or -1. `size`: as many bytes were written to it. */
int virtio_take(struct virtio_queue* queue, size_t* size);

/* Tells the device whose interrupt has this number that it was seen. */
void virtio_acknowledge(uint32_t interrupt);

#endif
