/* The network by lwIP (net.h). */
#include "net.h"

#include <lwip/tcp.h>
#include <lwip/udp.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "interface.h"
#include "system-heap.h"

_Static_assert(TCP_WND == NET_BUFFER_SIZE && TCP_SND_BUF == NET_BUFFER_SIZE, "lwipopts.h");

struct net_tcp {
	struct tcp_pcb* pcb; /* NULL when there is no connection any more */
	bool connected;
	bool closed; /* by its owner: it goes on only to send what was written */
	unsigned events;
	struct net_failure failure; /* none yet while its condition is NULL */
	struct pbuf* received; /* what waits to be read */
	/*
	 * What was written and not acknowledged yet, in a ring: lwIP has been given the oldest `given` bytes of it,
	 * and sends them from here.
	 */
	uint8_t sent[NET_BUFFER_SIZE];
	size_t oldest, count, given;
};

struct datagram {
	struct pbuf* bytes;
	ip_addr_t address;
	uint16_t port;
};

struct net_udp {
	struct udp_pcb* pcb;
	unsigned events;
	struct net_failure failure;
	struct datagram received[NET_QUEUE_LENGTH]; /* the oldest first */
	size_t count;
};

/* Whether something has happened to a socket since net_wait() returned. */
static bool happened;

static void note(unsigned* events, enum net_event event) {
	*events |= event;
	happened = true;
}

bool net_is_address(const char* text) {
	ip_addr_t address;
	return ipaddr_aton(text, &address) != 0;
}

void net_wait(int timeout) {
	uint64_t end = clock_ticks() + (uint64_t)(timeout < 0 ? 0 : timeout) * TICKS_PER_MILLISECOND;
	for (;;) {
		interface_poll();
		if (happened) break;
		uint64_t now = clock_ticks();
		if (timeout >= 0 && now >= end) break;
		interface_sleep(timeout < 0 ? -1 : (int)((end - now) / TICKS_PER_MILLISECOND) + 1);
	}
	happened = false;
}

static void fail(struct net_tcp* tcp, const char* condition, const char* text) {
	if (tcp->failure.condition != NULL) return;
	tcp->failure.condition = condition;
	snprintf(tcp->failure.text, sizeof tcp->failure.text, "%s", text);
	note(&tcp->events, NET_FAILED);
}

/* Gives lwIP as much of the ring as it takes. */
static void give(struct net_tcp* tcp) {
	while (tcp->given < tcp->count) {
		size_t at = (tcp->oldest + tcp->given) % sizeof tcp->sent;
		size_t size = tcp->count - tcp->given;
		if (size > sizeof tcp->sent - at) size = sizeof tcp->sent - at;
		if (size > tcp_sndbuf(tcp->pcb)) size = tcp_sndbuf(tcp->pcb);
		if (size == 0 || tcp_write(tcp->pcb, tcp->sent + at, (u16_t)size, 0) != ERR_OK) break;
		tcp->given += size;
	}
	tcp_output(tcp->pcb);
}

/* lwIP knows nothing of the connection any more when it is freed, or of those callbacks. */
static void release(struct net_tcp* tcp) {
	if (tcp->received != NULL) pbuf_free(tcp->received);
	system_free(tcp);
}

/* Ends the connection: with a reset if lwIP has no memory for anything better. Returns what callbacks have to. */
static err_t end(struct net_tcp* tcp) {
	struct tcp_pcb* pcb = tcp->pcb;
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
	tcp_err(pcb, NULL);
	release(tcp);
	if (tcp_close(pcb) == ERR_OK) return ERR_OK;
	tcp_abort(pcb);
	return ERR_ABRT;
}

static err_t on_connected(void* argument, struct tcp_pcb* pcb, err_t error) {
	struct net_tcp* tcp = argument;
	tcp->connected = true;
	note(&tcp->events, NET_WRITABLE);
	return ERR_OK;
}

