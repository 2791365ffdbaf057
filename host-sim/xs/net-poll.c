#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct buffer {
	size_t size;
	char bytes[NET_BUFFER_SIZE];
};

struct net_tcp {
	struct net_tcp* next;
	int file; /* -1: the system has no socket for it */
	unsigned events;
	bool is_connected;
	bool is_broken; /* what is written goes nowhere */
	bool is_ended; /* nothing more is received */
	struct net_failure failure; /* without a condition as long as there is none; the first one counts */
	struct buffer received;
	struct buffer to_send;
	char peer[NET_ADDRESS_SIZE + sizeof " port 65535"];
};

struct datagram {
	struct sockaddr_storage from;
	size_t size;
	char bytes[];
};

enum { IPV4, IPV6, FAMILIES };

struct net_udp {
	struct net_udp* next;
	int files[FAMILIES]; /* -1: not opened yet */
	unsigned events;
	struct net_failure failure;
	size_t waiting;
	struct datagram* queue[NET_QUEUE_LENGTH];
};

static struct net_tcp* connections;
static struct net_udp* datagram_sockets;

/* Both kinds of addresses, of which the kernel tells the size by the family. */
union address {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
	struct sockaddr_storage storage;
};

static bool parse(const char* text, uint16_t port, union address* address) {
	memset(address, 0, sizeof *address);
	if (inet_pton(AF_INET, text, &address->ipv4.sin_addr) == 1) {
		address->ipv4.sin_family = AF_INET;
		address->ipv4.sin_port = htons(port);
		return true;
	}
	if (inet_pton(AF_INET6, text, &address->ipv6.sin6_addr) == 1) {
		address->ipv6.sin6_family = AF_INET6;
		address->ipv6.sin6_port = htons(port);
		return true;
	}
	return false;
}

static socklen_t size_of(const union address* address) {
	return address->any.sa_family == AF_INET ? sizeof address->ipv4 : sizeof address->ipv6;
}

bool net_is_address(const char* text) {
	union address address;
	return parse(text, 0, &address);
}

static void set_failure(struct net_failure* failure, const char* condition, const char* about, int number) {
	failure->condition = condition;
	snprintf(failure->text, sizeof failure->text, "%s: %s", about, strerror(number));
}

static void fail(struct net_tcp* tcp, int number) {
	if (tcp->failure.condition != NULL) return;
	if (number == ECONNREFUSED)
		set_failure(&tcp->failure, "connection-refused", tcp->peer, number);
	else if (number == ECONNRESET || number == EPIPE || tcp->is_connected)
		set_failure(&tcp->failure, "connection-lost", tcp->peer, number);
	else
		set_failure(&tcp->failure, "unreachable", tcp->peer, number);
}

/* Nothing goes in either direction any more. */
static void end(struct net_tcp* tcp) {
	tcp->is_broken = true;
	tcp->is_ended = true;
	tcp->to_send.size = 0;
	tcp->events |= NET_FAILED;
}

