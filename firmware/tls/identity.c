#include "identity.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The tags of GeneralName (RFC 5280 4.2.1.6). */
enum {
	DNS_NAME = 0x82,
	IP_ADDRESS = 0x87,
};

/* Four numbers up to 255, without zeros in front, which some read as octal. Returns where it ends, or NULL. */
static const char* read_ipv4(uint8_t* address, const char* text) {
	for (int i = 0; i < 4; i++) {
		if (i > 0 && *text++ != '.') return NULL;
		if (!isdigit((unsigned char)*text) || (*text == '0' && isdigit((unsigned char)text[1]))) return NULL;
		unsigned number = 0;
		while (isdigit((unsigned char)*text) && number <= 255) number = number * 10 + (unsigned)(*text++ - '0');
		if (number > 255) return NULL;
		address[i] = (uint8_t)number;
	}
	return text;
}

/* Up to four hexadecimal digits. Returns where they end, or NULL. */
static const char* read_group(uint8_t* address, const char* text) {
	unsigned number = 0;
	int digits = 0;
	for (; isxdigit((unsigned char)*text) && digits < 4; text++, digits++) {
		char digit = (char)tolower((unsigned char)*text);
		number = number << 4 | (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
	}
	address[0] = (uint8_t)(number >> 8);
	address[1] = (uint8_t)number;
	return digits == 0 ? NULL : text;
}

/* RFC 4291 2.2. Returns whether the whole text is an address. */
static bool read_ipv6(uint8_t* address, const char* text) {
	uint8_t bytes[16] = {0};
	size_t size = 0;
	size_t gap = sizeof bytes; /* where `::` stands; at the end: nowhere */
	if (text[0] == ':' && text[1] != ':') return false;
	while (*text != '\0') {
		if (text[0] == ':' && text[1] == ':') {
			if (gap < sizeof bytes) return false;
			gap = size;
			text += 2;
			if (*text == '\0') break;
		} else if (size > 0 && *text++ != ':') {
			return false;
		}
		const char* end;
		if (size <= 12 && (end = read_ipv4(bytes + size, text)) != NULL && *end == '\0') {
			size += 4;
		} else {
			if (size == sizeof bytes || (end = read_group(bytes + size, text)) == NULL) return false;
			size += 2;
		}
		text = end;
	}
	if (gap == sizeof bytes ? size != sizeof bytes : size > sizeof bytes - 2) return false;
	memset(address, 0, sizeof bytes);
	size_t behind = gap < size ? size - gap : 0;
	memcpy(address, bytes, size - behind);
	memcpy(address + sizeof bytes - behind, bytes + size - behind, behind);
	return true;
}

/* Labels of 1 to 63 letters, digits, `-` or `_`; the last is no number, or it would be an address of a kind. */
static bool is_domain_name(const char* text) {
	size_t length = 0;
	bool is_number = true;
	for (; *text != '\0'; text++) {
		if (*text == '.') {
			if (length == 0) return false;
			length = 0;
			is_number = true;
			continue;
		}
		if (!isalnum((unsigned char)*text) && *text != '-' && *text != '_') return false;
		if (++length > 63) return false;
		is_number = is_number && isdigit((unsigned char)*text);
	}
	return length > 0 && !is_number;
}

bool identity_read(struct identity* identity, const char* text) {
	memset(identity, 0, sizeof *identity);
	size_t length = strlen(text);
	if (length >= sizeof identity->name) return false;
	for (size_t i = 0; i < length; i++) identity->name[i] = (char)tolower((unsigned char)text[i]);
	const char* end = read_ipv4(identity->address, text);
	if (end != NULL && *end == '\0') identity->address_size = 4;
	else if (strchr(text, ':') != NULL && read_ipv6(identity->address, text)) identity->address_size = 16;
	else return is_domain_name(text);
	return true;
}

static bool equals(const char* name, const uint8_t* presented, size_t size) {
	if (strlen(name) != size) return false;
	for (size_t i = 0; i < size; i++)
		if (name[i] != tolower(presented[i])) return false;
	return true;
}

/* As OpenSSL, a wildcard must leave two labels at least: nobody has all of `.org`. */
static bool matches_name(const char* name, const uint8_t* presented, size_t size) {
	if (size < 2 || presented[0] != '*') return equals(name, presented, size);
	const char* rest = strchr(name, '.');
	return rest != NULL && strchr(rest + 1, '.') != NULL && equals(rest, presented + 1, size - 1);
}

bool identity_matches(const struct identity* identity, const mbedtls_x509_crt* certificate) {
	const mbedtls_x509_sequence* at = &certificate->subject_alt_names;
	for (; at != NULL && at->buf.p != NULL; at = at->next) {
		if (identity->address_size == 0) {
			if (at->buf.tag == DNS_NAME && matches_name(identity->name, at->buf.p, at->buf.len)) return true;
		} else if (at->buf.tag == IP_ADDRESS && at->buf.len == identity->address_size &&
				   memcmp(at->buf.p, identity->address, at->buf.len) == 0) {
			return true;
		}
	}
	return false;
}

void identity_list(const mbedtls_x509_crt* certificate, char* text, size_t size) {
	text[0] = '\0';
	size_t length = 0;
	const mbedtls_x509_sequence* at = &certificate->subject_alt_names;
	for (; at != NULL && at->buf.p != NULL; at = at->next) {
		if (at->buf.tag != DNS_NAME && at->buf.tag != IP_ADDRESS) continue;
		const char* comma = length > 0 ? ", " : "";
		if (at->buf.tag == IP_ADDRESS) {
			length += (size_t)snprintf(text + length, size - length, "%san address", comma);
		} else {
			length += (size_t)snprintf(text + length, size - length, "%s", comma);
			/* Whatever a stranger has put there, what is logged has no control characters. */
			for (size_t i = 0; i < at->buf.len && length + 1 < size; i++, text[length] = '\0')
				text[length++] = isgraph(at->buf.p[i]) ? (char)at->buf.p[i] : '?';
		}
		if (length + 1 >= size) return;
	}
}
