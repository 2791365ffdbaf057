/*
 * The network, which never blocks but in net_wait(): TCP and UDP with the buffers that lwIP gives them on a
 * microcontroller. There is one implementation for each system: net-poll.c is Linux's.
 *
 * Addresses are texts: "192.0.2.1", or "2001:db8::1" where the system has IPv6. Nothing here calls back. What
 * happens meanwhile is kept, and is there to be looked at once net_wait() returns; before that, nothing changes
 * but by the functions below.
 */
#ifndef PIPIT_XS_NET_H
#define PIPIT_XS_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a connection that wait in each direction: TCP_WND and TCP_SND_BUF of lwIP, as ESP-IDF sets them. */
#define NET_BUFFER_SIZE 5744

/* Datagrams of a socket that wait to be read; more are dropped, as UDP may. */
#define NET_QUEUE_LENGTH 8

/* The text of an address, with a NUL. */
#define NET_ADDRESS_SIZE 46

/* What has happened to a socket. */
enum net_event {
	NET_WRITABLE = 1, /* the connection stands, or more may be written than before */
	NET_READABLE = 2, /* something was received */
	NET_FAILED = 4, /* there is a failure to be asked for */
};

struct net_failure {
	const char* condition; /* a literal: that of the TransportError to make of it (firmware/xmpp/errors.ts) */
	char text[96]; /* for people */
};

struct net_tcp;
struct net_udp;

/* Whether it is the text of an address, of a kind that this system knows. */
bool net_is_address(const char* text);

/*
 * Returns when something has happened to a socket, or after `timeout` milliseconds; never, if that is -1,
 * before something happens.
 */
void net_wait(int timeout);

/* Begins to connect. What does not work is told as a failure. NULL: there is no memory for it. */
struct net_tcp* net_tcp_connect(const char* address, uint16_t port, bool no_delay);

/* Releases the connection at once. What was written is sent if that takes no time, or else lost. */
void net_tcp_close(struct net_tcp* tcp);

/* The events since this was called last: bits of enum net_event. */
unsigned net_tcp_events(struct net_tcp* tcp);

/* How many bytes wait to be read. */
size_t net_tcp_readable(const struct net_tcp* tcp);

/* Takes the oldest `size` bytes, which must not be more than are readable. It makes room for more to come. */
void net_tcp_read(struct net_tcp* tcp, void* bytes, size_t size);

/* How many bytes may be written; -1: the connection does not stand yet. */
int net_tcp_writable(const struct net_tcp* tcp);

/*
 * Writes a copy of `size` bytes, which must not be more than are writable. Returns false when they are dropped,
 * because the connection is broken; one that the peer has ended (half closed) still takes them.
 */
bool net_tcp_write(struct net_tcp* tcp, const void* bytes, size_t size);

/*
 * Why nothing more will be received; NULL as long as something may be. Bytes can still wait to be read, but no
 * more will come. "connection-closed": the peer has ended the connection in good order.
 */
const struct net_failure* net_tcp_failure(const struct net_tcp* tcp);

/* Opens a socket; `port` 0: any free one. A port that is taken is a failure. NULL: there is no memory for it. */
struct net_udp* net_udp_open(uint16_t port);

void net_udp_close(struct net_udp* udp);

/* The events since this was called last. NET_WRITABLE is none of them. */
unsigned net_udp_events(struct net_udp* udp);

/* Sends a datagram. What does not work is told as a failure; others can be sent after it. */
void net_udp_send(struct net_udp* udp, const void* bytes, size_t size, const char* address, uint16_t port);

/* How many datagrams wait to be read. */
size_t net_udp_waiting(const struct net_udp* udp);

/* The size of the oldest of them, which there must be. */
size_t net_udp_size(const struct net_udp* udp);

/* Takes it: all its bytes, and where it came from. */
void net_udp_receive(struct net_udp* udp, void* bytes, char address[NET_ADDRESS_SIZE], uint16_t* port);

/* The latest failure, there being one after NET_FAILED. */
const struct net_failure* net_udp_failure(const struct net_udp* udp);

#endif
