/* The processor: sleep, the instructions it has executed, and the C stack. */
#ifndef PIPIT_CHIP_PROCESSOR_H
#define PIPIT_CHIP_PROCESSOR_H

#include <stddef.h>
#include <stdint.h>

/* Bytes at the end of the C stack that nothing can touch. A function with more variables could step over it. */
#define STACK_GUARD 1024

/* To be called once the image is sealed: guards the C stack, and lets devices end a sleep. */
void processor_start(void);

/* Sleeps until a device wants something, or until the clock shows `tick`. May return earlier. */
void processor_sleep(uint64_t tick);

/* Instructions so far, without the time asleep: a number only when QEMU counts them (-icount shift=0). */
uint64_t processor_instructions(void);

/* Leaves those out that were executed since there were `since` of them. */
void processor_leave_out(uint64_t since);

/* The most bytes that there ever were on the C stack. */
size_t processor_stack_peak(void);

#endif
