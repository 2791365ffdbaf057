/* lwIP as ESP-IDF sets it up where that matters for memory, without an operating system and without IPv6. */
#ifndef PIPIT_CHIP_LWIPOPTS_H
#define PIPIT_CHIP_LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_IPV6 0
#define LWIP_DHCP 1
#define DHCP_DOES_ARP_CHECK 0 /* nobody else is on QEMU's network */
#define LWIP_HAVE_LOOPIF 1
#define LWIP_NETIF_LOOPBACK 1 /* 127.0.0.1 is the chip itself */
#define IP_SOF_BROADCAST 1 /* nobody broadcasts who did not ask for it */
#define LWIP_DNS 0 /* the firmware asks for names itself, over UDP */

#define MEM_ALIGNMENT 4
#define MEM_SIZE (8 * 1024)
#define PBUF_POOL_SIZE 12

/* net.h says the same: NET_BUFFER_SIZE. */
#define TCP_MSS 1436
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (4 * TCP_MSS)
#define TCP_SND_QUEUELEN 16
#define MEMP_NUM_TCP_SEG 16
#define MEMP_NUM_PBUF 16

#define LWIP_STATS 1
#define LWIP_STATS_DISPLAY 0

#endif
