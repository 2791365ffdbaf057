#include "verify.h"

#include <mbedtls/md.h>
#include <stdio.h>
#include <string.h>

#include "mbedtls-compat.h"

#define REFUSED "certificate-invalid"

static const uint32_t OWN_CHECKS =
	MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE | MBEDTLS_X509_BADCERT_CN_MISMATCH;

/* Seconds since the epoch. Years begin in March here, so that a leap day is the last of one. */
static int64_t seconds_of(const mbedtls_x509_time* time) {
	int64_t year = time->mon > 2 ? time->year : time->year - 1;
	int64_t month = (time->mon + 9) % 12;
	int64_t days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + time->day - 1 - 719468;
	return ((days * 24 + time->hour) * 60 + time->min) * 60 + time->sec;
}

static bool is_same(const mbedtls_x509_buf* one, const mbedtls_x509_buf* other) {
	return one->len > 0 && one->len == other->len && memcmp(one->p, other->p, one->len) == 0;
}

/* Why nobody trusted vouches for this certificate, the last that mbedTLS found going up. */
static const char* reason_for_distrust(const mbedtls_x509_crt* certificate, int depth) {
	if (is_same(&certificate->issuer_raw, &certificate->subject_raw))
		return depth == 0 ? "it is self-signed, and not among the trusted ones" : "its authority is not trusted";
	for (const mbedtls_x509_crt* above = certificate->next; above != NULL; above = above->next) {
		if (!is_same(&certificate->issuer_raw, &above->subject_raw)) continue;
		return TLS_IS_AUTHORITY(above) ? "its signature is wrong, or of one who may not sign certificates"
									   : "it was signed with a certificate that is no authority's";
	}
	return "its authority is not trusted, or the server does not send the certificates between";
}

static void set_name_failure(struct failure* failure, const struct identity* identity, const mbedtls_x509_crt* leaf) {
	char names[100];
	identity_list(leaf, names, sizeof names);
	if (names[0] == '\0')
		failure_set(failure, REFUSED, "the server's certificate has no subject alternative name, so it is not for %s",
			identity->name);
	else failure_set(failure, REFUSED, "the server's certificate is for %s, not for %.60s", names, identity->name);
}

static void check_dates(struct verifier* verifier, const mbedtls_x509_crt* certificate, int depth, uint32_t* flags) {
	const char* whose = depth == 0 ? "the server's certificate" : "an authority that the server's certificate rests on";
	const mbedtls_x509_time* end = &certificate->valid_to;
	const mbedtls_x509_time* start = &certificate->valid_from;
	if (verifier->now > seconds_of(end)) {
		*flags |= MBEDTLS_X509_BADCERT_EXPIRED;
		failure_set(&verifier->failure, REFUSED, "%s expired on %04d-%02d-%02d", whose, end->year, end->mon, end->day);
	}
	/* Without a clock, only that time has passed is known, not how much. */
	if (verifier->is_clock_set && verifier->now < seconds_of(start)) {
		*flags |= MBEDTLS_X509_BADCERT_FUTURE;
		failure_set(&verifier->failure, REFUSED, "%s is not valid before %04d-%02d-%02d; is the clock right?", whose,
			start->year, start->mon, start->day);
	}
}

/* With the hash of the signature, but for MD5 and SHA-1 with SHA-256 (RFC 5929 4.1). */
static bool hash_certificate(struct verifier* verifier, const mbedtls_x509_crt* certificate) {
	mbedtls_md_type_t type = TLS_SIGNATURE_HASH(certificate);
	if (type != MBEDTLS_MD_SHA384 && type != MBEDTLS_MD_SHA512) type = MBEDTLS_MD_SHA256;
	const mbedtls_md_info_t* hash = mbedtls_md_info_from_type(type);
	if (hash == NULL || mbedtls_md(hash, certificate->raw.p, certificate->raw.len, verifier->hash) != 0) return false;
	verifier->hash_size = mbedtls_md_get_size(hash);
	return true;
}

/* mbedTLS calls it for each certificate, from the authority (the highest depth) down to the server's own (0). */
static int verify(void* context, mbedtls_x509_crt* certificate, int depth, uint32_t* flags) {
	struct verifier* verifier = context;
	verifier->is_done = true;
	*flags &= ~OWN_CHECKS;
	check_dates(verifier, certificate, depth, flags);
	if (*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
		failure_set(&verifier->failure, REFUSED, "%s cannot be trusted: %s",
			depth == 0 ? "the server's certificate" : "an authority that the server's certificate rests on",
			reason_for_distrust(certificate, depth));
	if (depth > 0) return 0;

	if (!identity_matches(&verifier->identity, certificate)) {
		*flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
		set_name_failure(&verifier->failure, &verifier->identity, certificate);
	}
	return hash_certificate(verifier, certificate) ? 0 : MBEDTLS_ERR_X509_ALLOC_FAILED;
}

void verifier_attach(struct verifier* verifier, mbedtls_ssl_config* config) {
	mbedtls_ssl_conf_verify(config, verify, verifier);
}

void verifier_explain(struct verifier* verifier, uint32_t flags) {
	static const struct {
		uint32_t flag;
		const char* text;
	} reasons[] = {
		{MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, "the server's certificate is not for a server (extended key usage)"},
		{MBEDTLS_X509_BADCERT_KEY_USAGE, "the key of the server's certificate is not for this use (key usage)"},
		{MBEDTLS_X509_BADCERT_BAD_KEY, "the server's certificate, or one that it rests on, has a weak key"},
		{MBEDTLS_X509_BADCERT_BAD_PK, "the server's certificate, or one that it rests on, has an unknown kind of key"},
		{MBEDTLS_X509_BADCERT_BAD_MD, "the server's certificate, or one that it rests on, is signed with a weak hash"},
		{MBEDTLS_X509_BADCERT_MISSING, "the server sent no certificate"},
	};
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (flags & reasons[i].flag) failure_set(&verifier->failure, REFUSED, "%s", reasons[i].text);
	failure_set(&verifier->failure, REFUSED, "the server's certificate cannot be verified (flags 0x%lx)",
		(unsigned long)flags);
}
