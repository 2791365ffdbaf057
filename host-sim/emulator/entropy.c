#include "entropy.h"

#include <string.h>

#include "processor.h"
#include "virtio.h"

static struct virtio device;
static struct virtio_queue requests;
static uint8_t buffer[64];

bool entropy_start(void) {
	if (!virtio_open(&device, VIRTIO_ENTROPY, 0)) return false;
	virtio_add_queue(&device, 0, &requests);
	virtio_start(&device);
	return true;
}

/* The device writes 1 byte or more, and as many as it likes. */
void entropy_read(void* bytes, size_t size) {
	for (size_t done = 0, count; done < size; done += count) {
		size_t wanted = size - done < sizeof buffer ? size - done : sizeof buffer;
		virtio_give(&device, 0, &requests, 0, buffer, wanted, true);
		while (virtio_take(&requests, &count) < 0) processor_sleep(UINT64_MAX);
		if (count > wanted) count = wanted;
		memcpy((char*)bytes + done, buffer, count);
		memset(buffer, 0, sizeof buffer);
	}
}
