/* No shell and no tools are in the image, so everything is done by the system calls themselves. */
#define _GNU_SOURCE
#include "setup.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/input.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void mount_kernel_filesystems(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, "");
	mount("sysfs", "/sys", "sysfs", 0, "");
	mount("devtmpfs", "/dev", "devtmpfs", 0, "");
}

static void load_module(const char *name)
{
	char path[256];
	int file;

	snprintf(path, sizeof path, "/modules/%s", name);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0 || syscall(SYS_finit_module, file, "", 0) < 0)
		printf("driver %s did not load\n", name);
	close(file);
}

void load_modules(void)
{
	char name[128];
	FILE *order = fopen("/modules/order", "r");

	if (!order)
		return;
	while (fgets(name, sizeof name, order)) {
		name[strcspn(name, "\n")] = 0;
		load_module(name);
	}
	fclose(order);
}

static int bring_up(int control, const char *interface, in_addr_t address, unsigned prefix)
{
	struct ifreq request = {0};
	struct sockaddr_in *value = (struct sockaddr_in *)&request.ifr_addr;

	strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
	value->sin_family = AF_INET;
	value->sin_addr.s_addr = address;
	if (ioctl(control, SIOCSIFADDR, &request) < 0)
		return -1;
	value->sin_addr.s_addr = htonl(prefix ? ~0u << (32 - prefix) : 0);
	if (ioctl(control, SIOCSIFNETMASK, &request) < 0)
		return -1;
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	return ioctl(control, SIOCSIFFLAGS, &request);
}

int set_address(const char *address_and_prefix)
{
	char address[32];
	const char *slash = strchr(address_and_prefix, '/');
	int control = socket(AF_INET, SOCK_DGRAM, 0);
	int result;

	snprintf(address, sizeof address, "%.*s", (int)strcspn(address_and_prefix, "/"), address_and_prefix);
	bring_up(control, "lo", inet_addr("127.0.0.1"), 8);
	result = bring_up(control, "eth0", inet_addr(address), slash ? (unsigned)atoi(slash + 1) : 24);
	close(control);
	return result;
}

static const char *command_line(void)
{
	static char text[4096];
	FILE *file;

	if (text[0])
		return text;
	file = fopen("/proc/cmdline", "r");
	if (file) {
		text[fread(text, 1, sizeof text - 1, file)] = 0;
		fclose(file);
	}
	return text;
}

const char *parameter(const char *name, const char *otherwise)
{
	char key[64];
	const char *found;

	snprintf(key, sizeof key, " ferry.%s=", name);
	found = strstr(command_line(), key);
	if (!found)
		return otherwise;
	found += strlen(key);
	return strndup(found, strcspn(found, " \n"));
}

void open_buttons(int *buttons)
{
	char path[32];

	/* Which of the input devices is the power button depends on the machine: all of them are watched. */
	for (unsigned i = 0; i < BUTTONS; i++) {
		snprintf(path, sizeof path, "/dev/input/event%u", i);
		buttons[i] = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	}
}

static int pressed(int button)
{
	struct input_event event;

	while (button >= 0 && read(button, &event, sizeof event) == (ssize_t)sizeof event)
		if (event.type == EV_KEY && event.code == KEY_POWER && event.value == 1)
			return 1;
	return 0;
}

int power_button_pressed(const int *buttons)
{
	int found = 0;

	for (unsigned i = 0; i < BUTTONS; i++)
		found |= pressed(buttons[i]);
	return found;
}
