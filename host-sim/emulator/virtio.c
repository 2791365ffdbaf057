#include "virtio.h"

#define FIRST 0x10001000
#define STRIDE 0x1000
#define COUNT 8 /* of places for devices, of which the first has interrupt 1 */

/* Registers, as indexes of words. */
enum {
	MAGIC = 0x000 / 4,
	VERSION = 0x004 / 4,
	DEVICE_ID = 0x008 / 4,
	DRIVER_FEATURES = 0x020 / 4,
	DRIVER_FEATURES_SELECT = 0x024 / 4,
	QUEUE_SELECT = 0x030 / 4,
	QUEUE_SIZE = 0x038 / 4,
	QUEUE_READY = 0x044 / 4,
	QUEUE_NOTIFY = 0x050 / 4,
	INTERRUPT_STATUS = 0x060 / 4,
	INTERRUPT_ACKNOWLEDGE = 0x064 / 4,
	STATUS = 0x070 / 4,
	QUEUE_DESCRIPTORS = 0x080 / 4,
	QUEUE_AVAILABLE = 0x090 / 4,
	QUEUE_USED = 0x0a0 / 4,
	CONFIGURATION = 0x100,
};

#define MAGIC_VALUE 0x74726976 /* "virt" */
#define MODERN 2

enum { ACKNOWLEDGED = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8 };

#define FEATURE_VERSION_1 1 /* bit 32 */
#define DESCRIPTOR_WRITE 2

static volatile uint32_t* place(uint32_t number) {
	return (volatile uint32_t*)(FIRST + number * STRIDE);
}

/* Orders what is written to memory and to registers. */
static void fence(void) {
	__asm__ volatile("fence iorw, iorw" : : : "memory");
}

bool virtio_open(struct virtio* device, enum virtio_type type, uint32_t features) {
	for (uint32_t number = 0; number < COUNT; number++) {
		volatile uint32_t* registers = place(number);
		if (registers[MAGIC] != MAGIC_VALUE || registers[VERSION] != MODERN || registers[DEVICE_ID] != type) continue;
		device->registers = registers;
		registers[STATUS] = 0;
		registers[STATUS] = ACKNOWLEDGED;
		registers[STATUS] = ACKNOWLEDGED | DRIVER;
		registers[DRIVER_FEATURES_SELECT] = 0;
		registers[DRIVER_FEATURES] = features;
		registers[DRIVER_FEATURES_SELECT] = 1;
		registers[DRIVER_FEATURES] = FEATURE_VERSION_1;
		registers[STATUS] = ACKNOWLEDGED | DRIVER | FEATURES_OK;
		return (registers[STATUS] & FEATURES_OK) != 0;
	}
	return false;
}

/* Addresses have 64 bits, in two registers. */
static void set_address(volatile uint32_t* registers, const volatile void* address) {
	registers[0] = (uint32_t)address;
	registers[1] = 0;
}

void virtio_add_queue(struct virtio* device, uint32_t number, struct virtio_queue* queue) {
	volatile uint32_t* registers = device->registers;
	registers[QUEUE_SELECT] = number;
	registers[QUEUE_SIZE] = VIRTIO_QUEUE_LENGTH;
	set_address(&registers[QUEUE_DESCRIPTORS], &queue->descriptors);
	set_address(&registers[QUEUE_AVAILABLE], &queue->available);
	set_address(&registers[QUEUE_USED], &queue->used);
	registers[QUEUE_READY] = 1;
}

void virtio_start(struct virtio* device) {
	device->registers[STATUS] = ACKNOWLEDGED | DRIVER | FEATURES_OK | DRIVER_OK;
}

uint8_t virtio_configuration(const struct virtio* device, size_t offset) {
	return ((volatile uint8_t*)device->registers)[CONFIGURATION + offset];
}

void virtio_give(struct virtio* device, uint32_t number, struct virtio_queue* queue, uint16_t id, void* buffer,
	size_t size, bool to_write) {
	queue->descriptors[id].address = (uint32_t)buffer;
	queue->descriptors[id].size = size;
	queue->descriptors[id].flags = to_write ? DESCRIPTOR_WRITE : 0;
	queue->available.ring[queue->available.index % VIRTIO_QUEUE_LENGTH] = id;
	fence();
	queue->available.index++;
	fence();
	device->registers[QUEUE_NOTIFY] = number;
}

int virtio_take(struct virtio_queue* queue, size_t* size) {
	if (queue->used.index == queue->seen) return -1;
	fence();
	uint16_t place = queue->seen++ % VIRTIO_QUEUE_LENGTH;
	*size = queue->used.ring[place].size;
	return (int)queue->used.ring[place].id;
}

void virtio_acknowledge(uint32_t interrupt) {
	volatile uint32_t* registers = place(interrupt - 1);
	registers[INTERRUPT_ACKNOWLEDGE] = registers[INTERRUPT_STATUS];
}
