#include "interface.h"

#include <lwip/dhcp.h>
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>
#include <string.h>

#include "clock.h"
#include "entropy.h"
#include "processor.h"
#include "virtio.h"

#define FEATURE_MAC (1u << 5)
enum { RECEIVE, TRANSMIT };

/* What stands before each frame (virtio 1.2, 5.1.6): nothing in it is used. */
#define HEADER_SIZE 12
#define FRAME_SIZE (HEADER_SIZE + 1514)

#define ADDRESS_TIMEOUT 10000 /* milliseconds */

static struct virtio device;
static struct virtio_queue receive_queue, transmit_queue;
static uint8_t received[VIRTIO_QUEUE_LENGTH][FRAME_SIZE];
static uint8_t transmitted[FRAME_SIZE];
static struct netif interface;

/* Milliseconds, for lwIP. It wraps, and lwIP knows that. */
u32_t sys_now(void) {
	return (u32_t)(clock_ticks() / TICKS_PER_MILLISECOND);
}

uint32_t interface_random(void) {
	uint32_t number;
	entropy_read(&number, sizeof number);
	return number;
}

static void listen_with(uint16_t buffer) {
	virtio_give(&device, RECEIVE, &receive_queue, buffer, received[buffer], FRAME_SIZE, true);
}

static err_t transmit(struct netif* netif, struct pbuf* frame) {
	if (frame->tot_len > FRAME_SIZE - HEADER_SIZE) return ERR_BUF;
	pbuf_copy_partial(frame, transmitted + HEADER_SIZE, frame->tot_len, 0);
	virtio_give(&device, TRANSMIT, &transmit_queue, 0, transmitted, HEADER_SIZE + frame->tot_len, false);
	size_t size;
	while (virtio_take(&transmit_queue, &size) < 0) processor_sleep(UINT64_MAX);
	return ERR_OK;
}

static err_t set_up(struct netif* netif) {
	netif->name[0] = 'e';
	netif->name[1] = 'n';
	netif->output = etharp_output;
	netif->linkoutput = transmit;
	netif->mtu = 1500;
	netif->hwaddr_len = ETH_HWADDR_LEN;
	for (size_t i = 0; i < ETH_HWADDR_LEN; i++) netif->hwaddr[i] = virtio_configuration(&device, i);
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
	return ERR_OK;
}

bool interface_start(void) {
	if (!virtio_open(&device, VIRTIO_NETWORK, FEATURE_MAC)) return false;
	virtio_add_queue(&device, RECEIVE, &receive_queue);
	virtio_add_queue(&device, TRANSMIT, &transmit_queue);
	virtio_start(&device);
	for (uint16_t buffer = 0; buffer < VIRTIO_QUEUE_LENGTH; buffer++) listen_with(buffer);

	lwip_init();
	netif_add(&interface, NULL, NULL, NULL, NULL, set_up, ethernet_input);
	netif_set_default(&interface);
	netif_set_up(&interface);
	dhcp_start(&interface);
	u32_t start = sys_now();
	while (!dhcp_supplied_address(&interface)) {
		if (sys_now() - start > ADDRESS_TIMEOUT) return false;
		interface_sleep(ADDRESS_TIMEOUT);
		interface_poll();
	}
	return true;
}

/* A frame for which there is no memory is lost, and its sender will send it again. */
static void take_in(const uint8_t* bytes, size_t size) {
	struct pbuf* frame = pbuf_alloc(PBUF_RAW, (u16_t)size, PBUF_POOL);
	if (frame == NULL) return;
	pbuf_take(frame, bytes, (u16_t)size);
	if (interface.input(frame, &interface) != ERR_OK) pbuf_free(frame);
}

void interface_poll(void) {
	size_t size;
	for (int buffer; (buffer = virtio_take(&receive_queue, &size)) >= 0;) {
		if (size > HEADER_SIZE) take_in(received[buffer] + HEADER_SIZE, size - HEADER_SIZE);
		listen_with((uint16_t)buffer);
	}
	netif_poll_all(); /* what the chip sends to itself */
	sys_check_timeouts();
}

void interface_sleep(int timeout) {
	u32_t lwip = sys_timeouts_sleeptime(); /* the greatest number when there is nothing to do, ever */
	u32_t shorter = timeout >= 0 && (u32_t)timeout < lwip ? (u32_t)timeout : lwip;
	processor_sleep(clock_ticks() + (uint64_t)shorter * TICKS_PER_MILLISECOND);
}
