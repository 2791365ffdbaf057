/*
 * Connects the engine to a server on this machine: client PORT NAME AUTHORITIES NOW [PROTOCOL].
 *
 * AUTHORITIES is a file of PEM, and NOW seconds since the epoch, or `-` and seconds that surely have passed. For each
 * line on its input it makes a connection, on which it sends the line and waits for as many bytes; each goes on with
 * the session of the one before. Prints a line of JSON for each.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tls.h"

static uint8_t session[4096];
static size_t session_size;

int tls_random(void* context, unsigned char* bytes, size_t size) {
	return getrandom(bytes, size, 0) == (ssize_t)size ? 0 : -1;
}

static int connect_to(int port) {
	int network = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(network, (struct sockaddr*)&address, sizeof address) == 0) return network;
	perror("connect");
	exit(EXIT_FAILURE);
}

/* Small pieces, for records to come and go in parts. */
static void flush(struct tls* tls, int network) {
	uint8_t bytes[100];
	for (size_t size; (size = tls_pull(tls, bytes, sizeof bytes)) > 0;)
		if (send(network, bytes, size, MSG_NOSIGNAL) < 0) return;
}

/* Returns whether there was anything. */
static bool receive(struct tls* tls, int network) {
	uint8_t bytes[100];
	ssize_t size = recv(network, bytes, sizeof bytes, 0);
	for (ssize_t fed = 0; fed < size;) {
		size_t count = tls_feed(tls, bytes + fed, (size_t)(size - fed));
		if (count == 0) break;
		fed += (ssize_t)count;
	}
	return size > 0;
}

static void print_hexadecimal(const char* name, const uint8_t* bytes, size_t size) {
	printf(",\"%s\":\"", name);
	for (size_t i = 0; i < size; i++) printf("%02x", bytes[i]);
	printf("\"");
}

static void print(struct tls* tls, const char* answer) {
	const struct failure* failure = tls_failure(tls);
	printf("{\"state\":%d,\"answer\":\"%s\"", tls_state(tls), answer);
	if (failure->condition != NULL) printf(",\"condition\":\"%s\",\"text\":\"%s\"", failure->condition, failure->text);
	printf(",\"isResumed\":%s", tls_is_resumed(tls) ? "true" : "false");
	uint8_t key[64];
	print_hexadecimal("certificateHash", key, tls_certificate_hash(tls, key));
	print_hexadecimal("exporter", key, tls_export(tls, "EXPORTER-Channel-Binding", key, 32) ? 32 : 0);
	printf("}\n");
	fflush(stdout);
}

static void exchange(const struct tls_settings* settings, int port, const char* line) {
	char answer[200] = "";
	size_t expected = strlen(line);
	struct tls* tls = tls_create(settings);
	int network = connect_to(port);
	tls_feed(tls, NULL, 0);
	flush(tls, network);
	bool is_sent = false;
	while (tls_state(tls) < TLS_ENDED && strlen(answer) < expected && receive(tls, network)) {
		if (tls_writable(tls) > 0 && !is_sent) is_sent = tls_write(tls, line, expected);
		size_t size = strlen(answer);
		tls_read(tls, answer + size, expected - size);
		flush(tls, network);
	}
	size_t size = tls_save_session(tls, session, sizeof session);
	if (size > 0) session_size = size;
	print(tls, answer);
	tls_end(tls);
	flush(tls, network);
	close(network);
	tls_destroy(tls);
}

int main(int count, char* arguments[]) {
	if (count < 5) return EXIT_FAILURE;
	static char authorities[65536];
	FILE* file = fopen(arguments[3], "rb");
	if (file == NULL) return EXIT_FAILURE;
	size_t size = fread(authorities, 1, sizeof authorities - 1, file);
	fclose(file);
	char protocols[100] = ""; /* with the zeros behind the list */
	if (count > 5) snprintf(protocols, sizeof protocols - 1, "%s", arguments[5]);
	bool is_clock_set = arguments[4][0] != '-';
	for (char line[100]; fgets(line, sizeof line, stdin) != NULL;) {
		line[strcspn(line, "\n")] = '\0';
		struct tls_settings settings = {
			.server_name = arguments[2],
			.authorities = {(const uint8_t*)authorities, size + 1},
			.protocols = count > 5 ? protocols : NULL,
			.now = atoll(arguments[4] + !is_clock_set),
			.is_clock_set = is_clock_set,
			.session = {session, session_size},
		};
		exchange(&settings, atoi(arguments[1]), line);
	}
	return EXIT_SUCCESS;
}
