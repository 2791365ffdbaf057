/* Hash functions and what is made of them, for host-sim/xs/crypto.ts. */
#ifndef PIPIT_XS_NATIVE_CRYPTO_H
#define PIPIT_XS_NATIVE_CRYPTO_H

#include "xsAll.h"

/* digest(hash: Hash, data: Uint8Array): ArrayBuffer */
void native_digest(txMachine* the);

/* hmac(hash: Hash, key: Uint8Array, data: Uint8Array): ArrayBuffer */
void native_hmac(txMachine* the);

/* pbkdf2(hash: Hash, password: Uint8Array, salt: Uint8Array, iterations: number): ArrayBuffer */
void native_pbkdf2(txMachine* the);

#endif
