import { Command } from "commander";
import type { Image } from "../device/image.js";
import type { SerialLine } from "../device/serial-line.js";
import { Progress } from "./progress.js";
import { EXIT_HELP } from "./report.js";
import { findLine, type SerialOptions, withPort } from "./serial.js";

interface Options extends SerialOptions {
  erase?: boolean;
  json?: boolean;
}

export function flashCommand(): Command {
  const command = new Command("flash")
    .description("Write firmware to the board on this computer's USB.")
    .argument(
      "[image]",
      "a folder with manifest.json, or that file; default: what pipit build made",
    )
    .option("--erase", "erase everything on the board first: settings, keys and queued readings")
    .option("--json", "print one JSON object when it is done")
    .addHelpText(
      "after",
      `
The chip is asked what it is, and gets the image that is for it. It needs neither the SDK nor ESP-IDF.

Example: pipit flash pipit-0.1.0/${EXIT_HELP}`,
    );
  return withPort(command).action(async (path: string | undefined, options: Options) => {
    const images = await findImages(path);
    const { chip, mac, image } = await flashBoard(await findLine(options), images, options);
    const { name, version } = image;
    console.log(
      options.json
        ? JSON.stringify({ chip, mac, name, version })
        : `${name} ${version} is on the ${chip}. Tell it its settings with: pipit provision`,
    );
  });
}

/** @throws Error when there are none */
async function findImages(path: string | undefined): Promise<Image[]> {
  const { readImages } = await import("../device/image.js");
  if (path !== undefined) return readImages(path);
  const { builtImages } = await import("../device/build.js");
  const images = [...builtImages().values()].flatMap(readImages);
  if (images.length > 0) return images;
  throw new Error("there is no image yet: name one, or make it with pipit build --board NAME");
}

/** Flashes, and shows how far it is. */
export async function flashBoard(
  line: SerialLine,
  images: readonly Image[],
  { erase = false, json = false }: { erase?: boolean; json?: boolean },
) {
  const { flash } = await import("../device/flasher.js");
  if (json) return flash(line, images, { erase });
  const progress = new Progress();
  try {
    progress.step(`waiting for the boot loader on ${line.name}`);
    return await flash(line, images, {
      erase,
      onStep: (text) => progress.step(text),
      onProgress: (written, total) => progress.advance(written, total),
    });
  } finally {
    progress.end();
  }
}
