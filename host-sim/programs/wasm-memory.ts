/** How much memory a WebAssembly file wants, which its loader does not say (WebAssembly Core 2.0, 5.5). */

const MEMORY_SECTION = 5;

/**
 * @param bytes a file that the engine has found valid
 * @returns pages of 64 KiB; `most` is undefined when there is no bound
 */
export function memoryLimits(bytes: Uint8Array): { least: number; most: number | undefined } {
  let at = 8; // behind the magic number and the version
  const number = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const section = number();
    const end = number() + at;
    if (section === MEMORY_SECTION && number() > 0) {
      const bounded = (number() & 1) === 1;
      const least = number();
      return { least, most: bounded ? number() : undefined };
    }
    at = end;
  }
  return { least: 0, most: 0 };
}
