#include "clock.h"

#include <stdbool.h>
#include <sys/time.h>
#include <time.h>

/* The timer of the RISC-V machine mode, at 10 MHz on this board. */
#define TIME_LOW (*(volatile uint32_t*)0x0200bff8)
#define TIME_HIGH (*(volatile uint32_t*)0x0200bffc)
#define NANOSECONDS_PER_TICK 100

/*
 * The real-time clock, in nanoseconds since 1970. It stands for what sets the clock of a board in the field,
 * SNTP or a chip with a battery; QEMU's -rtc sets it to something else.
 */
#define RTC_LOW (*(volatile uint32_t*)0x00101000) /* reading it keeps the other still */
#define RTC_HIGH (*(volatile uint32_t*)0x00101004)

uint64_t clock_ticks(void) {
	for (;;) {
		uint32_t high = TIME_HIGH;
		uint32_t low = TIME_LOW;
		if (high == TIME_HIGH) return (uint64_t)high << 32 | low;
	}
}

/* Nanoseconds since 1970 at tick 0: the clock is set once, and counts by itself from then on. */
static int64_t epoch(void) {
	static int64_t at_start;
	static bool set;
	if (!set) {
		uint32_t low = RTC_LOW;
		at_start = (int64_t)((uint64_t)RTC_HIGH << 32 | low) - (int64_t)clock_ticks() * NANOSECONDS_PER_TICK;
		set = true;
	}
	return at_start;
}

int clock_gettime(clockid_t clock, struct timespec* now) {
	int64_t time = (int64_t)clock_ticks() * NANOSECONDS_PER_TICK;
	if (clock == CLOCK_REALTIME) time += epoch();
	now->tv_sec = time / 1000000000;
	now->tv_nsec = (long)(time % 1000000000);
	return 0;
}

int gettimeofday(struct timeval* restrict now, void* restrict zone) {
	struct timespec time;
	clock_gettime(CLOCK_REALTIME, &time);
	now->tv_sec = time.tv_sec;
	now->tv_usec = time.tv_nsec / 1000;
	return 0;
}
