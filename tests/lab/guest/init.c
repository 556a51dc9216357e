/* The first and only process of a lab guest: works on its memory and disk, and says once a pass whether they are right.
 *
 * Kernel command line: ferry.ip=ADDRESS/PREFIX ferry.size=MIB ferry.rate=MB/S ferry.kind=small|incompressible|
 * compressible|zero ferry.pass=SECONDS ferry.report=SECONDS (tell the progress between passes too) ferry.marker=TEXT
 * (fill a MiB with it) ferry.corrupt=PASS (self-test: spoil a page in that pass). */
#include "disk.h"
#include "memory.h"
#include "setup.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>

#define TICK_NANOSECONDS 10000000L

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void stop(const char *why)
{
	printf("POWEROFF %s\n", why);
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void open_console(void)
{
	int console = open("/dev/console", O_RDWR);

	for (int descriptor = 0; console >= 0 && descriptor < 3; descriptor++)
		dup2(console, descriptor);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

static enum content content_named(const char *name)
{
	static const char *const names[] = {"small", "incompressible", "compressible", "zero"};

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(name, names[i]))
			return (enum content)i;
	stop("unknown ferry.kind");
	return CONTENT_SMALL;
}

static void report(struct memory *memory, unsigned wrong_records, double started)
{
	if (memory->bad_pages || wrong_records)
		printf("CORRUPT pass=%llu pages=%llu records=%u\n", (unsigned long long)memory->passes,
		       (unsigned long long)memory->bad_pages, wrong_records);
	else
		printf("OK %llu progress=%llu written=%llu uptime=%.2f\n", (unsigned long long)memory->passes,
		       (unsigned long long)memory->progress, (unsigned long long)memory->written, now() - started);
	memory->bad_pages = 0;
}

static void tell_progress(const struct memory *memory, double time, double started)
{
	printf("AT progress=%llu written=%llu uptime=%.2f\n", (unsigned long long)memory->progress,
	       (unsigned long long)memory->written, time - started);
}

static void work(struct memory *memory, int disk)
{
	int buttons[BUTTONS];
	const struct timespec tick = {.tv_nsec = TICK_NANOSECONDS};
	double started = now(), last = started, told = started;
	double every = atof(parameter("report", "0"));

	open_buttons(buttons);
	while (!power_button_pressed(buttons)) {
		double time = now();

		if (memory_work(memory, time - last))
			report(memory, disk_work(disk, memory->passes), started);
		if (every > 0 && time - told >= every) {
			tell_progress(memory, time, started);
			told = time;
		}
		last = time;
		nanosleep(&tick, NULL);
	}
	stop("button pressed");
}

int main(void)
{
	struct memory memory = {0};
	const char *address;

	mount_kernel_filesystems();
	open_console();
	load_modules();
	address = parameter("ip", "");
	if (*address && set_address(address) < 0)
		printf("no interface for %s\n", address);
	memory.content = content_named(parameter("kind", "small"));
	memory.pass_seconds = atof(parameter("pass", "1"));
	memory.corrupt_pass = strtoull(parameter("corrupt", "0"), NULL, 10);
	if (memory_prepare(&memory, (uint32_t)atoi(parameter("size", "16")), atof(parameter("rate", "0"))) < 0)
		stop("not enough memory for ferry.size");
	memory_mark(parameter("marker", ""));
	printf("READY %s pages=%u\n", *address ? address : "no address", memory.pages);
	work(&memory, disk_open());
	return 0;
}
