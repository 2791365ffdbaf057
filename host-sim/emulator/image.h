/*
 * The image: what the linker of a Moddable build makes of the built-ins and the preloaded modules, and puts
 * into flash. Here it is made when the chip boots. Until it is sealed, all memory is of the image; afterwards
 * nothing can write to it, and memory is RAM.
 */
#ifndef PIPIT_CHIP_IMAGE_H
#define PIPIT_CHIP_IMAGE_H

void image_seal(void);

#endif
