/**
 * The modules of the Moddable SDK that this folder imports, as far as it uses them: so the firmware
 * type-checks without the SDK. In a build with the SDK, its own declarations take their place.
 */

/** Names a function of `native/board.c`, to be called. XS knows this word. */
declare function native(name: string): (...values: unknown[]) => unknown;

/** Writes to the debugger. */
declare function trace(text: string): void;

declare module "timer" {
  const Timer: {
    set(callback: () => void, delay?: number): object;
    repeat(callback: () => void, delay: number): object;
    clear(timer: object | undefined): void;
  };
  export default Timer;
}

declare module "time" {
  const Time: {
    /** @param seconds since the epoch, whole */
    set(seconds: number): void;
    /** Milliseconds, by a counter of 32 bits. */
    readonly ticks: number;
  };
  export default Time;
}

declare module "crypt" {
  export class Digest {
    constructor(type: string);
    process(...parts: (ArrayBuffer | Uint8Array)[]): ArrayBuffer;
  }
}

declare module "net" {
  const Net: { get(name: "DNS"): string[] };
  export default Net;
}

/** What `config` in the manifests comes to. */
declare module "mc/config" {
  const config: object;
  export default config;
}

declare module "embedded:io/socket/tcp" {
  const TCP: new (options: object) => object;
  export default TCP;
}

declare module "embedded:io/socket/udp" {
  const UDP: new (options: object) => object;
  export default UDP;
}

declare module "embedded:io/digital" {
  export default class Digital {
    static readonly Output: number;
    constructor(options: { pin: number; mode: number });
    write(value: 0 | 1): void;
  }
}

declare module "embedded:io/analog" {
  const Analog: new (options: object) => object;
  export default Analog;
}

declare module "embedded:io/i2c" {
  const I2C: new (options: object) => object;
  export default I2C;
}

declare module "embedded:io/smbus" {
  const SMBus: new (options: object) => object;
  export default SMBus;
}

declare module "embedded:network/dns/resolver/udp" {
  const Resolver: new (options: object) => object;
  export default Resolver;
}

declare module "embedded:network/interface/wifi" {
  const WiFi: new (options: object) => object;
  export default WiFi;
}

declare module "embedded:storage/key-value" {
  const storage: { open(options: { path: string }): object };
  export default storage;
}

declare module "preference" {
  const Preference: {
    get(domain: string, key: string): ArrayBuffer | string | number | boolean | undefined;
    set(domain: string, key: string, value: ArrayBuffer): void;
    delete(domain: string, key: string): void;
    keys(domain: string): string[];
  };
  export default Preference;
}
