/** The colours of the style sheet, for what is drawn on a canvas. */

const probe = document.createElement("span");
probe.hidden = true;

/** The present value of a custom property, light or dark. @param name without the dashes */
export function colour(name: string): string {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}
