/** The serial ports of this computer, and which of them a board is on. */

/** A port with a USB device behind it. */
export interface Port {
  readonly path: string;
  readonly vendor: number;
  readonly product: number;
  /** As the device calls its maker. */
  readonly maker: string;
}

/** Who makes the bridges between USB and UART that boards have, or the chip itself. */
const MAKERS: Readonly<Record<number, string>> = {
  12346: "Espressif",
  4292: "Silicon Labs",
  6790: "WCH",
  1027: "FTDI",
  1659: "Prolific",
};

/** @throws Error when they cannot be listed; then a port can still be named */
export async function listPorts(): Promise<Port[]> {
  const { SerialPort } = await import("serialport");
  const found = await SerialPort.list().catch((error: Error) => {
    throw new Error(`the serial ports cannot be listed (${error.message}): name one with --port`);
  });
  return found.flatMap(({ path, vendorId, productId, manufacturer }) =>
    vendorId === undefined
      ? []
      : [
          {
            path,
            vendor: Number.parseInt(vendorId, 16),
            product: Number.parseInt(productId ?? "0", 16),
            maker: manufacturer ?? "",
          },
        ],
  );
}

/**
 * The one that a board is on.
 * @throws Error when there is none, or when there are several that it could be
 */
export function choosePort(ports: readonly Port[]): Port {
  const likely = ports.filter(({ vendor }) => vendor in MAKERS);
  const [first, ...others] = likely.length > 0 ? likely : ports;
  if (first === undefined)
    throw new Error(
      "no board is plugged in: none of the serial ports is on USB. (Some cables only charge.)",
    );
  if (others.length === 0) return first;
  const list = [first, ...others].map(describePort).join(", ");
  throw new Error(`there are several boards: choose one with --port (${list})`);
}

export function describePort({ path, vendor, maker }: Port): string {
  return `${path} (${MAKERS[vendor] ?? (maker || "unknown")})`;
}
