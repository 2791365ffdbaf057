/**
 * The functions of `native/board.c`, with their types. Each is its C function and nothing else, in the one form
 * that the compiler of XS makes a direct reference of.
 */

export function random(this: void, count: number): ArrayBuffer {
  return native("xs_board_random").call(this, count) as ArrayBuffer;
}

/** The MAC address of the station: six bytes. */
export function mac(this: void): ArrayBuffer {
  return native("xs_board_mac").call(this) as ArrayBuffer;
}

/** As ESP-IDF names it: `esp32c3`. */
export function chip(this: void): string {
  return native("xs_board_chip").call(this) as string;
}

/** ESP-IDF's `esp_reset_reason_t`. */
export function resetReason(this: void): number {
  return native("xs_board_reset_reason").call(this) as number;
}

/** When the firmware was compiled, as C's preprocessor tells it. */
export function built(this: void): string {
  return native("xs_board_built").call(this) as string;
}

/** Milliseconds since the start. */
export function uptime(this: void): number {
  return native("xs_board_uptime").call(this) as number;
}

export function freeHeap(this: void): number {
  return native("xs_board_free_heap").call(this) as number;
}

/** °C; `undefined` on a chip that does not measure it. */
export function temperature(this: void): number | undefined {
  return native("xs_board_temperature").call(this) as number | undefined;
}

export function setModemSleep(this: void, isOn: boolean): void {
  return native("xs_board_modem_sleep").call(this, isOn) as undefined;
}

export function feedWatchdog(this: void): void {
  return native("xs_board_feed_watchdog").call(this) as undefined;
}

export function erase(this: void): void {
  return native("xs_board_erase").call(this) as undefined;
}

export function restart(this: void): void {
  return native("xs_board_restart").call(this) as undefined;
}

export function deepSleep(this: void, milliseconds: number): void {
  return native("xs_board_deep_sleep").call(this, milliseconds) as undefined;
}

export function openConsole(this: void): void {
  return native("xs_board_console_open").call(this) as undefined;
}

/** What has come; `undefined` when nothing has. */
export function readConsole(this: void): ArrayBuffer | undefined {
  return native("xs_board_console_read").call(this) as ArrayBuffer | undefined;
}

export function writeConsole(this: void, bytes: Uint8Array | ArrayBuffer): void {
  return native("xs_board_console_write").call(this, bytes) as undefined;
}
