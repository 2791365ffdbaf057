#include "native-net.h"

#include "machine.h"
#include "net.h"
#include "system-heap.h"
#include "xs.h"
#include "xsmc.h"

/* One of `tcp` and `udp` is there. Programs know it by its handle. */
struct socket {
	struct socket* next;
	int handle;
	struct net_tcp* tcp;
	struct net_udp* udp;
	unsigned due; /* events to tell, beside those of the network */
	unsigned now; /* events that are being told */
	xsSlot callback; /* (events: number) => void */
};

static struct socket* first;
static int last_handle;

static struct socket** place_of(int handle) {
	struct socket** place = &first;
	while (*place != NULL && (*place)->handle != handle) place = &(*place)->next;
	return place;
}

static struct socket* socket_of(xsMachine* the, xsSlot* handle) {
	struct socket* socket = *place_of(xsmcToInteger(*handle));
	if (socket == NULL) xsUnknownError("the socket is closed");
	return socket;
}

static struct net_tcp* tcp_of(xsMachine* the, xsSlot* handle) {
	struct net_tcp* tcp = socket_of(the, handle)->tcp;
	if (tcp == NULL) xsTypeError("not a TCP socket");
	return tcp;
}

static struct net_udp* udp_of(xsMachine* the, xsSlot* handle) {
	struct net_udp* udp = socket_of(the, handle)->udp;
	if (udp == NULL) xsTypeError("not a UDP socket");
	return udp;
}

/* A copy, which stays where it is while the machine allocates. Texts that are too long are no addresses. */
struct address {
	char text[NET_ADDRESS_SIZE];
};

static struct address address_of(xsMachine* the, xsSlot* slot) {
	struct address address = {""};
	const char* text = xsmcToString(*slot);
	if (strlen(text) < sizeof address.text) strcpy(address.text, text);
	return address;
}

/* They point into the machine's heap, where everything may move as soon as something is allocated. */
struct bytes {
	void* at;
	xsUnsignedValue size;
};

static struct bytes readable_bytes(xsMachine* the, xsSlot* slot) {
	struct bytes bytes;
	xsmcGetBufferReadable(*slot, &bytes.at, &bytes.size);
	return bytes;
}

/* isAddress(text: string): boolean */
static void native_is_address(xsMachine* the) {
	xsmcSetBoolean(xsResult, net_is_address(address_of(the, &xsArg(0)).text));
}

static struct socket* new_socket(xsMachine* the) {
	struct socket* socket = system_calloc(1, sizeof *socket);
	if (socket == NULL) xsUnknownError("no memory for a socket");
	return socket;
}

static void add_socket(xsMachine* the, struct socket* socket, xsSlot* callback) {
	if (socket->tcp == NULL && socket->udp == NULL) {
		system_free(socket);
		xsUnknownError("no memory for a socket");
	}
	socket->handle = ++last_handle;
	socket->callback = *callback;
	xsRemember(socket->callback);
	socket->next = first;
	first = socket;
	xsmcSetInteger(xsResult, socket->handle);
}

/* tcpConnect(address: string, port: number, noDelay: boolean, callback: (events: number) => void): number */
static void native_tcp_connect(xsMachine* the) {
	struct address address = address_of(the, &xsArg(0));
	uint16_t port = (uint16_t)xsmcToInteger(xsArg(1));
	bool no_delay = xsmcToBoolean(xsArg(2));
	struct socket* socket = new_socket(the);
	socket->tcp = net_tcp_connect(address.text, port, no_delay);
	add_socket(the, socket, &xsArg(3));
}

/* tcpTakeOver(handle: number, callback: (events: number) => void): void; everything is told once more */
static void native_tcp_take_over(xsMachine* the) {
	struct socket* socket = socket_of(the, &xsArg(0));
	xsForget(socket->callback);
	socket->callback = xsArg(1);
	xsRemember(socket->callback);
	socket->now = 0;
	socket->due = NET_WRITABLE | NET_READABLE | NET_FAILED;
}

/* tcpReadable(handle: number): number */
static void native_tcp_readable(xsMachine* the) {
	xsmcSetInteger(xsResult, (xsIntegerValue)net_tcp_readable(tcp_of(the, &xsArg(0))));
}

/* tcpRead(handle: number, buffer: Uint8Array): void, as many as fill it; no more than are readable */
static void native_tcp_read(xsMachine* the) {
	struct socket* socket = socket_of(the, &xsArg(0));
	struct net_tcp* tcp = tcp_of(the, &xsArg(0));
	struct bytes buffer;
	xsmcGetBufferWritable(xsArg(1), &buffer.at, &buffer.size);
	if (buffer.size > net_tcp_readable(tcp)) xsRangeError("more bytes than are readable");
	net_tcp_read(tcp, buffer.at, buffer.size);
	socket->due |= NET_FAILED; /* it waits for everything to be read */
}

/* tcpWritable(handle: number): number; -1: the connection does not stand yet */
static void native_tcp_writable(xsMachine* the) {
	xsmcSetInteger(xsResult, net_tcp_writable(tcp_of(the, &xsArg(0))));
}

