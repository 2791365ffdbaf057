/**
 * The boot loader in the ROM of an ESP32, and the one that esptool loads into RAM, as far as flashing needs them:
 * https://docs.espressif.com/projects/esptool/en/latest/esp32c3/advanced-topics/serial-protocol.html
 */

import { createHash } from "node:crypto";
import { inflateSync } from "node:zlib";
import type { Peer } from "./memory-line.js";

export const OP = {
  flashBegin: 0x02,
  flashData: 0x03,
  flashEnd: 0x04,
  memBegin: 0x05,
  memEnd: 0x06,
  memData: 0x07,
  sync: 0x08,
  writeReg: 0x09,
  readReg: 0x0a,
  changeBaudrate: 0x0f,
  deflBegin: 0x10,
  deflData: 0x11,
  deflEnd: 0x12,
  md5: 0x13,
  securityInfo: 0x14,
  eraseFlash: 0xd0,
} as const;

/** What a ROM says to a command that it does not know, and to data that does not add up. */
const INVALID_MESSAGE = 0x05;
const INVALID_CHECKSUM = 0x07;

const SECTOR = 0x1000;
const CHECKSUM_SEED = 0xef;

/** A register of the flash controller (of an ESP32-C3), by which esptool asks the flash chip for its size. */
const SPI_DATA = 0x6000_2058;
const MAC_LOW = 0x6000_8844;
const MAC_HIGH = 0x6000_8848;
const CHIP_MAGIC = 0x4000_1000;

export interface FakeRomOptions {
  /** `IMAGE_CHIP_ID`: 5 is an ESP32-C3. `undefined` is an ESP32, which has no number. */
  chipId?: number | undefined;
  /** Bit 2 is secure download mode. */
  securityFlags?: number;
  /** Bytes, a power of two. */
  size?: number;
  /** Is told of every command before it is done; `false` loses it. */
  onCommand?: (op: number, rom: FakeRom) => boolean | undefined;
}

interface Transfer {
  offset: number;
  size: number;
  blocks: number;
  isCompressed: boolean;
  received: Uint8Array[];
}

export class FakeRom implements Peer {
  onSend: (bytes: Uint8Array) => void = () => {};
  readonly flash: Uint8Array;
  /** How often the program in flash was started. */
  starts = 0;
  /** The commands that came, in order. */
  readonly commands: number[] = [];
  /** Whether the boot loader runs, rather than the program. */
  isListening = false;
  readonly #options: FakeRomOptions;
  #isStub = false;
  #inReset = false;
  #transfer: Transfer | undefined;
  #packet: number[] = [];
  #isEscaped = false;

  constructor(options: FakeRomOptions = {}) {
    this.#options = { chipId: 5, ...options };
    this.flash = new Uint8Array(options.size ?? 4 * 1024 * 1024).fill(0xa5);
  }

