/* SPDX-License-Identifier: MIT */

/* Runs a fuzz target over every file of the given directories: what was found once stays fixed. */

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "fuzz.h"

#define FILE_MAX (1 << 20)

static int replay_file(const char *dir, const char *name)
{
	char path[4096];
	uint8_t *data;
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "rb");
	data = malloc(FILE_MAX);
	if (!file || !data) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	size = fread(data, 1, FILE_MAX, file);
	fclose(file);
	/* A copy of exactly this size, so that reading beyond it is seen. */
	data = realloc(data, size > 0 ? size : 1);
	if (!data)
		return -1;
	printf("%s, %zu bytes\n", path, size);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

static int replay_dir(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int n = 0;

	if (!dir) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (replay_file(path, entry->d_name) < 0)
			return -1;
		n++;
	}
	closedir(dir);
	return n;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		/* An empty corpus proves nothing. */
		if (replay_dir(argv[i]) <= 0)
			return EXIT_FAILURE;
	}
	return argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
