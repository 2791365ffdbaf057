/* Why something failed, in the terms of the firmware's errors. */
#ifndef PIPIT_TLS_FAILURE_H
#define PIPIT_TLS_FAILURE_H

struct failure {
	const char* condition; /* of a ConfigError or TransportError */
	char text[200];
};

/* Sets it, the text as printf does; a text that is too long is cut. Only the first failure counts. */
void failure_set(struct failure* failure, const char* condition, const char* format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