/* tcpWrite(handle: number, data: Bytes): boolean, whether it was taken; no more than are writable */
static void native_tcp_write(xsMachine* the) {
	struct net_tcp* tcp = tcp_of(the, &xsArg(0));
	struct bytes data = readable_bytes(the, &xsArg(1));
	int writable = net_tcp_writable(tcp);
	if (writable < 0 || data.size > (xsUnsignedValue)writable) xsRangeError("more bytes than are writable");
	xsmcSetBoolean(xsResult, net_tcp_write(tcp, data.at, data.size));
}

/* socketFailure(handle: number): [condition: string, text: string] | undefined */
static void native_socket_failure(xsMachine* the) {
	struct socket* socket = socket_of(the, &xsArg(0));
	const struct net_failure* failure =
		socket->tcp != NULL ? net_tcp_failure(socket->tcp) : net_udp_failure(socket->udp);
	if (failure == NULL) return;
	xsmcVars(1);
	xsmcSetNewArray(xsResult, 0);
	xsmcSetString(xsVar(0), (char*)failure->condition);
	xsmcSetIndex(xsResult, 0, xsVar(0));
	xsmcSetString(xsVar(0), (char*)failure->text);
	xsmcSetIndex(xsResult, 1, xsVar(0));
}

/* closeSocket(handle: number): void */
static void native_close_socket(xsMachine* the) {
	struct socket* socket = socket_of(the, &xsArg(0));
	*place_of(socket->handle) = socket->next;
	if (socket->tcp != NULL) net_tcp_close(socket->tcp);
	if (socket->udp != NULL) net_udp_close(socket->udp);
	xsForget(socket->callback);
	system_free(socket);
}

/* udpOpen(port: number, callback: (events: number) => void): number; port 0: any free one */
static void native_udp_open(xsMachine* the) {
	uint16_t port = (uint16_t)xsmcToInteger(xsArg(0));
	struct socket* socket = new_socket(the);
	socket->udp = net_udp_open(port);
	add_socket(the, socket, &xsArg(1));
}

/* udpSend(handle: number, data: Bytes, address: string, port: number): void */
static void native_udp_send(xsMachine* the) {
	struct net_udp* udp = udp_of(the, &xsArg(0));
	struct address address = address_of(the, &xsArg(2));
	uint16_t port = (uint16_t)xsmcToInteger(xsArg(3));
	struct bytes data = readable_bytes(the, &xsArg(1));
	net_udp_send(udp, data.at, data.size, address.text, port);
}

/* udpWaiting(handle: number): number */
static void native_udp_waiting(xsMachine* the) {
	xsmcSetInteger(xsResult, (xsIntegerValue)net_udp_waiting(udp_of(the, &xsArg(0))));
}

/* udpReceive(handle: number): ArrayBuffer & { address: string; port: number } | undefined */
static void native_udp_receive(xsMachine* the) {
	struct net_udp* udp = udp_of(the, &xsArg(0));
	char address[NET_ADDRESS_SIZE];
	uint16_t port;
	if (net_udp_waiting(udp) == 0) return;
	xsmcVars(1);
	xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)net_udp_size(udp));
	net_udp_receive(udp, xsmcToArrayBuffer(xsResult), address, &port);
	xsmcSetString(xsVar(0), address);
	xsmcSet(xsResult, xsID("address"), xsVar(0));
	xsmcSetInteger(xsVar(0), port);
	xsmcSet(xsResult, xsID("port"), xsVar(0));
}

const struct native net_natives[] = {
	{"isAddress", native_is_address, 1},
	{"tcpConnect", native_tcp_connect, 4},
	{"tcpTakeOver", native_tcp_take_over, 2},
	{"tcpReadable", native_tcp_readable, 1},
	{"tcpRead", native_tcp_read, 2},
	{"tcpWritable", native_tcp_writable, 1},
	{"tcpWrite", native_tcp_write, 2},
	{"socketFailure", native_socket_failure, 1},
	{"closeSocket", native_close_socket, 1},
	{"udpOpen", native_udp_open, 2},
	{"udpSend", native_udp_send, 4},
	{"udpWaiting", native_udp_waiting, 1},
	{"udpReceive", native_udp_receive, 1},
	{0},
};

bool sockets_are_open(void) {
	return first != NULL;
}

bool sockets_are_due(void) {
	for (struct socket* socket = first; socket != NULL; socket = socket->next)
		if (socket->due != 0) return true;
	return false;
}

static void tell(xsMachine* machine, struct socket* socket) {
	xsIntegerValue events = (xsIntegerValue)socket->now;
	socket->now = 0;
	xsBeginHost(machine);
	xsmcVars(2);
	xsVar(0) = xsAccess(socket->callback);
	xsmcSetInteger(xsVar(1), events);
	xsCallFunction1(xsVar(0), xsGlobal, xsVar(1));
	xsEndHost(machine);
	machine_run_jobs(machine);
}

/* Callbacks open and close sockets, so the list is looked through anew after each. */
void sockets_run(txMachine* machine) {
	for (struct socket* socket = first; socket != NULL; socket = socket->next) {
		socket->now = socket->due | (socket->tcp != NULL ? net_tcp_events(socket->tcp) : net_udp_events(socket->udp));
		socket->due = 0;
	}
	for (struct socket* socket = first; socket != NULL;) {
		if (socket->now == 0) {
			socket = socket->next;
		} else {
			tell(machine, socket);
			socket = first;
		}
	}
}
