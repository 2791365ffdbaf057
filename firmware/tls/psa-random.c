/* Where mbedTLS was built to ask the platform for random bytes by PSA, this is whom it asks. */

#include "mbedtls-compat.h"
#include "tls.h"

#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t* context, uint8_t* bytes, size_t size,
	size_t* count) {
	*count = size;
	return tls_random(NULL, bytes, size) == 0 ? PSA_SUCCESS : PSA_ERROR_INSUFFICIENT_ENTROPY;
}
#endif
