/** Loads the firmware, for `npm run size` to see how much that takes. */

import "../../firmware/device.js";
