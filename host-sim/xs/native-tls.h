/* TLS and cryptography, for firmware/tls. */
#ifndef PIPIT_XS_NATIVE_TLS_H
#define PIPIT_XS_NATIVE_TLS_H

#include "natives.h"

extern const struct native tls_natives[];

#endif
