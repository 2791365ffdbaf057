/*
 * Feeds the engine what no good server sends: fuzz PORT NAME AUTHORITIES NOW SEED COUNT.
 *
 * The random bytes that it gets are the same every time, so what a server sent to it once it accepts again: that is
 * recorded, and then fed to it COUNT times with damage, and as often with no memory at some point. Whatever comes of
 * it, nothing may crash, leak, or be read that the server did not write.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tls.h"

static const char LINE[] = "What the server sends back, and nothing else, may be read.";

static struct tls_settings settings;
static uint8_t recorded[65536];
static size_t recorded_size;

/* Pseudo-random numbers: those of the engine begin anew with each connection, those of the damage go on. */

static uint32_t next(uint32_t* state) {
	*state ^= *state << 13;
	*state ^= *state >> 17;
	return *state ^= *state << 5;
}

static uint32_t engine_state;
static uint32_t damage_state;

int tls_random(void* context, unsigned char* bytes, size_t size) {
	for (size_t i = 0; i < size; i++) bytes[i] = (unsigned char)(next(&engine_state) >> 11);
	return 0;
}

static size_t below(size_t limit) {
	return limit == 0 ? 0 : next(&damage_state) % limit;
}

/* Memory: all of it must come back, and there may be none after so many pieces. */

static size_t pieces;
static size_t pieces_left = SIZE_MAX;

void* tls_heap_calloc(size_t count, size_t size) {
	if (pieces_left == 0) return NULL;
	pieces_left--;
	void* block = calloc(count, size);
	if (block != NULL) pieces++;
	return block;
}

void tls_heap_free(void* block) {
	if (block == NULL) return;
	pieces--;
	free(block);
}

static void insist(bool condition, const char* what) {
	if (condition) return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static struct tls* begin(void) {
	engine_state = 0x9e3779b9;
	struct tls* tls = tls_create(&settings);
	if (tls != NULL) tls_feed(tls, NULL, 0);
	return tls;
}

/* Connects to the server, and keeps what it sends. */
static void record(int port) {
	int network = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	insist(connect(network, (struct sockaddr*)&address, sizeof address) == 0, "the server cannot be reached");
	struct tls* tls = begin();
	bool is_sent = false;
	for (ssize_t size = 0; tls_readable(tls) < sizeof LINE; recorded_size += (size_t)size) {
		uint8_t bytes[8192];
		for (size_t count; (count = tls_pull(tls, bytes, sizeof bytes)) > 0;) send(network, bytes, count, MSG_NOSIGNAL);
		size = recv(network, recorded + recorded_size, sizeof recorded - recorded_size, 0);
		insist(size > 0, "the server has ended the connection");
		insist(tls_feed(tls, recorded + recorded_size, (size_t)size) == (size_t)size, tls_failure(tls)->text);
		if (tls_writable(tls) > 0 && !is_sent) is_sent = tls_write(tls, LINE, sizeof LINE);
	}
	tls_destroy(tls);
	close(network);
}

/* Feeds it in pieces of any size. Returns the state that it came to. */
static int replay(const uint8_t* bytes, size_t size) {
	char answer[sizeof LINE + 1] = {0};
	size_t length = 0;
	bool is_sent = false;
	struct tls* tls = begin();
	if (tls == NULL) return TLS_FAILED;
	for (size_t at = 0; at < size && tls_state(tls) < TLS_ENDED;) {
		uint8_t output[500];
		while (tls_pull(tls, output, 1 + below(sizeof output)) > 0) {
		}
		size_t piece = 1 + below(below(4) == 0 ? 5 : 2000);
		at += tls_feed(tls, bytes + at, piece < size - at ? piece : size - at);
		if (tls_writable(tls) > 0 && !is_sent) is_sent = tls_write(tls, LINE, sizeof LINE);
		length += tls_read(tls, answer + length, sizeof answer - length);
		insist(length <= sizeof LINE && memcmp(answer, LINE, length) == 0, "what was read is not what was sent");
	}
	uint8_t session[3000];
	tls_save_session(tls, session, sizeof session);
	int state = tls_state(tls);
	insist(state != TLS_FAILED || tls_failure(tls)->condition != NULL, "it failed without a reason");
	tls_end(tls);
	tls_destroy(tls);
	return state;
}

static size_t damage(uint8_t* bytes) {
	size_t size = recorded_size;
	memcpy(bytes, recorded, size);
	for (size_t times = 1 + below(3); times > 0; times--) {
		size_t at = below(size);
		size_t length = 1 + below(below(2) == 0 ? 4 : size - at);
		if (length > size - at) length = size - at;
		switch (below(5)) {
		case 0: /* other bytes */
			for (size_t i = 0; i < length && i < 8; i++) bytes[at + i] = (uint8_t)below(256);
			break;
		case 1: /* a bit */
			bytes[at] ^= (uint8_t)(1 << below(8));
			break;
		case 2: /* the end is missing */
			size = at;
			break;
		case 3: /* a part is missing */
			memmove(bytes + at, bytes + at + length, size - at - length);
			size -= length;
			break;
		default: /* a part comes twice */
			if (size + length > sizeof recorded) break;
			memmove(bytes + at + length, bytes + at, size - at);
			size += length;
		}
		if (size == 0) break;
	}
	return size;
}

int main(int count, char* arguments[]) {
	if (count < 7) return EXIT_FAILURE;
	static char authorities[65536];
	FILE* file = fopen(arguments[3], "rb");
	if (file == NULL) return EXIT_FAILURE;
	size_t size = fread(authorities, 1, sizeof authorities - 1, file);
	fclose(file);
	settings = (struct tls_settings){
		.server_name = arguments[2],
		.authorities = {(const uint8_t*)authorities, size + 1},
		.now = atoll(arguments[4]),
		.is_clock_set = true,
	};
	damage_state = (uint32_t)atoll(arguments[5]) | 1;
	record(atoi(arguments[1]));
	insist(replay(recorded, recorded_size) == TLS_OPEN, "what was recorded is not accepted again");

	size_t kept = pieces; /* by mbedTLS for good, from 3.0 on */
	int states[TLS_FAILED + 1] = {0};
	for (int times = atoi(arguments[6]); times > 0; times--) {
		static uint8_t bytes[sizeof recorded];
		states[replay(bytes, damage(bytes))]++;
		insist(pieces == kept, "memory has leaked");
	}
	for (int times = atoi(arguments[6]); times > 0; times--) {
		pieces_left = below(600);
		states[replay(recorded, recorded_size)]++;
		pieces_left = SIZE_MAX;
		insist(pieces == kept, "memory has leaked when there was none");
	}
	printf("handshake %d, open %d, ended %d, failed %d\n", states[0], states[1], states[2], states[3]);
	return EXIT_SUCCESS;
}
