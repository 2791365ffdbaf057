/**
 * CRC-32 as in ISO-HDLC, zlib and PNG: polynomial 0xEDB88320 (reflected), start and final XOR all ones.
 *
 * Bit by bit, without the usual table of 1 kB: what is summed here is written to flash next, and that
 * takes longer.
 */
export function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) {
    crc ^= bytes[i] as number;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}
