#include "processor.h"

#include "virtio.h"

/* From the linker script: the stack grows down from the first to the second. */
extern char __stack[], stack_limit[];

#define PAINT 0x5ac35ac3u

/* The timer's interrupt, and the controller of the devices' (PLIC), as on QEMU's board. */
#define TIMER_COMPARE_LOW (*(volatile uint32_t*)0x02004000)
#define TIMER_COMPARE_HIGH (*(volatile uint32_t*)0x02004004)
#define PLIC_PRIORITY ((volatile uint32_t*)0x0c000000)
#define PLIC_ENABLE (*(volatile uint32_t*)0x0c002000)
#define PLIC_THRESHOLD (*(volatile uint32_t*)0x0c200000)
#define PLIC_CLAIM (*(volatile uint32_t*)0x0c200004)
#define FIRST_DEVICE 1 /* the interrupts of the virtio devices */
#define LAST_DEVICE 8

/* Bits of the register mie. */
#define TIMER_INTERRUPT (1u << 7)
#define DEVICE_INTERRUPT (1u << 11)

static uint64_t not_counted; /* of what the counter of instructions shows */

static void paint_stack(void) {
	uint32_t* here;
	__asm__ volatile("mv %0, sp" : "=r"(here));
	for (volatile uint32_t* word = (uint32_t*)(stack_limit + STACK_GUARD); word < here; word++) *word = PAINT;
}

/* Makes a fault of what would else run into the heap unseen (image.c cites the registers, and has the first two). */
static void guard_stack(void) {
	enum { TOP_OF_RANGE = 1 << 3, LOCKED = 1 << 7 };
	__asm__ volatile("csrw pmpaddr2, %0" : : "r"((uintptr_t)stack_limit >> 2));
	__asm__ volatile("csrw pmpaddr3, %0" : : "r"((uintptr_t)(stack_limit + STACK_GUARD) >> 2));
	__asm__ volatile("csrs pmpcfg0, %0" : : "r"((uint32_t)(LOCKED | TOP_OF_RANGE) << 24));
}

size_t processor_stack_peak(void) {
	const uint32_t* word = (const uint32_t*)(stack_limit + STACK_GUARD);
	while (*word == PAINT) word++;
	return (size_t)(__stack - (const char*)word);
}

/*
 * Interrupts are enabled one by one and not as a whole (mstatus.MIE is 0): they end a sleep, and nothing is
 * ever interrupted.
 */
void processor_start(void) {
	paint_stack();
	guard_stack();
	for (int device = FIRST_DEVICE; device <= LAST_DEVICE; device++) PLIC_PRIORITY[device] = 1;
	PLIC_ENABLE = (2u << LAST_DEVICE) - (1u << FIRST_DEVICE);
	PLIC_THRESHOLD = 0;
	__asm__ volatile("csrw mie, %0" : : "r"(TIMER_INTERRUPT | DEVICE_INTERRUPT));
}

static uint64_t counter(void) {
	for (;;) {
		uint32_t low, high, again;
		__asm__ volatile("csrr %0, minstreth; csrr %1, minstret; csrr %2, minstreth" : "=r"(high), "=r"(low), "=r"(again));
		if (high == again) return (uint64_t)high << 32 | low;
	}
}

void processor_sleep(uint64_t tick) {
	TIMER_COMPARE_HIGH = UINT32_MAX; /* not due in between */
	TIMER_COMPARE_LOW = (uint32_t)tick;
	TIMER_COMPARE_HIGH = (uint32_t)(tick >> 32);
	uint64_t before = counter();
	__asm__ volatile("wfi");
	not_counted += counter() - before; /* it goes on while the processor sleeps */
	for (uint32_t device; (device = PLIC_CLAIM) != 0;) {
		virtio_acknowledge(device);
		PLIC_CLAIM = device;
	}
}

uint64_t processor_instructions(void) {
	return counter() - not_counted;
}

void processor_leave_out(uint64_t since) {
	not_counted += processor_instructions() - since;
}
