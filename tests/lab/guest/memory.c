/* The content of a page is a function of its number and its generation, and the generation follows from where the
 * writer is. So nothing has to be remembered per page, and a page that arrives old, torn or in the wrong place shows. */
#include "memory.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_BYTES 4096u
#define WORDS (PAGE_BYTES / sizeof(uint64_t))
#define PATTERN_WORDS 8u
#define STAMP_WORD 1u
/* A guest that was stopped or starved for longer than this does not make up for the rest: a burst would
 * look like a workload several times as fast. */
#define LONGEST_CATCH_UP 0.25
#define REPORTED_PER_PASS 3u

static uint64_t mix(uint64_t value)
{
	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
	return value ^ (value >> 31);
}

static uint64_t seed(uint32_t page, uint64_t generation)
{
	return mix(((uint64_t)page << 32) ^ generation ^ 0x6665727279ull);
}

static uint64_t noise(uint64_t start, unsigned index)
{
	uint64_t value = (start + index) * 0x9e3779b97f4a7c15ull;

	return value ^ (value >> 29);
}

static uint64_t *page_words(const struct memory *memory, uint32_t page)
{
	return memory->words + (size_t)page * WORDS;
}

static void fill(const struct memory *memory, uint32_t page, uint64_t generation)
{
	uint64_t *words = page_words(memory, page);
	uint64_t start = seed(page, memory->content == CONTENT_SMALL ? 0 : generation);
	unsigned mask = memory->content == CONTENT_COMPRESSIBLE ? PATTERN_WORDS - 1 : WORDS - 1;

	if (memory->content == CONTENT_ZERO) {
		memset(words, 0, PAGE_BYTES);
		return;
	}
	for (unsigned i = 0; i < WORDS; i++)
		words[i] = noise(start, i & mask);
	if (memory->content == CONTENT_SMALL)
		words[STAMP_WORD] = seed(page, generation);
}

/* Small changes touch one word and leave the rest of the page alone; every other kind writes the whole page. */
static void rewrite(const struct memory *memory, uint32_t page, uint64_t generation)
{
	if (memory->content == CONTENT_SMALL)
		page_words(memory, page)[STAMP_WORD] = seed(page, generation);
	else
		fill(memory, page, generation);
}

static uint64_t generation_of(const struct memory *memory, uint32_t page)
{
	return memory->sweep + (page < memory->cursor ? 1 : 0);
}

/* The index of the first wrong word, or WORDS when the page is right. */
static unsigned first_wrong(const struct memory *memory, uint32_t page)
{
	const uint64_t *words = page_words(memory, page);
	uint64_t generation = generation_of(memory, page);
	uint64_t start = seed(page, memory->content == CONTENT_SMALL ? 0 : generation);
	unsigned mask = memory->content == CONTENT_COMPRESSIBLE ? PATTERN_WORDS - 1 : WORDS - 1;

	for (unsigned i = 0; i < WORDS; i++) {
		uint64_t expected = noise(start, i & mask);

		if (memory->content == CONTENT_ZERO)
			expected = 0;
		else if (memory->content == CONTENT_SMALL && i == STAMP_WORD)
			expected = seed(page, generation);
		if (words[i] != expected)
			return i;
	}
	return WORDS;
}

static void check(struct memory *memory, uint32_t page)
{
	unsigned wrong;

	if (memory->corrupt_pass == memory->passes + 1 && page == memory->pages / 2)
		page_words(memory, page)[WORDS / 2] ^= 1;
	wrong = first_wrong(memory, page);
	if (wrong == WORDS)
		return;
	memory->bad_pages++;
	if (memory->bad_pages <= REPORTED_PER_PASS)
		printf("CORRUPT page=%u word=%u generation=%llu found=%016llx\n", page, wrong,
		       (unsigned long long)generation_of(memory, page),
		       (unsigned long long)page_words(memory, page)[wrong]);
}

int memory_prepare(struct memory *memory, uint32_t mebibytes, double megabytes_per_second)
{
	size_t bytes = (size_t)mebibytes << 20;

	memory->pages = bytes / PAGE_BYTES;
	memory->pages_per_second = megabytes_per_second * 1e6 / PAGE_BYTES;
	memory->words = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory->words == MAP_FAILED)
		return -1;
	for (uint32_t page = 0; page < memory->pages; page++)
		fill(memory, page, 0);
	return 0;
}

void memory_mark(const char *text)
{
	size_t length = strlen(text), bytes = 1u << 20;
	char *place = length ? mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : MAP_FAILED;

	for (size_t i = 0; place != MAP_FAILED && i + length <= bytes; i += length)
		memcpy(place + i, text, length);
}

static void write_some(struct memory *memory, double seconds)
{
	for (memory->owed += seconds * memory->pages_per_second; memory->owed >= 1; memory->owed -= 1) {
		rewrite(memory, memory->cursor, memory->sweep + 1);
		memory->progress++;
		memory->written++;
		if (++memory->cursor == memory->pages) {
			memory->cursor = 0;
			memory->sweep++;
		}
	}
}

int memory_work(struct memory *memory, double seconds)
{
	if (seconds > LONGEST_CATCH_UP)
		seconds = LONGEST_CATCH_UP;
	write_some(memory, seconds);
	for (memory->unchecked += seconds * memory->pages / memory->pass_seconds; memory->unchecked >= 1;
	     memory->unchecked -= 1) {
		check(memory, memory->checked);
		memory->progress++;
		if (++memory->checked == memory->pages) {
			memory->checked = 0;
			memory->passes++;
			memory->unchecked = 0;
			return 1;
		}
	}
	return 0;
}