  /** RTS is the reset, and DTR the button BOOT, which counts when the reset ends. */
  signals(dtr: boolean, rts: boolean): void {
    const isReset = rts && !dtr;
    if (this.#inReset && !isReset) {
      this.isListening = dtr;
      this.#isStub = false;
      this.#say(
        dtr ? "boot:0x4 (DOWNLOAD)\r\nwaiting for download\r\n" : "boot:0xc (SPI_FAST)\r\n",
      );
      if (!dtr) this.starts++;
    }
    this.#inReset = isReset;
  }

  /** SLIP (RFC 1055). */
  receive(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === 0xc0) {
        const packet = Uint8Array.from(this.#packet);
        this.#packet = [];
        if (packet.length > 0 && this.isListening) this.#command(packet);
      } else if (this.#isEscaped) {
        this.#packet.push(byte === 0xdc ? 0xc0 : 0xdb);
        this.#isEscaped = false;
      } else if (byte === 0xdb) this.#isEscaped = true;
      else this.#packet.push(byte);
    }
  }

  #command(packet: Uint8Array): void {
    const view = new DataView(packet.buffer);
    const op = packet[1] as number;
    this.commands.push(op);
    if (this.#options.onCommand?.(op, this) === false) return;
    const data = packet.subarray(8, 8 + view.getUint16(2, true));
    const word = (index: number): number =>
      new DataView(data.slice().buffer).getUint32(4 * index, true);
    switch (op) {
      case OP.sync:
        // Eight times, as the real one does.
        for (let time = 0; time < 8; time++)
          this.#answer(op, [], 0, this.#isStub ? 0 : 0x2012_0707);
        return;
      case OP.securityInfo:
        return this.#securityInfo(op);
      case OP.readReg:
        return this.#answer(op, [], 0, this.#register(word(0)));
      case OP.memData:
      case OP.deflData:
      case OP.flashData:
        return this.#block(op, data, view.getUint32(4, true));
      case OP.memEnd:
        this.#answer(op);
        this.#isStub = true;
        return this.#send(new TextEncoder().encode("OHAI"));
      case OP.flashBegin:
      case OP.deflBegin:
        return this.#begin(op, word(0), word(1), word(3));
      case OP.md5:
        return this.#md5(op, word(0), word(1));
      case OP.eraseFlash:
        if (!this.#isStub) return this.#answer(op, [], INVALID_MESSAGE);
        this.flash.fill(0xff);
        return this.#answer(op);
      case OP.memBegin:
        this.#transfer = undefined;
        return this.#answer(op);
      case OP.writeReg:
      case OP.changeBaudrate:
      case OP.flashEnd:
      case OP.deflEnd:
        return this.#answer(op);
      default:
        return this.#answer(op, [], INVALID_MESSAGE);
    }
  }

  #securityInfo(op: number): void {
    const { chipId, securityFlags = 0 } = this.#options;
    if (chipId === undefined) return this.#answer(op, [], INVALID_MESSAGE);
    const info = new Uint8Array(20);
    info[0] = securityFlags;
    info[12] = chipId;
    this.#answer(op, info);
  }

  #register(address: number): number {
    switch (address) {
      case CHIP_MAGIC:
        return this.#options.chipId === undefined ? 0x00f0_1d83 : 0;
      case SPI_DATA:
        return (Math.log2(this.flash.length) << 16) | 0x40c8;
      case MAC_LOW:
        return 0xbefe_4ff1;
      case MAC_HIGH:
        return 0x0024;
      // The command register among them: it is zero when a command is done.
      default:
        return 0;
    }
  }

  #begin(op: number, size: number, blocks: number, offset: number): void {
    this.flash.fill(0xff, offset, Math.ceil((offset + size) / SECTOR) * SECTOR);
    this.#transfer = { offset, size, blocks, isCompressed: op === OP.deflBegin, received: [] };
    this.#answer(op);
  }

  #block(op: number, data: Uint8Array, checksum: number): void {
    const block = data.slice(16);
    const sum = block.reduce((all, byte) => all ^ byte, CHECKSUM_SEED);
    if (sum !== checksum) return this.#answer(op, [], INVALID_CHECKSUM);
    const transfer = this.#transfer;
    if (op !== OP.memData && transfer !== undefined) {
      const sequence = new DataView(data.slice().buffer).getUint32(4, true);
      if (sequence !== transfer.received.length) return this.#answer(op, [], INVALID_MESSAGE);
      transfer.received.push(block);
      if (transfer.received.length === transfer.blocks) this.#write(transfer);
    }
    this.#answer(op);
  }

  #write({ offset, size, isCompressed, received }: Transfer): void {
    const bytes = Buffer.concat(received);
    this.flash.set((isCompressed ? inflateSync(bytes) : bytes).subarray(0, size), offset);
  }

  #md5(op: number, offset: number, size: number): void {
    const hash = createHash("md5").update(this.flash.subarray(offset, offset + size));
    this.#answer(op, this.#isStub ? hash.digest() : Buffer.from(hash.digest("hex")));
  }

  /** The ROM's status has four bytes, the stub's two. */
  #answer(op: number, data: ArrayLike<number> = [], error = 0, value = 0): void {
    const status = [error === 0 ? 0 : 1, error, ...(this.#isStub ? [] : [0, 0])];
    const body = [...Array.from(data), ...status];
    const header = new Uint8Array(8);
    header.set([1, op, body.length, 0]);
    new DataView(header.buffer).setUint32(4, value >>> 0, true);
    this.#send(Uint8Array.from([...header, ...body]));
  }

  #send(packet: Uint8Array): void {
    const escaped = Array.from(packet).flatMap((byte) =>
      byte === 0xc0 ? [0xdb, 0xdc] : byte === 0xdb ? [0xdb, 0xdd] : [byte],
    );
    this.onSend(Uint8Array.from([0xc0, ...escaped, 0xc0]));
  }

  #say(text: string): void {
    this.onSend(new TextEncoder().encode(text));
  }
}
