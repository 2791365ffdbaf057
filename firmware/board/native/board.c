/*
 * What the firmware asks of an ESP32 and the Moddable SDK has no module for. All of the board's C is here; each
 * function is a few calls of ESP-IDF 6.0. `sdk/native.ts` gives them their types.
 */

#include <string.h>

#include "driver/uart.h"
#include "esp_heap_caps.h"
#include "esp_mac.h"
#include "esp_random.h"
#include "esp_sleep.h"
#include "esp_system.h"
#include "esp_task_wdt.h"
#include "esp_timer.h"
#include "esp_wifi.h"
#include "nvs_flash/include/nvs_flash.h"
#include "soc/soc_caps.h"
#include "tls.h"
#include "xsHost.h"
#include "xsmc.h"

#if SOC_USB_SERIAL_JTAG_SUPPORTED
#include "esp_driver_usb_serial_jtag/include/driver/usb_serial_jtag.h"
#endif
#if SOC_TEMP_SENSOR_SUPPORTED
#include "esp_driver_tsens/include/driver/temperature_sensor.h"
#endif

/* Bytes that may be asked for at once. */
#define LARGEST_RANDOM 256

/* The console's buffers: between two looks at it, 20 ms, 230 bytes come at 115,200 bits a second. */
#define CONSOLE_RECEIVE 1024
#define CONSOLE_SEND 4096
#define CONSOLE_SPEED 115200

void xs_board_random(xsMachine* the) {
	int count = xsmcToInteger(xsArg(0));
	uint8_t bytes[LARGEST_RANDOM];
	if (count < 0 || count > LARGEST_RANDOM) xsRangeError("random bytes: 0 to 256 at once");
	esp_fill_random(bytes, count);
	xsmcSetArrayBuffer(xsResult, bytes, count);
}

/* What TLS asks for (tls.h). */
int tls_random(void* context, unsigned char* bytes, size_t size) {
	esp_fill_random(bytes, size);
	return 0;
}

/* The MAC address of the station. */
void xs_board_mac(xsMachine* the) {
	uint8_t mac[6];
	esp_read_mac(mac, ESP_MAC_WIFI_STA);
	xsmcSetArrayBuffer(xsResult, mac, sizeof(mac));
}

/* CONFIG_IDF_TARGET: "esp32c3". */
void xs_board_chip(xsMachine* the) {
	xsmcSetString(xsResult, CONFIG_IDF_TARGET);
}

/* esp_reset_reason_t */
void xs_board_reset_reason(xsMachine* the) {
	xsmcSetInteger(xsResult, esp_reset_reason());
}

/* "Jan  1 2026 00:00:00" in the time zone of whoever compiled it. */
void xs_board_built(xsMachine* the) {
	xsmcSetString(xsResult, __DATE__ " " __TIME__);
}

/* Milliseconds since the start, as a number: 32 bits would last 49 days. */
void xs_board_uptime(xsMachine* the) {
	xsmcSetNumber(xsResult, (double)(esp_timer_get_time() / 1000));
}

void xs_board_free_heap(xsMachine* the) {
	xsmcSetInteger(xsResult, heap_caps_get_free_size(MALLOC_CAP_DEFAULT));
}

/* °C, or undefined. The sensor takes 0.4 mA while it is on: it is switched off again. */
void xs_board_temperature(xsMachine* the) {
#if SOC_TEMP_SENSOR_SUPPORTED
	temperature_sensor_config_t config = TEMPERATURE_SENSOR_CONFIG_DEFAULT(-10, 80);
	temperature_sensor_handle_t sensor = NULL;
	float celsius;
	if (temperature_sensor_install(&config, &sensor) != ESP_OK) return;
	if (temperature_sensor_enable(sensor) == ESP_OK) {
		if (temperature_sensor_get_celsius(sensor, &celsius) == ESP_OK) xsmcSetNumber(xsResult, celsius);
		temperature_sensor_disable(sensor);
	}
	temperature_sensor_uninstall(sensor);
#endif
}

