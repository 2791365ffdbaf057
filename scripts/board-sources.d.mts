/**
 * Writes the firmware as JavaScript, its C and the manifests, for the Moddable SDK to build.
 * @param folder where to; whatever else is in it is removed
 */
export function writeSources(folder: string): void;
