/* The console: everything that is printed goes out on the serial port, a 16550. */
#include <stdint.h>
#include <stdio.h>

#define UART ((volatile uint8_t*)0x10000000)
#define TRANSMIT 0
#define LINE_STATUS 5
#define TRANSMITTER_EMPTY 0x20

static int put(char character, FILE* file) {
	while ((UART[LINE_STATUS] & TRANSMITTER_EMPTY) == 0) continue;
	UART[TRANSMIT] = (uint8_t)character;
	return (unsigned char)character;
}

static FILE console = FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE);

FILE* const stdin = &console;
FILE* const stdout = &console;
FILE* const stderr = &console;
