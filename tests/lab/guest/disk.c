/* Records go past the page cache: what is read back comes from the disk, not from memory that moved with the guest. */
#define _GNU_SOURCE
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RECORD_BYTES 4096
#define RECORDS 1024

static char record[RECORD_BYTES] __attribute__((aligned(RECORD_BYTES)));

int disk_open(void)
{
	return open("/dev/vda", O_RDWR | O_DIRECT);
}

static off_t place(uint64_t pass)
{
	return (off_t)(pass % RECORDS) * RECORD_BYTES;
}

static unsigned complain(const char *what, uint64_t pass)
{
	printf("CORRUPT disk record=%llu %s: %s\n", (unsigned long long)pass, what, errno ? strerror(errno) : record);
	return 1;
}

unsigned disk_work(int disk, uint64_t pass)
{
	char expected[64];
	unsigned wrong = 0;

	if (disk < 0)
		return 0;
	errno = 0;
	if (pass > 1) {
		snprintf(expected, sizeof expected, "ferry record %llu", (unsigned long long)(pass - 1));
		if (pread(disk, record, RECORD_BYTES, place(pass - 1)) != RECORD_BYTES)
			wrong += complain("cannot be read", pass - 1);
		record[RECORD_BYTES - 1] = 0;
		if (!wrong && strcmp(record, expected))
			wrong += complain("reads", pass - 1);
	}
	memset(record, 0, RECORD_BYTES);
	snprintf(record, RECORD_BYTES, "ferry record %llu", (unsigned long long)pass);
	if (pwrite(disk, record, RECORD_BYTES, place(pass)) != RECORD_BYTES)
		wrong += complain("cannot be written", pass);
	return wrong;
}
