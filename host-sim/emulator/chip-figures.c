#include "chip-figures.h"

#include <inttypes.h>
#include <lwip/stats.h>

#include "figures.h"
#include "processor.h"
#include "tls-heap.h"

/* From the linker script. */
extern char __heap_start[], __heap_end[], __stack[], stack_limit[];

void chip_figures_print(txMachine* the, char* label) {
	uint64_t instructions = processor_instructions();
	printf("{\"chip\":\"%s\",\"instructions\":%" PRIu64 ",\"stackPeak\":%zu,\"stackSize\":%td,\"heapPeak\":%td,"
		   "\"heapSize\":%td,\"tls\":%zu,\"tlsPeak\":%zu,\"lwipPeak\":%zu,\"buffersPeak\":%zu}\n",
		label, instructions, processor_stack_peak(), __stack - stack_limit, (char*)sbrk(0) - __heap_start,
		__heap_end - __heap_start, tls_heap.current, tls_heap.peak, (size_t)lwip_stats.mem.max, (size_t)lwip_stats.memp[MEMP_PBUF_POOL]->max);
	figures_print(the, label, stdout);
	processor_leave_out(instructions);
}
