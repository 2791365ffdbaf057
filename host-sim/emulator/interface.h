/* The network interface of the chip: lwIP's Ethernet over virtio. */
#ifndef PIPIT_CHIP_INTERFACE_H
#define PIPIT_CHIP_INTERFACE_H

#include <stdbool.h>

/* Waits for an address by DHCP, but not for ever. Returns false when there is no interface, or no address. */
bool interface_start(void);

/* Hands lwIP what has arrived, and lets it do what is due. */
void interface_poll(void);

/* Sleeps until something arrives, until lwIP has something to do, or for `timeout` milliseconds (-1: no bound). */
void interface_sleep(int timeout);

#endif
