/** The names of sensors, taken apart: `urn:dev:mac:0024befffe804ff1:temperature` is a device and a channel. */

/** The last part of a name that says worldwide which sensor it is. */
export function channelOf(name: string): string {
  return name.slice(
    name.lastIndexOf(":", name.endsWith(":status") ? name.length - 8 : undefined) + 1,
  );
}

/** What goes before it; empty when there is nothing. */
export function deviceOf(name: string): string {
  return name.slice(0, name.length - channelOf(name).length).replace(/:$/, "");
}
