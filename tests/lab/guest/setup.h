/* What a guest needs before it can work: file systems, drivers, its address, its parameters. */
#ifndef FERRY_GUEST_SETUP_H
#define FERRY_GUEST_SETUP_H

void mount_kernel_filesystems(void);
/* Loads the drivers named, in order, in /modules/order. */
void load_modules(void);
/* Brings eth0 up with ADDRESS/PREFIX; the kernel answers ping from then on. */
int set_address(const char *address_and_prefix);
/* The value of `ferry.NAME=` on the kernel command line, or `otherwise`. */
const char *parameter(const char *name, const char *otherwise);
#define BUTTONS 4
/* Fills in a descriptor for each input device there is, -1 for each there is not. */
void open_buttons(int *buttons);
int power_button_pressed(const int *buttons);

#endif