static err_t on_received(void* argument, struct tcp_pcb* pcb, struct pbuf* bytes, err_t error) {
	struct net_tcp* tcp = argument;
	if (bytes == NULL) {
		fail(tcp, "connection-closed", "the peer has ended the connection");
	} else if (tcp->closed) {
		tcp_recved(pcb, bytes->tot_len);
		pbuf_free(bytes);
	} else {
		if (tcp->received == NULL) tcp->received = bytes;
		else pbuf_cat(tcp->received, bytes);
		note(&tcp->events, NET_READABLE);
	}
	return ERR_OK;
}

static err_t on_acknowledged(void* argument, struct tcp_pcb* pcb, u16_t size) {
	struct net_tcp* tcp = argument;
	tcp->oldest = (tcp->oldest + size) % sizeof tcp->sent;
	tcp->count -= size;
	tcp->given -= size;
	if (tcp->closed && tcp->count == 0) return end(tcp);
	give(tcp);
	note(&tcp->events, NET_WRITABLE);
	return ERR_OK;
}

/* Comes every so often: lwIP may have memory now for what it had none for. */
static err_t on_poll(void* argument, struct tcp_pcb* pcb) {
	give(argument);
	return ERR_OK;
}

/* lwIP has released the connection. */
static void on_error(void* argument, err_t error) {
	struct net_tcp* tcp = argument;
	tcp->pcb = NULL;
	if (tcp->closed) release(tcp);
	else if (tcp->connected)
		fail(tcp, "connection-lost", error == ERR_RST ? "the peer has reset the connection" : "the peer does not answer");
	else if (error == ERR_RST) fail(tcp, "connection-refused", "the peer refuses the connection");
	else fail(tcp, "unreachable", "the peer does not answer");
}

struct net_tcp* net_tcp_connect(const char* address, uint16_t port, bool no_delay) {
	struct net_tcp* tcp = system_calloc(1, sizeof *tcp);
	if (tcp == NULL) return NULL;
	ip_addr_t to;
	if (ipaddr_aton(address, &to) == 0) {
		fail(tcp, "unreachable", "not an IPv4 address");
		return tcp;
	}
	tcp->pcb = tcp_new();
	if (tcp->pcb == NULL) {
		fail(tcp, "unreachable", "lwIP has no memory for a connection");
		return tcp;
	}
	tcp_arg(tcp->pcb, tcp);
	tcp_recv(tcp->pcb, on_received);
	tcp_sent(tcp->pcb, on_acknowledged);
	tcp_poll(tcp->pcb, on_poll, 2); /* in half seconds */
	tcp_err(tcp->pcb, on_error);
	if (no_delay) tcp_nagle_disable(tcp->pcb);
	err_t error = tcp_connect(tcp->pcb, &to, port, on_connected);
	if (error != ERR_OK) {
		tcp_abort(tcp->pcb); /* calls on_error() */
		fail(tcp, "unreachable", lwip_strerr(error));
	}
	return tcp;
}

/* What was written is still sent. Where there is something unread, the peer is told that it was, by a reset. */
void net_tcp_close(struct net_tcp* tcp) {
	tcp->closed = true;
	if (tcp->pcb == NULL) release(tcp);
	else if (tcp->received != NULL) tcp_abort(tcp->pcb); /* calls on_error() */
	else if (tcp->count == 0) end(tcp);
}

unsigned net_tcp_events(struct net_tcp* tcp) {
	unsigned events = tcp->events;
	tcp->events = 0;
	return events;
}

size_t net_tcp_readable(const struct net_tcp* tcp) {
	return tcp->received == NULL ? 0 : tcp->received->tot_len;
}

void net_tcp_read(struct net_tcp* tcp, void* bytes, size_t size) {
	if (size == 0) return;
	pbuf_copy_partial(tcp->received, bytes, (u16_t)size, 0);
	tcp->received = pbuf_free_header(tcp->received, (u16_t)size);
	if (tcp->pcb != NULL) tcp_recved(tcp->pcb, (u16_t)size);
}

int net_tcp_writable(const struct net_tcp* tcp) {
	return tcp->connected ? (int)(sizeof tcp->sent - tcp->count) : -1;
}

