/* The disk workload: one numbered record a pass, read back in the next, so that a disk left behind or torn shows. */
#ifndef FERRY_GUEST_DISK_H
#define FERRY_GUEST_DISK_H

#include <stdint.h>

/* Opens the guest's first disk. Answers -1 when it has none. */
int disk_open(void);
/* Checks the record of the pass before this one and writes the record of this pass; counts what was wrong. */
unsigned disk_work(int disk, uint64_t pass);

#endif