void xs_board_modem_sleep(xsMachine* the) {
	esp_wifi_set_ps(xsmcToBoolean(xsArg(0)) ? WIFI_PS_MAX_MODEM : WIFI_PS_NONE);
}

/*
 * The task watchdog watches a user that is not a task: XS feeds it for the task with every turn of the event
 * loop, which is not the progress that is meant.
 */
static esp_task_wdt_user_handle_t gProgress;

void xs_board_feed_watchdog(xsMachine* the) {
	if (gProgress == NULL && esp_task_wdt_add_user("progress", &gProgress) != ESP_OK) return;
	esp_task_wdt_reset_user(gProgress);
}

/* Every page of the partition is erased, so nothing that was deleted earlier stays behind either. */
void xs_board_erase(xsMachine* the) {
	nvs_flash_deinit();
	nvs_flash_erase();
}

void xs_board_restart(xsMachine* the) {
	esp_restart();
}

void xs_board_deep_sleep(xsMachine* the) {
	esp_deep_sleep((uint64_t)(xsmcToNumber(xsArg(0)) * 1000));
}

/*
 * The console: UART 0, and USB Serial/JTAG where the chip has it. What is written goes to both, what is read
 * comes from both; a board has a plug on one of them. Debug builds leave them to xsbug.
 */

#if defined(mxDebug) || defined(mxInstrument)
#define CONSOLE_IS_OURS 0
#else
#define CONSOLE_IS_OURS 1
#endif

void xs_board_console_open(xsMachine* the) {
#if CONSOLE_IS_OURS
	const uart_config_t uart = {
		.baud_rate = CONSOLE_SPEED,
		.data_bits = UART_DATA_8_BITS,
		.parity = UART_PARITY_DISABLE,
		.stop_bits = UART_STOP_BITS_1,
		.flow_ctrl = UART_HW_FLOWCTRL_DISABLE,
		.source_clk = UART_SCLK_DEFAULT,
	};
	if (!uart_is_driver_installed(UART_NUM_0)) {
		uart_param_config(UART_NUM_0, &uart);
		uart_driver_install(UART_NUM_0, CONSOLE_RECEIVE, CONSOLE_SEND, 0, NULL, 0);
	}
#if SOC_USB_SERIAL_JTAG_SUPPORTED
	if (!usb_serial_jtag_is_driver_installed()) {
		usb_serial_jtag_driver_config_t usb = {
			.rx_buffer_size = CONSOLE_RECEIVE,
			.tx_buffer_size = CONSOLE_SEND,
		};
		usb_serial_jtag_driver_install(&usb);
	}
#endif
#endif
}

/* What has come, as an ArrayBuffer; undefined when nothing has. */
void xs_board_console_read(xsMachine* the) {
#if CONSOLE_IS_OURS
	uint8_t bytes[256];
	int count = uart_read_bytes(UART_NUM_0, bytes, sizeof(bytes), 0);
#if SOC_USB_SERIAL_JTAG_SUPPORTED
	if (count <= 0) count = usb_serial_jtag_read_bytes(bytes, sizeof(bytes), 0);
#endif
	if (count > 0) xsmcSetArrayBuffer(xsResult, bytes, count);
#endif
}

/* Writes what there is room for. */
void xs_board_console_write(xsMachine* the) {
#if CONSOLE_IS_OURS
	void* bytes;
	xsUnsignedValue count;
	size_t room = 0;
	xsmcGetBufferReadable(xsArg(0), &bytes, &count);
	uart_get_tx_buffer_free_size(UART_NUM_0, &room);
	if (room >= count) uart_write_bytes(UART_NUM_0, bytes, count);
#if SOC_USB_SERIAL_JTAG_SUPPORTED
	usb_serial_jtag_write_bytes(bytes, count, 0);
#endif
#endif
}
