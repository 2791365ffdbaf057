/*
 * What XS has to know of the platform it runs on. XS includes this in every file of its own (XSPLATFORM),
 * and after it fills in whatever is not defined here.
 */
#ifndef PIPIT_XS_PLATFORM_H
#define PIPIT_XS_PLATFORM_H

#ifdef __linux__
#undef mxLinux
#define mxLinux 1
#endif

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <pthread.h> /* XS asks for the limit of the C stack, which is this computer's */
#endif

#include "system-heap.h"

/* Fields of ours in each machine. XS itself uses the waiter fields, for Atomics. */
#define mxMachinePlatform \
	struct arena* arena; \
	int promise_jobs; \
	void* waiterCondition; \
	void* waiterData; \
	void* waiterLink;

/* What XS brings itself; everything else is in platform.c, arena.c, abort.c and modules.c. */
#define mxUseDefaultBuildKeys 1
#define mxUseDefaultSharedChunks 1

/* What XS allocates apart from chunks and slots: it comes out of the system's heap on a microcontroller. */
#define c_malloc system_malloc
#define c_calloc system_calloc
#define c_realloc system_realloc
#define c_free system_free
#define c_malloc_uint32 system_malloc
#define c_free_uint32 system_free

#define C_PATH_MAX 256

#endif
