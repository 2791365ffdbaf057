/* Who a server should be, and whether a certificate is for it (RFC 9525; RFC 6120 13.7.2). */
#ifndef PIPIT_TLS_IDENTITY_H
#define PIPIT_TLS_IDENTITY_H

#include <mbedtls/x509_crt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct identity {
	char name[254]; /* as text, in lower case */
	uint8_t address[16];
	size_t address_size; /* 0: it is a domain name */
};

/* Reads an IP address, or a domain name in ASCII. False: the text is neither. */
bool identity_read(struct identity* identity, const char* text);

/*
 * Only subject alternative names count, never the common name, and a wildcard only as the whole left-most label
 * (RFC 9525 2 and 6.3).
 */
bool identity_matches(const struct identity* identity, const mbedtls_x509_crt* certificate);

/* Writes the names that a certificate is for, as far as they fit. Empty: it has none. */
void identity_list(const mbedtls_x509_crt* certificate, char* text, size_t size);

#endif