static void begin(struct net_tcp* tcp, const char* address, uint16_t port, bool no_delay) {
	union address to;
	if (!parse(address, port, &to)) errno = EINVAL;
	else tcp->file = socket(to.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (tcp->file >= 0) {
		if (no_delay) setsockopt(tcp->file, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
		/* Even where it stands at once, this is found out by net_wait(). */
		if (connect(tcp->file, &to.any, size_of(&to)) == 0 || errno == EINPROGRESS) return;
	}
	fail(tcp, errno);
	end(tcp);
}

struct net_tcp* net_tcp_connect(const char* address, uint16_t port, bool no_delay) {
	struct net_tcp* tcp = calloc(1, sizeof *tcp);
	if (tcp == NULL) return NULL;
	tcp->file = -1;
	snprintf(tcp->peer, sizeof tcp->peer, "%s port %d", address, port);
	begin(tcp, address, port, no_delay);
	tcp->next = connections;
	connections = tcp;
	return tcp;
}

void net_tcp_close(struct net_tcp* tcp) {
	struct net_tcp** place = &connections;
	while (*place != tcp) place = &(*place)->next;
	*place = tcp->next;
	if (tcp->file >= 0) close(tcp->file);
	free(tcp);
}

unsigned net_tcp_events(struct net_tcp* tcp) {
	unsigned events = tcp->events;
	tcp->events = 0;
	return events;
}

size_t net_tcp_readable(const struct net_tcp* tcp) {
	return tcp->received.size;
}

/* Drops the first bytes of a buffer. */
static void drop(struct buffer* buffer, size_t size) {
	buffer->size -= size;
	memmove(buffer->bytes, buffer->bytes + size, buffer->size);
}

void net_tcp_read(struct net_tcp* tcp, void* bytes, size_t size) {
	memcpy(bytes, tcp->received.bytes, size);
	drop(&tcp->received, size);
}

int net_tcp_writable(const struct net_tcp* tcp) {
	return tcp->is_connected ? (int)(NET_BUFFER_SIZE - tcp->to_send.size) : -1;
}

static bool would_block(void) {
	return errno == EAGAIN || errno == EINTR;
}

static void send_waiting(struct net_tcp* tcp) {
	ssize_t sent = send(tcp->file, tcp->to_send.bytes, tcp->to_send.size, MSG_NOSIGNAL);
	if (sent >= 0) {
		drop(&tcp->to_send, (size_t)sent);
		if (sent > 0) tcp->events |= NET_WRITABLE;
	} else if (!would_block()) {
		fail(tcp, errno);
		tcp->is_broken = true; /* what was received before can still be there */
		tcp->to_send.size = 0;
	}
}

bool net_tcp_write(struct net_tcp* tcp, const void* bytes, size_t size) {
	if (tcp->is_broken) return false;
	memcpy(tcp->to_send.bytes + tcp->to_send.size, bytes, size);
	tcp->to_send.size += size;
	send_waiting(tcp);
	return !tcp->is_broken;
}

const struct net_failure* net_tcp_failure(const struct net_tcp* tcp) {
	return tcp->is_ended ? &tcp->failure : NULL;
}

static void receive(struct net_tcp* tcp) {
	struct buffer* buffer = &tcp->received;
	ssize_t size = recv(tcp->file, buffer->bytes + buffer->size, sizeof buffer->bytes - buffer->size, 0);
	if (size > 0) {
		buffer->size += (size_t)size;
		tcp->events |= NET_READABLE;
	} else if (size == 0) {
		if (tcp->failure.condition == NULL)
			tcp->failure = (struct net_failure){"connection-closed", "the peer closed the connection"};
		tcp->is_ended = true; /* but it may still take what is written */
		tcp->events |= NET_FAILED;
	} else if (!would_block()) {
		fail(tcp, errno);
		end(tcp);
	}
}

/* What to wait for. A connection that there is nothing to be done about is left out by the caller. */
static short wanted(const struct net_tcp* tcp) {
	if (tcp->file < 0) return 0;
	if (!tcp->is_connected) return tcp->is_ended ? 0 : POLLOUT;
	bool has_room = !tcp->is_ended && tcp->received.size < sizeof tcp->received.bytes;
	return (short)((has_room ? POLLIN : 0) | (tcp->to_send.size > 0 ? POLLOUT : 0));
}

static void finish_connecting(struct net_tcp* tcp) {
	int error = 0;
	getsockopt(tcp->file, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof error});
	if (error != 0) {
		fail(tcp, error);
		end(tcp);
	} else {
		tcp->is_connected = true;
		tcp->events |= NET_WRITABLE;
	}
}

/* An error or a hang-up shows in the call that was waited for. */
static void attend(struct net_tcp* tcp, short wanted) {
	if (!tcp->is_connected) {
		finish_connecting(tcp);
	} else {
		if (wanted & POLLOUT) send_waiting(tcp);
		if (wanted & POLLIN) receive(tcp);
	}
}

static void fail_udp(struct net_udp* udp, const char* about, int number) {
	set_failure(&udp->failure, "unreachable", about, number);
	udp->events |= NET_FAILED;
}

static int open_datagrams(int family) {
	int file = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (file >= 0 && family == AF_INET6) setsockopt(file, IPPROTO_IPV6, IPV6_V6ONLY, &(int){1}, sizeof(int));
	return file;
}

/* At a port it receives over IPv4; over IPv6, it receives what comes back. */
struct net_udp* net_udp_open(uint16_t port) {
	struct net_udp* udp = calloc(1, sizeof *udp);
	if (udp == NULL) return NULL;
	for (int family = 0; family < FAMILIES; family++) udp->files[family] = -1;
	if (port != 0) {
		union address here = {.ipv4 = {.sin_family = AF_INET, .sin_port = htons(port)}};
		udp->files[IPV4] = open_datagrams(AF_INET);
		if (udp->files[IPV4] < 0 || bind(udp->files[IPV4], &here.any, size_of(&here)) != 0) {
			char about[sizeof "port 65535"];
			snprintf(about, sizeof about, "port %d", port);
			fail_udp(udp, about, errno);
		}
	}
	udp->next = datagram_sockets;
	datagram_sockets = udp;
	return udp;
}

void net_udp_close(struct net_udp* udp) {
	struct net_udp** place = &datagram_sockets;
	while (*place != udp) place = &(*place)->next;
	*place = udp->next;
	for (int family = 0; family < FAMILIES; family++)
		if (udp->files[family] >= 0) close(udp->files[family]);
	for (size_t i = 0; i < udp->waiting; i++) free(udp->queue[i]);
	free(udp);
}

unsigned net_udp_events(struct net_udp* udp) {
	unsigned events = udp->events;
	udp->events = 0;
	return events;
}

void net_udp_send(struct net_udp* udp, const void* bytes, size_t size, const char* address, uint16_t port) {
	union address to;
	ssize_t sent = -1;
	if (!parse(address, port, &to)) {
		errno = EINVAL;
	} else {
		int* file = &udp->files[to.any.sa_family == AF_INET ? IPV4 : IPV6];
		if (*file < 0) *file = open_datagrams(to.any.sa_family);
		if (*file >= 0) sent = sendto(*file, bytes, size, MSG_NOSIGNAL, &to.any, size_of(&to));
	}
	if (sent < 0) fail_udp(udp, address, errno);
}

size_t net_udp_waiting(const struct net_udp* udp) {
	return udp->waiting;
}

size_t net_udp_size(const struct net_udp* udp) {
	return udp->queue[0]->size;
}

void net_udp_receive(struct net_udp* udp, void* bytes, char address[NET_ADDRESS_SIZE], uint16_t* port) {
	struct datagram* datagram = udp->queue[0];
	memmove(udp->queue, udp->queue + 1, --udp->waiting * sizeof *udp->queue);
	memcpy(bytes, datagram->bytes, datagram->size);
	const union address* from = (const union address*)&datagram->from;
	bool is_ipv4 = from->any.sa_family == AF_INET;
	const void* in = is_ipv4 ? (const void*)&from->ipv4.sin_addr : &from->ipv6.sin6_addr;
	inet_ntop(from->any.sa_family, in, address, NET_ADDRESS_SIZE);
	*port = ntohs(is_ipv4 ? from->ipv4.sin_port : from->ipv6.sin6_port);
	free(datagram);
}

const struct net_failure* net_udp_failure(const struct net_udp* udp) {
	return &udp->failure;
}

/* Takes a datagram from the kernel, and drops it when the queue is full. */
static void receive_datagram(struct net_udp* udp, int file) {
	int size = 0;
	ioctl(file, FIONREAD, &size);
	struct datagram* datagram = malloc(sizeof *datagram + (size_t)size);
	if (datagram == NULL) return;
	ssize_t received = recvfrom(
		file, datagram->bytes, (size_t)size, 0, (struct sockaddr*)&datagram->from, &(socklen_t){sizeof datagram->from});
	if (received < 0 || udp->waiting == NET_QUEUE_LENGTH) {
		free(datagram);
		return;
	}
	datagram->size = (size_t)received;
	udp->queue[udp->waiting++] = datagram;
	udp->events |= NET_READABLE;
}

/* What poll() is asked: room for as many sockets as there ever were at once. */
static struct {
	struct pollfd* files;
	size_t count;
	size_t room;
} waits;

static void wait_for(int file, short events) {
	if (waits.count == waits.room) {
		waits.room = 2 * waits.room + 8;
		waits.files = realloc(waits.files, waits.room * sizeof *waits.files);
		if (waits.files == NULL) abort();
	}
	waits.files[waits.count++] = (struct pollfd){.fd = file, .events = events};
}

static bool anything_told(void) {
	for (struct net_tcp* tcp = connections; tcp != NULL; tcp = tcp->next)
		if (tcp->events != 0) return true;
	for (struct net_udp* udp = datagram_sockets; udp != NULL; udp = udp->next)
		if (udp->events != 0) return true;
	return false;
}

void net_wait(int timeout) {
	waits.count = 0;
	for (struct net_tcp* tcp = connections; tcp != NULL; tcp = tcp->next) {
		short events = wanted(tcp);
		wait_for(events == 0 ? -1 : tcp->file, events); /* poll() passes over what is negative */
	}
	for (struct net_udp* udp = datagram_sockets; udp != NULL; udp = udp->next)
		for (int family = 0; family < FAMILIES; family++) wait_for(udp->files[family], POLLIN);

	if (poll(waits.files, waits.count, anything_told() ? 0 : timeout) <= 0) return;

	struct pollfd* file = waits.files;
	for (struct net_tcp* tcp = connections; tcp != NULL; tcp = tcp->next, file++)
		if (file->revents != 0) attend(tcp, file->events);
	for (struct net_udp* udp = datagram_sockets; udp != NULL; udp = udp->next)
		for (int family = 0; family < FAMILIES; family++, file++)
			if (file->revents != 0) receive_datagram(udp, file->fd);
}
