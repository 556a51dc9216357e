/* The memory workload: writes pages at a steady rate and checks every page it ever wrote. */
#ifndef FERRY_GUEST_MEMORY_H
#define FERRY_GUEST_MEMORY_H

#include <stdint.h>

enum content { CONTENT_SMALL, CONTENT_INCOMPRESSIBLE, CONTENT_COMPRESSIBLE, CONTENT_ZERO };

struct memory {
	uint64_t *words;        /* the arena, page after page */
	uint32_t pages;
	enum content content;
	double pages_per_second; /* how fast pages are rewritten */
	double owed;            /* fraction of a page still to be written */
	uint32_t cursor;        /* next page to write */
	uint64_t sweep;         /* complete passes of the writer: the generation of pages from the cursor on */
	double pass_seconds;    /* how long one complete check should take */
	double unchecked;       /* fraction of a page still to be checked */
	uint32_t checked;       /* next page to check */
	uint64_t passes;        /* complete checks */
	uint64_t bad_pages;     /* wrong pages found in the check under way */
	uint64_t progress;      /* pages written and checked: the guest's own measure of work done */
	uint64_t written;       /* of these, pages written */
	uint64_t corrupt_pass;  /* self-test: spoil one page in this pass; 0 means never */
};

int memory_prepare(struct memory *memory, uint32_t mebibytes, double megabytes_per_second);
/* Does the work that `seconds` allow. Returns 1 when a check of the whole arena has just ended. */
int memory_work(struct memory *memory, double seconds);

/* Fills a MiB of memory with a text, and leaves it there. */
void memory_mark(const char *text);

#endif