bool net_tcp_write(struct net_tcp* tcp, const void* bytes, size_t size) {
	if (tcp->pcb == NULL) return false;
	size_t at = (tcp->oldest + tcp->count) % sizeof tcp->sent;
	size_t first = size < sizeof tcp->sent - at ? size : sizeof tcp->sent - at;
	memcpy(tcp->sent + at, bytes, first);
	memcpy(tcp->sent, (const uint8_t*)bytes + first, size - first);
	tcp->count += size;
	give(tcp);
	return true;
}

const struct net_failure* net_tcp_failure(const struct net_tcp* tcp) {
	return tcp->failure.condition == NULL ? NULL : &tcp->failure;
}

static void fail_udp(struct net_udp* udp, const char* text) {
	udp->failure.condition = "unreachable";
	snprintf(udp->failure.text, sizeof udp->failure.text, "%s", text);
	note(&udp->events, NET_FAILED);
}

static void on_datagram(void* argument, struct udp_pcb* pcb, struct pbuf* bytes, const ip_addr_t* address, u16_t port) {
	struct net_udp* udp = argument;
	if (udp->count == NET_QUEUE_LENGTH) {
		pbuf_free(bytes);
		return;
	}
	udp->received[udp->count++] = (struct datagram){bytes, *address, port};
	note(&udp->events, NET_READABLE);
}

struct net_udp* net_udp_open(uint16_t port) {
	struct net_udp* udp = system_calloc(1, sizeof *udp);
	if (udp == NULL) return NULL;
	udp->pcb = udp_new();
	if (udp->pcb == NULL) {
		fail_udp(udp, "lwIP has no memory for a socket");
		return udp;
	}
	udp_recv(udp->pcb, on_datagram, udp);
	err_t error = udp_bind(udp->pcb, IP_ANY_TYPE, port);
	if (error != ERR_OK) fail_udp(udp, lwip_strerr(error));
	return udp;
}

void net_udp_close(struct net_udp* udp) {
	if (udp->pcb != NULL) udp_remove(udp->pcb);
	for (size_t i = 0; i < udp->count; i++) pbuf_free(udp->received[i].bytes);
	system_free(udp);
}

unsigned net_udp_events(struct net_udp* udp) {
	unsigned events = udp->events;
	udp->events = 0;
	return events;
}

void net_udp_send(struct net_udp* udp, const void* bytes, size_t size, const char* address, uint16_t port) {
	ip_addr_t to;
	struct pbuf* datagram = size > UINT16_MAX ? NULL : pbuf_alloc(PBUF_TRANSPORT, (u16_t)size, PBUF_RAM);
	if (datagram == NULL) {
		fail_udp(udp, "no memory for a datagram");
		return;
	}
	pbuf_take(datagram, bytes, (u16_t)size);
	if (udp->pcb == NULL || ipaddr_aton(address, &to) == 0) fail_udp(udp, "it cannot be sent there");
	else if (udp_sendto(udp->pcb, datagram, &to, port) != ERR_OK) fail_udp(udp, "it cannot be sent there");
	pbuf_free(datagram);
}

size_t net_udp_waiting(const struct net_udp* udp) {
	return udp->count;
}

size_t net_udp_size(const struct net_udp* udp) {
	return udp->received[0].bytes->tot_len;
}

void net_udp_receive(struct net_udp* udp, void* bytes, char address[NET_ADDRESS_SIZE], uint16_t* port) {
	struct datagram oldest = udp->received[0];
	memmove(udp->received, udp->received + 1, --udp->count * sizeof oldest);
	pbuf_copy_partial(oldest.bytes, bytes, oldest.bytes->tot_len, 0);
	pbuf_free(oldest.bytes);
	ipaddr_ntoa_r(&oldest.address, address, NET_ADDRESS_SIZE);
	*port = oldest.port;
}

const struct net_failure* net_udp_failure(const struct net_udp* udp) {
	return &udp->failure;
}
