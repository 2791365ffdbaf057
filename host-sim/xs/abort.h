/*
 * How a machine ends that cannot go on: the process prints why, and exits with a status of its own for each
 * reason, which is 10 more than XS's number for it.
 */
#ifndef PIPIT_XS_ABORT_H
#define PIPIT_XS_ABORT_H

enum exit_status {
	EXIT_OUT_OF_MEMORY = 11,
	EXIT_STACK_OVERFLOW = 12,
	EXIT_UNHANDLED_EXCEPTION = 15,
	EXIT_OUT_OF_KEYS = 16,
	EXIT_UNHANDLED_REJECTION = 18,
};

#endif
